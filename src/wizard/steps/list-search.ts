/** The filter of a long list: what was typed, and what it leaves. Pure. */

/** What a list has of a table: its names, and these with the schema and database, which many tables share. */
type Names = { readonly own: string; readonly whole: string }

/** The tables whose own names the filter finds; those that it finds by schema or database where there are none. */
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
