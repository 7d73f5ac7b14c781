/**
 * The triggers of the files, set aside while rows are written. Invariant: in the caller's transaction, which leaves every trigger with
 * the text that it had.
 */

import { createObject, type SqliteDatabase } from '../source/base/sqlite.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { cutTokens } from '../syntax/sqlite-tokens.ts'

type Trigger = { readonly schema: string; readonly name: string; readonly sql: string }

/** Carries out `work` while the attached schemas have no triggers; when it throws, the caller rolls back. */
export function withoutTriggers<T>(db: SqliteDatabase, schemas: readonly string[], work: () => T): T {
  const triggers = schemas.flatMap((schema) => triggersOf(db, schema))
  for (const { schema, name } of triggers) db.exec(`drop trigger ${schema}.${quoteSqlite(name)}`)
  const result = work()
  for (const trigger of triggers) putBack(db, trigger)
  return result
}

function triggersOf(db: SqliteDatabase, schema: string): readonly Trigger[] {
  return db
    .prepare<[], { name: string; sql: string }>(
      `select name, sql from ${schema}.sqlite_schema where type = 'trigger' order by rowid`,
    )
    .all()
    .map(({ name, sql }) => ({ schema, name, sql }))
}

/**
 * `create trigger` as the schema has it, in the schema of its file. A text that names the schema of its table (`on main.orders`) is
 * refused there, but read by SQLite from a file's schema: it is created without, and then gets its text back.
 */
function putBack(db: SqliteDatabase, { schema, name, sql }: Trigger): void {
  const plain = withoutSchemaOfTable(sql)
  createObject(db, plain.replace(/^(\s*create\s+trigger\s+)/i, `$1${schema}.`))
  if (plain === sql) return
  db.unsafeMode(true)
  try {
    db.pragma('writable_schema = on')
    db.prepare(`update ${schema}.sqlite_schema set sql = ? where type = 'trigger' and name = ?`).run(
      sql,
      name,
    )
  } finally {
    db.pragma('writable_schema = off')
    db.unsafeMode(false)
  }
}

function withoutSchemaOfTable(sql: string): string {
  const tokens = cutTokens(sql)
  const on = tokens.findIndex(({ kind, text }) => kind === 'word' && /^on$/i.test(text))
  const [first, dot, second] = tokens.slice(on + 1)
  return on > 0 && first !== undefined && dot?.text === '.' && second !== undefined
    ? sql.slice(0, first.start) + sql.slice(second.start)
    : sql
}
