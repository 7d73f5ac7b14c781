/**
 * Removes the triggers of the files while rows are written. Invariant: in the caller's transaction, which leaves every trigger with its
 * original text.
 */

import { createObject, type SqliteDatabase } from '../source/base/sqlite.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { cutTokens } from '../syntax/sqlite-tokens.ts'

type Trigger = { readonly schema: string; readonly name: string; readonly sql: string }

/** Performs `work` while the attached schemas have no triggers. When it throws, the caller rolls back. */
export function withoutTriggers<T>(db: SqliteDatabase, schemas: readonly string[], work: () => T): T {
  const triggers = schemas.flatMap((schema) => triggersOf(db, schema))
  for (const { schema, name } of triggers) db.exec(`drop trigger ${schema}.${quoteSqlite(name)}`)
  const result = work()
  for (const trigger of triggers) recreateTrigger(db, trigger)
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
 * Creates a trigger again in the schema of its file. SQLite refuses a text that qualifies the trigger's table (`on main.orders`) here, but
 * reads it from a file's schema: such a trigger is created without the qualifier, and its text is then restored.
 */
function recreateTrigger(db: SqliteDatabase, { schema, name, sql }: Trigger): void {
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
