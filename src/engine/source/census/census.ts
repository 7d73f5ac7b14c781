/**
 * Counts the values that a snapshot's tables hold. Columns that were not counted by the tables' pages are read through SQLite. Invariant:
 * every number is of all rows, never of a sample.
 */
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import { type Census, noValues, type TableCensus } from '../../model/census.ts'
import { tableIdOf } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { MOST_FOR_DRIVER, openLargeSnapshot } from '../base/node-sqlite.ts'
import { largestRowOf, unreadable } from '../base/row-size.ts'
import { rowidRange } from '../base/rowid-range.ts'
import { pathOf, type SqliteDatabase } from '../base/sqlite.ts'
import { openSqliteReader } from '../readers/sqlite-reader.ts'
import { ColumnCount, joinParts } from './column-count.ts'
import { withJson } from './count-json.ts'
import type { CountedTable, CountedTables } from './count-tables.ts'
import { readingOf, seeRows, WHOLE_TABLE } from './see-rows.ts'

type CensusOptions = {
  /** Called repeatedly with the share of all work that is done, from 0 to 1. */
  readonly onPass?: ((done: number, table: string) => void) | undefined
  /** The counts taken from the tables' pages. */
  readonly counted?: CountedTables | undefined
}

/**
 * Returns the census of all tables except shadow tables and virtual tables that cannot be read.
 * Throws MigrateError `source`, code `table-unreadable`, for a table that cannot be read to its end.
 */
export function takeCensus(db: SqliteDatabase, catalog: Catalog, options: CensusOptions = {}): Census {
  const tables: TableCensus[] = []
  const weightOf = ({ name }: CatalogTable): number =>
    options.counted?.has(name) === true ? COUNTED_WEIGHT : 1
  const wanted = catalog.tables.filter(({ kind }) => kind !== 'shadow')
  const weight = wanted.reduce((sum, table) => sum + weightOf(table), 0)
  let done = 0
  for (const table of wanted) {
    const onPass = (share: number): void =>
      options.onPass?.((done + share * weightOf(table)) / weight, describeTable(table))
    onPass(0)
    try {
      const byPages = options.counted?.get(table.name) ?? null
      tables.push(tableCensus(db, catalog.database, table, byPages, onPass))
      done += weightOf(table)
    } catch (error) {
      if (table.kind === 'virtual') continue
      throw unreadable({ database: catalog.database, table: table.name }, error)
    }
  }
  return { database: catalog.database, encoding: catalog.encoding, tables }
}

/** Returns the table's name, followed by the columns that SQLite computes on reading. */
function describeTable({ name, columns }: CatalogTable): string {
  const computed = columns.filter(({ generated }) => generated === 'virtual').map((column) => column.name)
  return computed.length === 0 ? name : `${name} (computes ${computed.join(', ')})`
}

/** The work that is left for a table counted by its pages, compared with one that is not. */
const COUNTED_WEIGHT = 0.02

function tableCensus(
  db: SqliteDatabase,
  database: string,
  table: CatalogTable,
  byPages: CountedTable | null,
  onPass: (share: number) => void,
): TableCensus {
  const rowids = rowidRange(db, table)
  const alias = table.key.kind === 'rowid' ? table.key.column : null
  const left = table.columns
    .map(({ name }) => name)
    .filter((name) => name !== alias && byPages?.columns.has(name) !== true)
  const read = byPages !== null && left.length === 0 ? null : readColumns(db, database, table, left, onPass)
  const rows = byPages?.rows ?? read!.rows
  return {
    table: table.name,
    rows,
    rowids,
    columns: table.columns.map(({ name }) =>
      // An INTEGER PRIMARY KEY needs no counting: it is the rowid.
      name === alias
        ? { ...noValues, name, integers: rows, integerRange: rowids, values: rows === 0 ? [] : null }
        : (byPages?.columns.get(name) ?? read!.columns.get(name)!),
    ),
  }
}

function readColumns(
  given: SqliteDatabase,
  database: string,
  table: CatalogTable,
  columns: readonly string[],
  onPass: (share: number) => void,
): CountedTable {
  const largestRow = largestRowOf(given, table.name, table.rootPage)
  using large = largestRow > MOST_FOR_DRIVER ? openLargeSnapshot(pathOf(given)) : null
  const db = large ?? given
  // A count must not come from an index, which may be damaged.
  const from = `main.${quoteSqlite(table.name)}${table.kind === 'table' ? ' not indexed' : ''}`
  const total = Number(db.prepare(`select count(*) from ${from}`).pluck().get())
  const counts = columns.map((column) => new ColumnCount(column))
  const id = tableIdOf(database, table.name)
  const reader = openSqliteReader(
    db,
    { id, database, table: table.name, fate: { kind: 'copy', copy: readingOf(table, columns) } },
    null,
    { largestRow, long: { columns: longColumns(table, columns), bytes: LONG_BYTES } },
  )
  const rows = seeRows(reader, counts, [WHOLE_TABLE], (seen) => onPass(seen / total))
  const parts = withJson(
    db,
    from,
    counts.map((count) => count.part()),
    largestRow >= LONG_BYTES,
  )
  return { rows, columns: new Map(joinParts([parts]).map((column) => [column.name, column])) }
}

/** Returns the columns whose long values can be found again by the row's key, and so be read in pieces. */
function longColumns({ key, columns }: CatalogTable, read: readonly string[]): readonly number[] {
  if (key.kind === 'none') return []
  const ofKey = key.kind === 'primary-key' ? key.columns.map(({ name }) => name) : []
  const stored = columns.filter(({ name, generated }) => generated !== 'virtual' && !ofKey.includes(name))
  return stored.map(({ name }) => read.indexOf(name)).filter((index) => index >= 0)
}
