/**
 * Finds a target row again where the source's key doesn't name it. Invariant: a row as sent and the same row as the server
 * returns it have the same match; a change of other columns than the identity's doesn't alter it.
 */
import { createHash } from 'node:crypto'
import type { CopyPlan } from '../model/plan.ts'
import { canonicalTuple, jsonbPositions } from './canonical-tuple.ts'

/** 32 hex digits of the tuple's fields. */
export type RowMatch = (fields: Buffer) => string

/** Null where the key names the row: the target's own key is the rowid. */
export function rowMatchOf(copy: CopyPlan): RowMatch | null {
  const { identity } = copy
  if (identity.kind === 'columns' && identity.ordered) return null
  const jsonb = jsonbPositions({ ...copy, computed: [] })
  const chosen =
    identity.kind === 'multiset' ? null : copy.columns.map(({ target }) => identity.columns.includes(target))
  return (fields) => {
    const tuple = canonicalTuple(fields, 0, fields.length, jsonb)
    const hash = createHash('sha256')
    if (chosen === null) hash.update(tuple)
    else {
      let at = 0
      for (const isChosen of chosen) {
        const next = at + 4 + Math.max(0, tuple.readInt32BE(at))
        if (isChosen) hash.update(tuple.subarray(at, next))
        at = next
      }
    }
    return hash.digest('hex').slice(0, 32)
  }
}
