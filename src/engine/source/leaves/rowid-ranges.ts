/** Rowid ranges, as blocks store them and as numbers. */
import type { KeyBound, KeyRange } from '../../model/block.ts'

const LEAST_ROWID = -(2n ** 63n)
const LARGEST_ROWID = 2n ** 63n - 1n

/** The first and last rowid of a range, both included. */
export function rowidsOf({ after, through }: KeyRange): readonly [bigint, bigint] {
  return [
    after === null ? LEAST_ROWID : rowidOf(after) + 1n,
    through === null ? LARGEST_ROWID : rowidOf(through),
  ]
}

/** The range of one row. */
export function rangeOfRow(rowid: bigint): KeyRange {
  const after = rowid === LEAST_ROWID ? null : [{ integer: String(rowid - 1n) }]
  return { after, through: [{ integer: String(rowid) }] }
}

function rowidOf(bound: NonNullable<KeyBound>): bigint {
  const [cell] = bound
  if (cell === null || cell === undefined || !('integer' in cell)) throw new Error('a rowid is an integer')
  return BigInt(cell.integer)
}
