/**
 * Finds a target row again where the source's key doesn't name it. Invariant: a row as sent and the same row as the server gives
 * it back have the same match; a change of other columns than the identity's doesn't alter it.
 */
import { createHash } from 'node:crypto'
import type { CopyPlan } from '../model/plan.ts'
import { canonicalTuple, jsonbPositions } from './canonical-tuple.ts'

/** 32 hex digits of the fields `buffer[start, end)`. */
export type RowMatch = (buffer: Buffer, start: number, end: number) => string

/** Null where the key names the row: the target's own key is the rowid. */
export function rowMatchOf(copy: CopyPlan): RowMatch | null {
  const { identity } = copy
  if (identity.kind === 'columns' && identity.ordered) return null
  const jsonb = jsonbPositions({ ...copy, computed: [] })
  const chosen =
    identity.kind === 'multiset' ? null : copy.columns.map(({ target }) => identity.columns.includes(target))
  return (buffer, start, end) => {
    const tuple = canonicalTuple(buffer, start, end, jsonb)
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
