/**
 * Checks that a database's pages are consistent (https://www.sqlite.org/pragma.html#pragma_quick_check). Invariant: only what makes rows
 * unreadable or wrong counts as damage; a value that violates its column's NOT NULL or CHECK is data.
 */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from './sqlite.ts'
import { isDamage } from './sqlite-errors.ts'

/** Messages about values and derived search structures, which do not affect the rows. */
const aboutValues =
  /^(NULL value in |CHECK constraint failed in |NUMERIC value in |TEXT value in |non-\S+ value in |unable to validate the inverted index|malformed inverted index)/

/** Returns what is damaged, in sentences that name tables and indexes if known; empty when nothing is. */
export function findDamage(db: SqliteDatabase, limit: number): string[] {
  const messages = messagesOf(db, String(limit)) ?? messagesByTable(db)
  const lines = messages.flatMap((message) => message.split('\n'))
  const damage = lines.filter(
    (line) => line !== 'ok' && line !== '' && !line.startsWith('*** ') && !aboutValues.test(line),
  )
  if (damage.length === 0) return []
  const names = rootNames(db)
  return damage.map((line) => {
    const root = /^(?:Tree|On tree page) (\d+)/.exec(line)?.[1]
    const name = root === undefined ? undefined : names.get(root)
    return name === undefined ? line : `${name}: ${line}`
  })
}

/** Null when a virtual table that its module can't open prevents the check. `argument`: the most messages, or a table. */
function messagesOf(db: SqliteDatabase, argument: string): string[] | null {
  const messages: string[] = []
  try {
    // Row by row, since the check itself can end in an error. Not as `pragma_quick_check(n)`, because a table-valued function would take
    // the number for a table's name.
    for (const message of db.prepare<[], string>(`pragma quick_check(${argument})`).pluck().iterate())
      messages.push(message)
  } catch (error) {
    const { message } = error as Error
    // For example a tokenizer or module that only the application registers.
    if (/^(?:vtable constructor failed|no such (?:module|tokenizer)|SQL logic error)/.test(message))
      return null
    // Something that only the application registers is no damage; the check just can't verify its indexes.
    const isUnknown = /^(?:no such collation sequence|no such function|unknown function)/.test(message)
    if (!isDamage(error) && !isUnknown) throw error
    if (!isUnknown) messages.push(`The check of its pages ended early: ${message}`)
  }
  return messages
}

function messagesByTable(db: SqliteDatabase): string[] {
  return db
    .prepare<[], string>(`select name from sqlite_schema where type = 'table' and rootpage > 0`)
    .pluck()
    .all()
    .flatMap((name) => messagesOf(db, quoteSqlite(name)) ?? [])
}

function rootNames(db: SqliteDatabase): Map<string, string> {
  try {
    const rows = db
      .prepare<[], { root: string; type: string; name: string }>(
        `select cast(rootpage as text) as root, type, name from sqlite_schema where rootpage > 0`,
      )
      .all()
    return new Map([['1', 'schema'], ...rows.map((row) => [row.root, `${row.type} ${row.name}`] as const)])
  } catch {
    return new Map()
  }
}
