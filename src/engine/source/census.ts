/**
 * Counts what values a snapshot's tables really hold: by one pass over a table's pages where that is possible, else by SQLite's own
 * code in a few passes, with the same answers. Invariant: every number is of
 * all rows, never of a sample; samples only choose what is asked first.
 */
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import type { Census, ColumnCensus, TableCensus } from '../model/census.ts'
import { ColumnCount } from './census-column.ts'
import { Scan } from './census-scan.ts'
import { countByPages } from './page-census.ts'
import { textEncodingOf } from './raw-cells.ts'
import { unreadable } from './row-size.ts'
import { quoteSqlite, type SqliteDatabase } from './sqlite.ts'
import { formCondition } from './text-forms.ts'

export type CensusOptions = {
  /** Looked at between passes; aborting throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Called after each table. */
  readonly onTable?: ((table: TableCensus) => void) | undefined
  /** The snapshot's file, immutable and checkpointed, where tables may be counted by their pages. */
  readonly pages?: string | undefined
}

/**
 * The census of all tables; shadow tables, and virtual tables whose module doesn't answer, are left out.
 * Throws MigrateError `source`, code `table-unreadable`, for a table that cannot be read to its end.
 */
export function takeCensus(db: SqliteDatabase, catalog: Catalog, options: CensusOptions = {}): Census {
  const tables: TableCensus[] = []
  for (const table of catalog.tables) {
    if (table.kind === 'shadow') continue
    options.signal?.throwIfAborted()
    try {
      const pages = catalog.encoding === 'UTF-8' ? (options.pages ?? null) : null
      const census = tableCensus(db, table, pages, options.signal)
      tables.push(census)
      options.onTable?.(census)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (table.kind === 'virtual') continue
      throw unreadable({ database: catalog.database, table: table.name }, error)
    }
  }
  return { database: catalog.database, tables }
}

/** Rows whose texts suggest what form a column has. */
const SAMPLE_ROWS = 100

function tableCensus(
  db: SqliteDatabase,
  table: CatalogTable,
  pages: string | null,
  signal: AbortSignal | undefined,
): TableCensus {
  const name = `main.${quoteSqlite(table.name)}`
  // A count must not come from an index, which may be damaged.
  const from = table.kind === 'table' ? `${name} not indexed` : name
  const rowids = rowidRange(db, table, name)
  const utf8 = textEncodingOf(db) === 'utf8'
  const columns = table.columns.map((column) => new ColumnCount(column, utf8))
  const stored = columns.filter(
    ({ column }) => table.key.kind !== 'rowid' || table.key.column !== column.name,
  )
  const byPages =
    pages === null
      ? new Map<string, ColumnCensus>()
      : pageColumns(
          db,
          table,
          pages,
          from,
          stored.map(({ column }) => column.name),
          signal,
        )
  const counted = stored.filter(({ column }) => !byPages.has(column.name))

  const classes = new Scan(db, from)
  const count = classes.number('count(*)')
  for (const column of counted) column.askClasses(classes)
  classes.run(signal)
  const rows = count()
  for (const column of columns) column.rows = rows
  if (rows > 0) {
    const steps = [
      (scan: Scan, column: ColumnCount) => column.askSizes(scan),
      (scan: Scan, column: ColumnCount) => column.askDetails(scan),
    ]
    for (const ask of steps) runStep(db, from, counted, ask, signal)
    for (const column of counted) {
      signal?.throwIfAborted()
      column.measureNulTexts(db, from)
      column.findValues(db, from)
    }
    const sample = `(select * from ${name} limit ${SAMPLE_ROWS})`
    runStep(db, sample, counted, (scan, column) => column.askSample(scan), signal)
    runStep(db, from, counted, (scan, column) => column.askLikelyForm(scan), signal)
    runStep(db, from, counted, (scan, column) => column.askOtherForms(scan), signal)
  }
  return {
    table: table.name,
    rows,
    rowids,
    columns: columns.map(
      (column) =>
        byPages.get(column.column.name) ??
        (stored.includes(column) ? column.result() : column.rowidResult(rowids)),
    ),
  }
}

/** The columns that their pages tell everything of; none when SQLite counts other rows than the pages have. */
function pageColumns(
  db: SqliteDatabase,
  table: CatalogTable,
  pages: string,
  from: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): ReadonlyMap<string, ColumnCensus> {
  const found = countByPages(pages, table, names, signal)
  const scan = new Scan(db, from)
  const rows = scan.number('count(*)')
  const json = new Map(
    Array.from(found?.maybeJson ?? [], (name) => {
      const text = `case typeof(${quoteSqlite(name)}) when 'text' then ${quoteSqlite(name)} end`
      return [name, scan.count(formCondition('json', text, (of) => `length(${of})`))] as const
    }),
  )
  scan.run(signal)
  if (found === null || found.rows !== rows()) return new Map()
  return new Map(
    found.columns.map((column) => {
      const texts = json.get(column.name)?.() ?? 0
      return [column.name, { ...column, textForms: { ...column.textForms, json: texts } }]
    }),
  )
}

function runStep(
  db: SqliteDatabase,
  from: string,
  columns: readonly ColumnCount[],
  ask: (scan: Scan, column: ColumnCount) => void,
  signal: AbortSignal | undefined,
): void {
  const scan = new Scan(db, from)
  for (const column of columns) ask(scan, column)
  scan.run(signal)
}

function rowidRange(db: SqliteDatabase, table: CatalogTable, name: string): TableCensus['rowids'] {
  if (table.key.kind !== 'rowid') return null
  const rowid = quoteSqlite(table.key.name)
  // Apart, each is one step down the b-tree.
  const edge = (aggregate: string) =>
    db.prepare(`select ${aggregate}(${rowid}) from ${name}`).pluck().safeIntegers().get() as bigint | null
  const [min, max] = [edge('min'), edge('max')]
  return min === null || max === null ? null : { min: String(min), max: String(max) }
}
