/**
 * Lists a database's tables with their kinds. Invariant: every table in sqlite_schema except SQLite's own `sqlite_…` is listed once, even
 * if its module is missing here.
 */

import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { isWithoutRowid } from '../base/pragma-rows.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { isStrict, readModule } from './declaration.ts'

export type ListedTable = {
  readonly name: string
  readonly sql: string
  readonly rootPage: number
  readonly kind: 'table' | 'virtual' | 'shadow'
  readonly module: string | null
  readonly strict: boolean
  readonly withoutRowid: boolean
}

/** The suffixes of virtual tables' shadow tables (https://www.sqlite.org/fts3.html, fts5.html, rtree.html). */
const shadowSuffixes: Readonly<Record<string, readonly string[]>> = {
  fts3: ['content', 'segments', 'segdir', 'docsize', 'stat'],
  fts4: ['content', 'segments', 'segdir', 'docsize', 'stat'],
  fts5: ['data', 'idx', 'content', 'docsize', 'config'],
  rtree: ['node', 'rowid', 'parent'],
  rtree_i32: ['node', 'rowid', 'parent'],
  geopoly: ['node', 'rowid', 'parent'],
}

type SchemaRow = { readonly name: string; readonly sql: string | null; readonly rootPage: number | null }

/** Throws SQLite's own errors. */
export function listTables(db: SqliteDatabase): ListedTable[] {
  const rows = db
    .prepare<[], SchemaRow>(
      `select name, sql, rootpage as rootPage
      from sqlite_schema
      where type = 'table' and lower(substr(name, 1, 7)) <> 'sqlite_'
      order by rowid`,
    )
    .all()
  const modules = virtualModules(rows)
  const unreadable = new Map([...modules].filter(([name]) => !canRead(db, name)))
  return rows.map((row) => {
    const isShadow = hasShadowName(row.name, modules) && !holdsOnlyCopy(row.name, unreadable)
    const module = modules.get(row.name) ?? null
    const sql = row.sql ?? ''
    return {
      name: row.name,
      sql,
      rootPage: row.rootPage ?? 0,
      kind: module !== null ? 'virtual' : isShadow ? 'shadow' : 'table',
      module,
      strict: module === null && isStrict(sql),
      withoutRowid: module === null && isWithoutRowid(db, row.name),
    }
  })
}

/** Whether the table is a virtual table's shadow table. */
export function isShadowTable(db: SqliteDatabase, name: string): boolean {
  const isThere = "select 1 from sqlite_schema where type = 'table' and name = ? collate nocase"
  if (db.prepare(isThere).get(name) === undefined) return false
  const virtual = db
    .prepare<[], SchemaRow>(
      `select name, sql, rootpage as rootPage from sqlite_schema where type = 'table' and sql like '%virtual%'`,
    )
    .all()
  return hasShadowName(name, virtualModules(virtual))
}

function virtualModules(rows: readonly SchemaRow[]): ReadonlyMap<string, string> {
  const modules = new Map<string, string>()
  for (const { name, sql } of rows)
    if (sql !== null && /^\s*create\s+virtual\b/i.test(sql)) modules.set(name, readModule(sql) ?? '')
  return modules
}

function canRead(db: SqliteDatabase, name: string): boolean {
  try {
    db.prepare(`select 1 from ${quoteSqlite(name)} limit 0`)
    return true
  } catch {
    return false
  }
}

/**
 * The shadow tables of a virtual table that can't be read are all the data there is, and so ordinary tables; of a full-text index only the
 * content is.
 */
function holdsOnlyCopy(name: string, unreadable: ReadonlyMap<string, string>): boolean {
  return [...unreadable].some(([owner, module]) => {
    if (!name.toLowerCase().startsWith(`${owner.toLowerCase()}_`)) return false
    return !module.startsWith('fts') || /_content$/i.test(name)
  })
}

function hasShadowName(name: string, modules: ReadonlyMap<string, string>): boolean {
  const lower = name.toLowerCase()
  for (const [owner, module] of modules) {
    const prefix = `${owner.toLowerCase()}_`
    if (lower.startsWith(prefix) && shadowSuffixes[module]?.includes(lower.slice(prefix.length)) === true)
      return true
  }
  return false
}
