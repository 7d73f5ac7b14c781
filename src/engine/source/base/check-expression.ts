/**
 * Whether a person's SQL is one expression on one row. Invariant: what passes reads nothing but the row's columns (and, where other
 * tables are given, those), gives the same value every time, and cannot end the statement that it is put into. SQLite itself judges:
 * it takes no other expressions into an index (https://www.sqlite.org/expridx.html).
 */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { openMemory } from './sqlite.ts'

export type RowOf = {
  readonly table: string
  readonly columns: readonly string[]
  /** Tables that a subquery may read; without, it may have none. */
  readonly others?: readonly { readonly table: string; readonly columns: readonly string[] }[]
}

/** Why the SQL is no such expression, in a few words; null when it is one. */
export function refusalOfExpression(sql: string, row: RowOf): string | null {
  const db = openMemory()
  try {
    const create = ({ table, columns }: RowOf): void => {
      db.exec(`create table ${quoteSqlite(table)} (${columns.map(quoteSqlite).join(', ') || 'none'})`)
    }
    create(row)
    for (const other of row.others ?? []) if (other.table !== row.table) create(other)
    const from = `from ${quoteSqlite(row.table)}`
    // As it stands, and in brackets: what closes a bracket or begins a comment fails one of them.
    for (const written of [sql, `(${sql}\n)`]) {
      if (db.prepare(`select ${written} ${from}`).columns().length !== 1) return 'it is more than one value'
    }
    // No aggregates: they would make one row of many.
    db.prepare(`select 1 ${from} where (${sql}\n)`)
    const unsteady = unsteadyPart(sql)
    if (unsteady !== null) return unsteady
    try {
      db.exec(`create index "gpt-migrate index" on ${quoteSqlite(row.table)} ((${sql}\n))`)
      return null
    } catch (error) {
      const { message } = error as Error
      return row.others !== undefined && /^(?:subqueries|the "." operator) prohibited/.test(message)
        ? null
        : message
    }
  } catch (error) {
    return (error as Error).message
  } finally {
    db.close()
  }
}

/** Time and date functions are judged by SQLite only when they run, and nothing inside a subquery is. */
function unsteadyPart(sql: string): string | null {
  const bare = sql.replace(/'(?:[^']|'')*'/g, (text) => (/^'\s*now\s*'$/i.test(text) ? "'now'" : "''"))
  const clock =
    /'now'|\bcurrent_(?:time|date|timestamp)\b|\b(?:date|time|datetime|julianday|unixepoch)\s*\(\s*\)|\bstrftime\s*\([^,()]*\)/i
  if (clock.test(bare)) return 'it depends on the time at which it runs'
  if (/\b(?:random|randomblob|changes|total_changes|last_insert_rowid|load_extension)"?\s*\(/i.test(bare))
    return 'it is non-deterministic'
  return null
}
