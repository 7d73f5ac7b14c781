/**
 * Reads the structure of one snapshot. Invariant: SQLite's pragmas are the source for everything they report; `create table` text is parsed
 * only for the rest.
 */

import type {
  Catalog,
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
  SourceKey,
} from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { cutTokens } from '../../syntax/sqlite-tokens.ts'
import { pragmaRows } from '../base/pragma-rows.ts'
import { pathOf, type SqliteDatabase } from '../base/sqlite.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { type DeclaredFacts, readDeclaration } from './declaration.ts'
import { type ListedTable, listTables } from './table-list.ts'

/** Returns the catalog of an open database; `database` is its name in the run. Throws a MigrateError of kind `source`. */
export function readCatalog(db: SqliteDatabase, database: string): Catalog {
  try {
    const objects = readObjects(db)
    const indexSql = new Map(objects.filter((it) => it.type === 'index').map((it) => [it.name, it.sql]))
    const sequences = readSequences(db)
    const tables = listTables(db).map((listed) => readTable(db, listed, indexSql, sequences))
    const named = new Map(tables.map((table) => [table.name.toLowerCase(), table]))
    for (const table of tables) refuseNonUtf8Names(db, table, database)
    return {
      database,
      encoding: db.pragma('encoding', { simple: true }) as Catalog['encoding'],
      pageSize: numberPragma(db, 'page_size'),
      userVersion: numberPragma(db, 'user_version'),
      applicationId: numberPragma(db, 'application_id'),
      autoVacuum: numberPragma(db, 'auto_vacuum'),
      objects,
      tables: tables.map((table) => ({
        ...table,
        foreignKeys: table.foreignKeys.map((key) => resolveParent(key, named)),
      })),
      sequences,
      views: readViews(
        db,
        objects.filter((it) => it.type === 'view'),
      ),
      triggers: objects
        .filter((it) => it.type === 'trigger')
        .map(({ name, tableName, sql }) => ({ name, table: tableName, sql: sql ?? '' })),
    }
  } catch (error) {
    throw translateSqliteError(error, pathOf(db))
  }
}

/** Throws for a table with a name that is not UTF-8, which no SQL text can contain. */
function refuseNonUtf8Names(
  db: SqliteDatabase,
  { name, kind, columns }: CatalogTable,
  database: string,
): void {
  const names = [name, ...columns.map((column) => column.name)]
  if (kind !== 'table' || !names.some((one) => one.includes('\ufffd'))) return
  try {
    if (columns.length > 0) {
      db.prepare(
        `select ${columns.map((column) => quoteSqlite(column.name)).join(', ')} from ${quoteSqlite(name)}`,
      )
      return
    }
  } catch {
    // The error is thrown below.
  }
  throw new MigrateError(
    'source',
    'name-not-utf8',
    `In ${database}, the table ${JSON.stringify(name)} or one of its columns has a name that is not UTF-8.`,
    {
      hint: 'Rename it in a copy of the file (alter table … rename …), or drop it there, and move the copy.',
    },
  )
}

function numberPragma(db: SqliteDatabase, name: string): number {
  return Number(db.pragma(name, { simple: true }))
}

function readObjects(db: SqliteDatabase): Catalog['objects'][number][] {
  return db
    .prepare<[], Catalog['objects'][number]>(
      'select type, name, tbl_name as tableName, sql from sqlite_schema order by rowid',
    )
    .all()
}

type ColumnRow = {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  /** 0 ordinary · 1 hidden in a virtual table · 2 virtual generated · 3 stored generated */
  readonly hidden: number
}

function readTable(
  db: SqliteDatabase,
  listed: ListedTable,
  indexSql: ReadonlyMap<string, string | null>,
  sequences: readonly SequenceRow[],
): CatalogTable {
  const rows = readColumnRows(db, listed)
  const declared = readDeclaration(listed.kind === 'virtual' ? '' : listed.sql)
  const indexes = listed.kind === 'virtual' ? [] : readIndexes(db, listed.name, indexSql)
  const primaryKey = rows
    .filter((row) => row.pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map((row) => row.name)
  return {
    ...listed,
    columns: rows
      .filter((row) => row.hidden !== 1)
      .map((row, at) => readColumn(row, declared.collations[at] ?? null, listed.strict)),
    primaryKey,
    key: chooseKey(listed, rows, primaryKey, indexes),
    autoincrement: declared.autoincrement,
    sequence: sequences.find(({ table }) => table === listed.name)?.sequence ?? null,
    indexes,
    foreignKeys: readForeignKeys(db, listed.name, declared),
  }
}

/** Empty for a virtual table whose module this SQLite doesn't have. */
function readColumnRows(db: SqliteDatabase, table: ListedTable): ColumnRow[] {
  try {
    return pragmaRows<ColumnRow>(db, 'table_xinfo', table.name)
  } catch (error) {
    if (table.kind === 'virtual') return []
    throw error
  }
}

/**
 * SQLite reads a view only when it is used, so a view may refer to missing objects. One that expands to 65,535 references takes SQLite a
 * while to refuse, as does every view that refers to it: those are not asked about.
 */
function readViews(db: SqliteDatabase, views: Catalog['objects']): Catalog['views'] {
  const endless = new Set<string>()
  return views.map(({ name, sql: text }) => {
    const sql = text ?? ''
    const names = endless.size === 0 ? [] : cutTokens(sql).map((token) => token.text.toLowerCase())
    if (names.some((one) => endless.has(one))) {
      endless.add(name.toLowerCase())
      return { name, sql, columns: null }
    }
    try {
      const rows = pragmaRows<{ readonly name: string }>(db, 'table_xinfo', name)
      return { name, sql, columns: rows.map((column) => column.name) }
    } catch (error) {
      if (/^too many references/.test((error as Error).message)) endless.add(name.toLowerCase())
      return { name, sql, columns: null }
    }
  })
}

function readColumn(row: ColumnRow, collation: string | null, strict: boolean): CatalogColumn {
  return {
    name: row.name,
    declaredType: row.type,
    affinity: affinityOf(row.type, strict),
    notNull: row.notnull === 1,
    default: row.dflt_value,
    generated: row.hidden === 2 ? 'virtual' : row.hidden === 3 ? 'stored' : null,
    collation: collation?.toUpperCase() ?? 'BINARY',
  }
}

/** The five rules of https://www.sqlite.org/datatype3.html#determination_of_column_affinity; ANY in a STRICT table converts nothing. */
export function affinityOf(declaredType: string, strict = false): CatalogColumn['affinity'] {
  const type = declaredType.toUpperCase()
  if (strict && type === 'ANY') return 'blob'
  if (type.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text'
  if (type === '' || type.includes('BLOB')) return 'blob'
  if (/REAL|FLOA|DOUB/.test(type)) return 'real'
  return 'numeric'
}

/**
 * A single INTEGER primary key is the rowid, except for `integer primary key desc` (a quirk:
 * https://www.sqlite.org/lang_createtable.html#rowid), which is the only one with an index.
 */
function chooseKey(
  table: ListedTable,
  rows: readonly ColumnRow[],
  primaryKey: readonly string[],
  indexes: readonly CatalogIndex[],
): SourceKey {
  const keyIndex = indexes.find((index) => index.origin === 'primary-key')
  if (rows.length === 0) return { kind: 'none' }
  if (table.withoutRowid) {
    if (table.kind === 'virtual') return { kind: 'none' }
    const columns = keyIndex?.columns ?? []
    return { kind: 'primary-key', columns: columns.map((column) => ({ ...column, name: column.name ?? '' })) }
  }
  const only =
    primaryKey.length === 1 && keyIndex === undefined && table.kind !== 'virtual' ? primaryKey[0] : undefined
  const isAlias = rows.some((row) => row.name === only && row.type.toUpperCase() === 'INTEGER')
  const column = only !== undefined && isAlias ? only : null
  const taken = new Set(rows.map((row) => row.name.toLowerCase()))
  const free = ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name))
  const name = free ?? column
  return name === null ? { kind: 'none' } : { kind: 'rowid', name, column }
}

type SequenceRow = NonNullable<Catalog['sequences']>[number]

function readSequences(db: SqliteDatabase): SequenceRow[] {
  const exists = db
    .prepare(`select 1 from sqlite_schema where type = 'table' and name = 'sqlite_sequence'`)
    .get()
  if (exists === undefined) return []
  return db
    .prepare<[], SequenceRow>(
      `select cast(rowid as text) as rowid, name as "table", cast(seq as text) as sequence
         from sqlite_sequence where typeof(name) = 'text' order by sqlite_sequence.rowid`,
    )
    .all()
}

const origins = { c: 'create', u: 'unique', pk: 'primary-key' } as const

function readIndexes(
  db: SqliteDatabase,
  table: string,
  indexSql: ReadonlyMap<string, string | null>,
): CatalogIndex[] {
  type Row = { seq: number; name: string; unique: number; origin: keyof typeof origins; partial: number }
  const rows = pragmaRows<Row>(db, 'index_list', table).sort((a, b) => b.seq - a.seq)
  return rows.map((row) => ({
    name: row.name,
    unique: row.unique === 1,
    origin: origins[row.origin],
    partial: row.partial === 1,
    sql: indexSql.get(row.name) ?? null,
    columns: readIndexColumns(db, row.name),
  }))
}

function readIndexColumns(db: SqliteDatabase, index: string): CatalogIndex['columns'] {
  type Row = { seqno: number; name: string | null; desc: number; coll: string; key: number }
  return pragmaRows<Row>(db, 'index_xinfo', index)
    .filter(({ key }) => key === 1)
    .sort((a, b) => a.seqno - b.seqno)
    .map((row) => ({ name: row.name, descending: row.desc === 1, collation: row.coll.toUpperCase() }))
}

/** In declared order; SQLite numbers them from the last. */
function readForeignKeys(db: SqliteDatabase, table: string, declared: DeclaredFacts): CatalogForeignKey[] {
  type Row = {
    id: number
    seq: number
    table: string
    from: string
    to: string | null
    on_update: string
    on_delete: string
  }
  const rows = pragmaRows<Row>(db, 'foreign_key_list', table).sort((a, b) => b.id - a.id || a.seq - b.seq)
  const groups = [...Map.groupBy(rows, (row) => row.id).values()]
  return groups.map((group, at) => ({
    columns: group.map((row) => row.from),
    table: group[0]?.table ?? '',
    parentColumns: group.flatMap((row) => (row.to === null ? [] : [row.to])),
    onDelete: group[0]?.on_delete ?? 'NO ACTION',
    onUpdate: group[0]?.on_update ?? 'NO ACTION',
    deferred: declared.deferred.length === groups.length && declared.deferred[at] === true,
  }))
}

/** Spells the names of the parent's columns as the parent does; its primary key when no columns were named. */
function resolveParent(key: CatalogForeignKey, tables: ReadonlyMap<string, CatalogTable>): CatalogForeignKey {
  const parent = tables.get(key.table.toLowerCase())
  if (parent === undefined) return key
  const spell = (name: string) =>
    parent.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name ?? name
  const parentColumns = key.parentColumns.length === 0 ? parent.primaryKey : key.parentColumns.map(spell)
  return { ...key, table: parent.name, parentColumns }
}
