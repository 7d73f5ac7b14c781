/** The order in which tables can be removed. Invariant: pure; every table is in one group. */
import type { TableName } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'

/**
 * Returns tables before those that they refer to, one by one; the tables of cycles, and all that they refer to, as one last group. A
 * reference of a table that is not among them does not count.
 */
export function childrenFirst<T extends TableName>(
  tables: readonly T[],
  references: readonly { readonly child: TableName; readonly parent: TableName }[],
): readonly (readonly T[])[] {
  const known = new Map(tables.map((table) => [quoteTable(table), table]))
  const parents = new Map<string, string[]>()
  /** How many references lead to the table from tables that are left. */
  const referring = new Map<string, number>()
  for (const { child, parent } of references) {
    const [from, to] = [quoteTable(child), quoteTable(parent)]
    if (from === to || !known.has(from) || !known.has(to)) continue
    parents.set(from, [...(parents.get(from) ?? []), to])
    referring.set(to, (referring.get(to) ?? 0) + 1)
  }
  const free = [...known.keys()].filter((name) => !referring.has(name))
  // Grows while it is read.
  for (const name of free) {
    for (const parent of parents.get(name) ?? []) {
      const left = referring.get(parent)! - 1
      referring.set(parent, left)
      if (left === 0) free.push(parent)
    }
  }
  const sorted = new Set(free)
  const left = tables.filter((table) => !sorted.has(quoteTable(table)))
  return [...free.map((name) => [known.get(name)!]), ...(left.length === 0 ? [] : [left])]
}
