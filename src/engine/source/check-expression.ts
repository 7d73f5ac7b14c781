/**
 * Whether a person's SQL is one expression on one row. Invariant: what passes reads nothing but the row's columns, gives the same
 * value every time, and cannot end the statement that it is put into. SQLite itself judges: it takes no other expressions into an
 * index (https://www.sqlite.org/expridx.html).
 */
import { openMemory } from './sqlite.ts'

/** Why the SQL is no such expression, in a few words; null when it is one. */
export function refusalOfExpression(sql: string, columns: readonly string[]): string | null {
  const db = openMemory()
  try {
    const names = columns.map((name) => `"${name.replaceAll('"', '""')}"`)
    db.exec(`create table row (${names.join(', ') || 'none'})`)
    // As it stands, and in brackets: what closes a bracket or begins a comment fails one of them.
    const alone = db.prepare(`select ${sql} from row`)
    if (alone.columns().length !== 1) return 'it is more than one value'
    db.exec(`create index one on row ((${sql}\n))`)
    return unsteadyPart(sql)
  } catch (error) {
    return (error as Error).message
  } finally {
    db.close()
  }
}

/** Time and date functions are judged by SQLite only when they run. */
function unsteadyPart(sql: string): string | null {
  const bare = sql.replace(/'(?:[^']|'')*'/g, (text) => (/^'\s*now\s*'$/i.test(text) ? "'now'" : "''"))
  if (bare.includes("'now'")) return 'it depends on the time at which it runs'
  if (/\bcurrent_(?:time|date|timestamp)\b/i.test(bare)) return 'it depends on the time at which it runs'
  if (/\b(?:date|time|datetime|julianday|unixepoch)\s*\(\s*\)/i.test(bare))
    return 'it depends on the time at which it runs'
  if (/\bstrftime\s*\([^,()]*\)/i.test(bare)) return 'it depends on the time at which it runs'
  return null
}
