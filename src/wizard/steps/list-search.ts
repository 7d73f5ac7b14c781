/** Filters a long list of tables by what was typed. Pure. */

/** `own`: the table's names; `whole`: the same with schema and database, which many tables share. */
type Names = { readonly own: string; readonly whole: string }

/** Returns the tables whose own names match the filter; if none do, those whose qualified names match. */
export function filterByName<T>(
  tables: readonly T[],
  filter: string,
  namesOf: (table: T) => Names,
): readonly T[] {
  const own = tables.filter((table) => matches(namesOf(table).own, filter))
  return own.length > 0 ? own : tables.filter((table) => matches(namesOf(table).whole, filter))
}

function matches(text: string, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/)
  const lower = text.toLowerCase()
  return words.every((word) => lower.includes(word))
}
