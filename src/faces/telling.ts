/** Of hundreds of tables those that say something, and the largest. Pure. */

import { MOST_TABLES } from '../engine/door/index.ts'

type Telling<T> = {
  /** In the order given. */
  readonly shown: readonly T[]
  readonly left: readonly T[]
}

/** `weightOf`: how much a table has to say; `rowsOf` decides between equals. */
export function telling<T>(
  tables: readonly T[],
  weightOf: (table: T) => number,
  rowsOf: (table: T) => number,
): Telling<T> {
  if (tables.length <= MOST_TABLES) return { shown: tables, left: [] }
  const ranked = tables.toSorted((a, b) => weightOf(b) - weightOf(a) || rowsOf(b) - rowsOf(a))
  const chosen = new Set(ranked.slice(0, MOST_TABLES))
  return {
    shown: tables.filter((table) => chosen.has(table)),
    left: tables.filter((table) => !chosen.has(table)),
  }
}
