/**
 * Builds the staging file's sets in SQL. Invariant: a set contains every row of its table exactly once, sorted by parent (or group), then
 * in the table's key order.
 */
import type { CatalogColumn, CatalogTable, SourceKey } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { keyColumns, orderBy } from '../base/key-order.ts'
import { largestRowOf, unreadable } from '../base/row-size.ts'
import { openReadOnly, type SqliteDatabase } from '../base/sqlite.ts'
import { readCatalog } from '../catalog/catalog.ts'

/** One row for each set; `fold` is -1 for a pivot. */
export const DIRECTORY = `create table staged(
  table_id text, fold integer, name text, total integer, orphans integer,
  in_staging integer, source_table text, source_rowid text, has_rowid integer, largest_row integer,
  primary key (table_id, fold)
)`

type Place = { readonly database: string; readonly table: string }

/** A table whose rows can be found by a single integer. */
type Numbered = {
  readonly schema: 'source' | 'main'
  readonly table: string
  readonly rowid: string
  readonly hasRowid: boolean
  readonly largestRow: number
}

/** Groups are numbered from 1 in the order of their first rows; rows that the filter excludes form groups of their own. */
export function buildPivot(db: SqliteDatabase, file: string, table: TablePlan, number: number): void {
  if (table.fate.kind !== 'copy' || table.fate.copy.pivot === null) return
  const { copy } = table.fate
  const groupBy = table.fate.copy.pivot.groupBy.map(quoteSqlite)
  if (copy.read.filter !== null) groupBy.push(filterExpression(copy.read.filter))
  withSource(db, file, table, (name) => {
    const rows = numberedRows(db, file, table, copy.key, copy.read.table.columns, name)
    const rowid = quoteSqlite(rows.rowid)
    const ordinal = `row_number() over (order by ${rowid})`
    // Without grouping columns there is no partition: all rows are one group.
    const partition = groupBy.length === 0 ? '' : `partition by ${groupBy.join(', ')}`
    createSet(
      db,
      name,
      `select dense_rank() over (order by first), ordinal, "row"
       from (
         select ${rowid} as "row", ${ordinal} as ordinal, min(${rowid}) over (${partition}) as first
         from ${rows.schema}.${quoteSqlite(rows.table)}
       )
       order by first, "row"`,
    )
    record(db, table.id, number, name, rows)
  })
}

type FoldSource = {
  readonly parentFile: string
  readonly childFile: string
  readonly parent: TablePlan
  readonly child: Place
  readonly index: number
}

/** Assigns each child the ordinal of the first parent row that equals it in SQLite's own comparison; 0 to those without. */
export function buildFold(db: SqliteDatabase, source: FoldSource): void {
  const { parent, child, index } = source
  if (parent.fate.kind !== 'copy') return
  const { copy } = parent.fate
  const fold = copy.folds[index]!
  const table = catalogTable(source.childFile, child)
  collectParents(
    db,
    source,
    copy,
    fold.parentColumn,
    comparisonAffinity(
      copy.read.table.columns.find(({ name }) => name === fold.parentColumn),
      table.columns.find(({ name }) => name === fold.childColumn),
    ),
  )
  withSource(db, source.childFile, child, (name) => {
    const order = keyColumns(table.key)
    const inOrder = order.length === 0 ? '' : `order by ${orderBy(order)}`
    const original = `source.${quoteSqlite(child.table)}${order.length === 0 ? ' not indexed' : ''}`
    // The comparison uses the child's own column, because only that has the declared affinity and collation.
    const numbered = table.key.kind === 'rowid' ? order[0]!.name : `row_number() over (${inOrder})`
    db.exec(`create temp table matched("row" integer primary key, parent integer)`)
    db.exec(`insert into temp.matched
      select child."row", min(parents.ordinal)
      from (select ${numbered} as "row", ${quoteSqlite(fold.childColumn)} as value from ${original}) as child
      cross join temp.parents on child.value = parents.value
      group by child."row"`)
    const inParentFile = source.childFile === source.parentFile
    const rows =
      inParentFile && table.key.kind === 'rowid'
        ? numberedRows(db, source.childFile, child, table.key, [], name)
        : copyNumbered(db, source.childFile, child, table.key, plainColumns(fold.columns), name)
    const ordinals =
      table.key.kind === 'rowid'
        ? `select ${order[0]!.name} as "row", row_number() over (order by ${order[0]!.name}) as ordinal from ${original}`
        : `select ${quoteSqlite(rows.rowid)} as "row", ${quoteSqlite(rows.rowid)} as ordinal from main.${quoteSqlite(rows.table)}`
    createSet(
      db,
      name,
      `select ifnull(matched.parent, 0), child.ordinal, ${rows.schema === 'main' && table.key.kind === 'rowid' ? 'child.ordinal' : 'child."row"'}
       from (${ordinals}) as child
       left join temp.matched on matched."row" = child."row"
       order by ifnull(matched.parent, 0), child.ordinal`,
    )
    record(db, parent.id, index, name, rows)
  })
  db.exec('drop table temp.matched; drop table temp.parents')
}

/**
 * The affinity that SQLite applies to both sides when two columns are compared: NUMERIC if either is numeric, else none
 * (https://www.sqlite.org/datatype3.html#type_conversions_prior_to_comparison). The parents' values are stored with it applied, so that
 * SQLite can find them by an index whatever the declarations.
 */
function comparisonAffinity(...columns: readonly (CatalogColumn | undefined)[]): 'numeric' | 'blob' {
  const affinities = columns.map((column) => column?.affinity ?? 'blob')
  return affinities.every((affinity) => affinity === 'text' || affinity === 'blob') ? 'blob' : 'numeric'
}

function collectParents(
  db: SqliteDatabase,
  source: FoldSource,
  copy: CopyPlan,
  column: string,
  affinity: string,
): void {
  withSource(db, source.parentFile, source.parent, () => {
    const order = keyColumns(copy.key)
    const over = order.length === 0 ? '' : `order by ${orderBy(order)}`
    const table = `source.${quoteSqlite(source.parent.table)}${order.length === 0 ? ' not indexed' : ''}`
    db.exec(`create temp table parents(ordinal integer primary key, value ${affinity})`)
    db.exec(`insert into temp.parents
      select row_number() over (${over}), ${quoteSqlite(column)}
      from ${table}`)
  })
}

/** Attaches a snapshot as `source` and calls `make` with an unused name for a set. */
function withSource(db: SqliteDatabase, file: string, place: Place, make: (name: string) => void): void {
  db.prepare('attach ? as source').run(file)
  try {
    make(`set_${Number(db.prepare('select count(*) from staged').pluck().get())}`)
  } catch (error) {
    throw unreadable(place, error)
  } finally {
    db.exec('detach source')
  }
}

function createSet(db: SqliteDatabase, name: string, select: string): void {
  db.exec(
    `create table ${name}(position integer primary key, parent integer, ordinal integer, "row" integer)`,
  )
  db.exec(`insert into ${name}(parent, ordinal, "row") ${select}`)
  db.exec(`create index ${name}_parent on ${name}(parent)`)
}

function record(db: SqliteDatabase, tableId: string, fold: number, name: string, rows: Numbered): void {
  db.prepare(
    `insert into staged
     select ?, ?, ?, (select count(*) from ${name}), (select count(*) from ${name} where parent = 0), ?, ?, ?, ?, ?`,
  ).run(
    tableId,
    fold,
    name,
    rows.schema === 'main' ? 1 : 0,
    rows.table,
    rows.rowid,
    rows.hasRowid ? 1 : 0,
    rows.largestRow,
  )
}

function numberedRows(
  db: SqliteDatabase,
  file: string,
  place: Place,
  key: SourceKey,
  columns: readonly CopiedColumn[],
  name: string,
): Numbered {
  if (key.kind !== 'rowid') return copyNumbered(db, file, place, key, columns, name)
  return {
    schema: 'source',
    table: place.table,
    rowid: key.name,
    hasRowid: true,
    largestRow: largestRow(file, place),
  }
}

type CopiedColumn = { readonly name: string; readonly affinity: string; readonly collation: string }

/** Column definitions that keep every value unchanged. */
function plainColumns(names: readonly string[]): readonly CopiedColumn[] {
  return names.map((name) => ({ name, affinity: 'blob', collation: 'BINARY' }))
}

/** Copies the rows into the staging file, with each row's number in key order as its rowid. */
function copyNumbered(
  db: SqliteDatabase,
  file: string,
  place: Place,
  key: SourceKey,
  columns: readonly CopiedColumn[],
  name: string,
): Numbered {
  if (columns.length > 1999) {
    throw new MigrateError(
      'plan',
      'too-many-columns',
      `Table ${place.table} of ${place.database} has no rowid and ${columns.length} columns: too many to fold or pivot it.`,
      { hint: 'Give it a target of its own.' },
    )
  }
  const rowid = unusedName(columns)
  const order = keyColumns(key)
  const declared = columns.map(
    (column) => `${quoteSqlite(column.name)} ${column.affinity} collate ${quoteSqlite(column.collation)}`,
  )
  const names = columns.map((column) => quoteSqlite(column.name))
  const copy = `${name}_rows`
  db.exec(`create table ${copy}(${[`${quoteSqlite(rowid)} integer primary key`, ...declared].join(', ')})`)
  db.exec(`insert into ${copy}(${names.join(', ')})
    select ${names.join(', ')}
    from source.${quoteSqlite(place.table)}${order.length === 0 ? ' not indexed' : ` order by ${orderBy(order)}`}`)
  return { schema: 'main', table: copy, rowid, hasRowid: false, largestRow: largestRow(file, place) }
}

function unusedName(columns: readonly CopiedColumn[]): string {
  const used = new Set(columns.map(({ name }) => name.toLowerCase()))
  let name = 'row number'
  while (used.has(name)) name += ' '
  return name
}

function largestRow(file: string, place: Place): number {
  using db = openReadOnly(file)
  return largestRowOf(db, place.table, 1)
}

function catalogTable(file: string, place: Place): CatalogTable {
  using db = openReadOnly(file)
  const found = readCatalog(db, place.database).tables.find(({ name }) => name === place.table)
  if (found === undefined) throw new TypeError(`there is no table ${place.table} in ${place.database}`)
  return found
}

/** A user's condition as 1 or 0. The line break ends a comment in it. */
export function filterExpression(filter: string): string {
  return `((${filter}\n) is true)`
}
