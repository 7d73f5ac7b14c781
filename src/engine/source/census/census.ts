/**
 * Counts what values a snapshot's tables really hold: what their pages do not show, by SQLite's own code in a few passes.
 * Invariant: every number is of all rows, never of a sample; samples only choose what is asked first.
 */
import { LONG_BYTES } from '../../encode/cell.ts'
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { Census, TableCensus } from '../../model/census.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { MOST_FOR_DRIVER, openLargeSnapshot } from '../base/node-sqlite.ts'
import { textEncodingOf } from '../base/raw-cells.ts'
import { largestRowOf, unreadable } from '../base/row-size.ts'
import { rowidRange } from '../base/rowid-range.ts'
import { pathOf, type SqliteDatabase } from '../base/sqlite.ts'
import { ColumnCount } from './census-column.ts'
import { Scan } from './census-scan.ts'
import type { CountedTable, CountedTables } from './count-tables.ts'

type CensusOptions = {
  /** Called after each pass over a table, with the share of all work that is done, from 0 to 1. */
  readonly onPass?: ((done: number, table: string) => void) | undefined
  /** What is known from the tables' pages. */
  readonly counted?: CountedTables | undefined
}

/**
 * The census of all tables; shadow tables, and virtual tables whose module doesn't answer, are left out.
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
      tables.push(tableCensus(db, table, byPages, onPass))
      done += weightOf(table)
    } catch (error) {
      if (table.kind === 'virtual') continue
      throw unreadable({ database: catalog.database, table: table.name }, error)
    }
  }
  return { database: catalog.database, tables }
}

/** With the columns that SQLite computes when they are read. */
function describeTable({ name, columns }: CatalogTable): string {
  const computed = columns.filter(({ generated }) => generated === 'virtual').map((column) => column.name)
  return computed.length === 0 ? name : `${name} (computes ${computed.join(', ')})`
}

/** Over a table that SQL counts. */
const PASSES = 6

/** Work that is left of a table whose pages were counted. */
const COUNTED_WEIGHT = 0.02

/** Rows whose texts suggest what form a column has. */
const SAMPLE_ROWS = 100

function tableCensus(
  db: SqliteDatabase,
  table: CatalogTable,
  byPages: CountedTable | null,
  onPass: (share: number) => void,
): TableCensus {
  const largest =
    byPages === null && table.kind === 'table' ? largestRowOf(db, table.name, table.rootPage) : 0
  if (largest <= MOST_FOR_DRIVER) return countTable(db, table, byPages, largest >= LONG_BYTES, onPass)
  using large = openLargeSnapshot(pathOf(db))
  return countTable(large, table, null, true, onPass)
}

/** `hasLong`: some rows are so large that SQLite must not hold them more than once. */
function countTable(
  db: SqliteDatabase,
  table: CatalogTable,
  byPages: CountedTable | null,
  hasLong: boolean,
  onPass: (share: number) => void,
): TableCensus {
  const name = `main.${quoteSqlite(table.name)}`
  // A count must not come from an index, which may be damaged.
  const from = table.kind === 'table' ? `${name} not indexed` : name
  const rowids = rowidRange(db, table)
  const utf8 = textEncodingOf(db) === 'utf8'
  const columns = table.columns.map((column) => new ColumnCount(column, { utf8, hasLong }))
  const stored = columns.filter(
    ({ column }) => table.key.kind !== 'rowid' || table.key.column !== column.name,
  )
  const counted = stored.filter(({ column }) => byPages?.columns.has(column.name) !== true)

  const classes = new Scan(db, from, hasLong)
  const count = byPages === null ? classes.number('count(*)') : () => byPages.rows
  for (const column of counted) column.askClasses(classes)
  classes.run()
  const rows = count()
  for (const column of columns) column.rows = rows
  onPass(1 / PASSES)
  if (rows > 0) {
    const steps = [
      (scan: Scan, column: ColumnCount) => column.askSizes(scan),
      (scan: Scan, column: ColumnCount) => column.askDetails(scan),
    ]
    for (const [at, ask] of steps.entries()) {
      runStep(new Scan(db, from, hasLong), counted, ask)
      onPass((2 + at) / PASSES)
    }
    for (const [at, column] of counted.entries()) {
      column.measureNulTexts(db, from)
      column.findValues(db, from)
      onPass((3 + (at + 1) / counted.length) / PASSES)
    }
    // Under names of its own: SQLite renames what a subquery calls "true" or "false".
    const sampled = counted.map(({ column }, at) => `${quoteSqlite(column.name)} as c${at}`)
    const sample = `(select ${sampled.join(', ') || 'null'} from ${name} limit ${SAMPLE_ROWS})`
    runStep(new Scan(db, sample, hasLong), counted, (scan, column, at) => column.askSample(scan, `c${at}`))
    runStep(new Scan(db, from, hasLong), counted, (scan, column) => column.askLikelyForm(scan))
    onPass(5 / PASSES)
    runStep(new Scan(db, from, hasLong), counted, (scan, column) => column.askOtherForms(scan))
  }
  return {
    table: table.name,
    rows,
    rowids,
    columns: columns.map(
      (column) =>
        byPages?.columns.get(column.column.name) ??
        (stored.includes(column) ? column.result() : column.rowidResult(rowids)),
    ),
  }
}

function runStep(
  scan: Scan,
  columns: readonly ColumnCount[],
  ask: (scan: Scan, column: ColumnCount, at: number) => void,
): void {
  for (const [at, column] of columns.entries()) ask(scan, column, at)
  scan.run()
}
