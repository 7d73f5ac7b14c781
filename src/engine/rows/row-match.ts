/**
 * Finds a target row again when the source's key does not identify it. Invariant: a row as sent and the row as the server returns it have the
 * same match, which depends only on the identity's columns.
 */
import { createHash } from 'node:crypto'
import type { CopyPlan } from '../model/plan.ts'
import { canonicalTuple, jsonbPositions } from './canonical-tuple.ts'

/** Returns a hash of the tuple's fields, 32 hex digits. */
export type RowMatch = (fields: Buffer) => string

/** Returns null when the target's key is the rowid, so that the key identifies the row. */
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
