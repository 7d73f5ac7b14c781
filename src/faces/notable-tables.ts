/** Chooses the tables worth listing out of hundreds: those with something to report, and the largest. Pure. */

import { MOST_TABLES } from '../engine/door/index.ts'

type NotableTables<T> = {
  /** In their original order. */
  readonly shown: readonly T[]
  readonly left: readonly T[]
}

/** `weightOf`: how much there is to report about a table; ties are decided by `rowsOf`. */
export function notableTables<T>(
  tables: readonly T[],
  weightOf: (table: T) => number,
  rowsOf: (table: T) => number,
): NotableTables<T> {
  if (tables.length <= MOST_TABLES) return { shown: tables, left: [] }
  const ranked = tables.toSorted((a, b) => weightOf(b) - weightOf(a) || rowsOf(b) - rowsOf(a))
  const chosen = new Set(ranked.slice(0, MOST_TABLES))
  return {
    shown: tables.filter((table) => chosen.has(table)),
    left: tables.filter((table) => !chosen.has(table)),
  }
}
