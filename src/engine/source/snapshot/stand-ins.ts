/**
 * Replaces names in a snapshot that only the application registers, so that SQLite can read the tables and indexes that use them: BINARY
 * replaces collations; columns with unknown functions are rewritten. Invariant: every stored value stays the same; only the schema's text
 * and the order of b-trees change.
 */
import type { Finding } from '../../model/finding.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { isWithoutRowid, pragmaRows } from '../base/pragma-rows.ts'
import { createObject, openReadOnly, openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { unlessUnreadable } from '../base/sqlite-errors.ts'
import { knownNames, standInFindings, type WithoutUnknown, withoutUnknown } from '../catalog/unknown-names.ts'

type SchemaRow = {
  readonly id: number
  readonly type: 'table' | 'index'
  readonly name: string
  readonly table: string
  readonly sql: string
}

type Rewritten = SchemaRow & WithoutUnknown

/** `file`: a snapshot that nobody else has open yet. Returns one warning for each table and kind. */
export function putStandIns(file: string, database: string): readonly Finding[] {
  // In a damaged database, the check of its pages reports what is wrong.
  return unlessUnreadable(() => replaceAll(file, database)) ?? []
}

function replaceAll(file: string, database: string): readonly Finding[] {
  const rewritten = findUnknown(file)
  if (rewritten.length === 0) return []
  rewriteSchema(file, rewritten)
  const byTable = Map.groupBy(rewritten, ({ table }) => table)
  const db = openWritable(file)
  try {
    db.pragma('foreign_keys = off')
    db.pragma('ignore_check_constraints = on')
    for (const table of byTable.keys()) {
      const isReordered = byTable.get(table)!.some(({ collations }) => collations.length > 0)
      if (isReordered && isWithoutRowid(db, table)) resortRows(db, table)
      rebuildIndexes(db, table)
    }
  } finally {
    db.close()
  }
  return [...byTable].flatMap(([table, rows]) => standInFindings(database, table, rows))
}

function findUnknown(file: string): readonly Rewritten[] {
  using db = openReadOnly(file, { immutable: true })
  const known = knownNames(db)
  const rows = db
    .prepare<[], SchemaRow>(
      `select rowid as id, type, name, tbl_name as "table", sql from sqlite_schema
        where type in ('table', 'index') and sql is not null`,
    )
    .all()
  return rows.flatMap((row) => {
    const replaced = withoutUnknown(row.sql, row.type, known)
    return replaced === null ? [] : [{ ...row, ...replaced }]
  })
}

function rewriteSchema(file: string, rewritten: readonly Rewritten[]): void {
  using db = openWritable(file)
  db.unsafeMode(true)
  db.pragma('writable_schema = on')
  const update = db.prepare('update sqlite_schema set sql = ? where rowid = ?')
  db.transaction(() => {
    for (const { id, sql } of rewritten) update.run(sql, id)
  })()
}

/** Rebuilds the table's indexes, except those with an unknown function: nobody can make their entries, and nothing reads them. */
function rebuildIndexes(db: SqliteDatabase, table: string): void {
  for (const { name } of pragmaRows<{ readonly name: string; readonly origin: string }>(
    db,
    'index_list',
    table,
  )) {
    try {
      db.exec(`reindex main.${quoteSqlite(name)}`)
    } catch (error) {
      if (!/unknown function|no such function/.test((error as Error).message)) throw error
    }
  }
}

/**
 * Sorts a WITHOUT ROWID table, whose rows are its key's b-tree: takes them out in their current order and puts them back. Triggers don't
 * fire.
 */
function resortRows(db: SqliteDatabase, table: string): void {
  const name = `main.${quoteSqlite(table)}`
  const columns = pragmaRows<{ readonly name: string; readonly hidden: number }>(db, 'table_xinfo', table)
    .filter(({ hidden }) => hidden === 0)
    .map((column) => quoteSqlite(column.name))
    .join(', ')
  const triggers = db
    .prepare<[string], { name: string; sql: string }>(
      `select name, sql from sqlite_schema where type = 'trigger' and tbl_name = ?`,
    )
    .all(table)
  db.transaction(() => {
    for (const trigger of triggers) db.exec(`drop trigger main.${quoteSqlite(trigger.name)}`)
    db.exec(`create temp table gpt_migrate_rows as select ${columns} from ${name} not indexed`)
    db.exec(`delete from ${name}`)
    db.exec(`insert into ${name} (${columns}) select * from temp.gpt_migrate_rows`)
    db.exec('drop table temp.gpt_migrate_rows')
    for (const { sql } of triggers) createObject(db, sql)
  })()
}
