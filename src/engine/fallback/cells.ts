/** The cells of a source row by column, and whether they are the same. Pure. */

import type { StoredCell } from '../model/storage.ts'

export type Cells = Readonly<Record<string, StoredCell>>

/** Returns the cells of `now` that differ from those of `was` in storage class or bytes. */
export function changedCells(was: Cells, now: Cells): Cells {
  return Object.fromEntries(
    Object.entries(now).filter(
      ([name, cell]) => !isSameStored(Object.hasOwn(was, name) ? was[name]! : null, cell),
    ),
  )
}

export function isSameStored(a: StoredCell, b: StoredCell): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** Like `isSameStored`, but equal numbers are the same: rewritten JSON spells 5.0 as 5, which jsonb treats as equal. */
export function isSameInJson(a: StoredCell, b: StoredCell): boolean {
  if (isSameStored(a, b)) return true
  const [x, y] = [numberOf(a), numberOf(b)]
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are equal here when they are the same number.
  return x !== null && y !== null && x == y
}

function numberOf(cell: StoredCell): bigint | number | null {
  if (cell === null) return null
  if ('integer' in cell) return BigInt(cell.integer)
  return 'real' in cell ? Number(cell.real) : null
}
