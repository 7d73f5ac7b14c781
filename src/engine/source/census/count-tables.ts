/**
 * Counts the values of all tables of a snapshot that can be counted by their pages, large tables in several ranges at once.
 * Invariant: the counts are of all rows, and SQLite, or the check of the b-trees, finds the same number; other columns, and tables that
 * cannot be read, are left to SQLite.
 */
import type { KeyRange } from '../../model/block.ts'
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { ColumnCensus } from '../../model/census.ts'
import { rowidRange } from '../base/rowid-range.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { unlessUnreadable } from '../base/sqlite-errors.ts'
import type { RowsOfTables } from '../tree-check/tree-check.ts'
import { joinParts } from './column-count.ts'
import type { Inspector } from './inspector.ts'

/** The counts taken from a table's pages: the number of rows, which SQLite confirms, and the census of stored columns. */
export type CountedTable = { readonly rows: number; readonly columns: ReadonlyMap<string, ColumnCensus> }

/** By table. */
export type CountedTables = ReadonlyMap<string, CountedTable>

/**
 * Span of rowids from which dividing a table pays, and the ranges per task at once: several, since ranges may hold unequal numbers of rows.
 */
const WIDE_ROWIDS = 100_000n
const RANGES_A_HAND = 4

/** `knownRows` returns the rows that the check of the b-trees has counted, or null. */
export async function countTables(
  inspector: Inspector,
  file: string,
  db: SqliteDatabase,
  catalog: Catalog,
  knownRows: () => Promise<RowsOfTables | null>,
): Promise<CountedTables> {
  const tables = catalog.tables.filter(isStored)
  const cut = tables.map((table) => ({
    table,
    ranges: unlessUnreadable(() => rangesOf(db, table, inspector.hands)) ?? [],
  }))
  const tasks = cut.flatMap(({ table, ranges }) => {
    const columns = storedColumns(table)
    return ranges.map((range) => ({ kind: 'count', file, table, columns, range }) as const)
  })
  const askSqlite = async (): Promise<ReadonlyMap<string, number | null>> => {
    const results = await inspector.perform(tables.map(({ name }) => ({ kind: 'rows', file, table: name })))
    return new Map(
      results.map((result, index) => [tables[index]!.name, result.kind === 'rows' ? result.rows : null]),
    )
  }
  const [results, rowsOf] = await Promise.all([
    inspector.perform(tasks),
    knownRows().then((known) => known ?? askSqlite()),
  ])
  const counted = new Map<string, CountedTable>()
  let at = 0
  for (const { table, ranges } of cut) {
    const found = results.slice(at, at + ranges.length)
    at += ranges.length
    const whole = found.flatMap((result) =>
      result.kind === 'count' && result.found !== null ? [result.found] : [],
    )
    const rows = whole.reduce((sum, count) => sum + count.rows, 0)
    if (found.length === 0 || whole.length < found.length || rowsOf.get(table.name) !== rows) continue
    const columns = joinParts(whole.map(({ parts }) => parts))
    counted.set(table.name, { rows, columns: new Map(columns.map((column) => [column.name, column])) })
  }
  return counted
}

/** Whether a table's rows are in a b-tree of the database. */
function isStored({ kind, rootPage }: CatalogTable): boolean {
  return kind === 'table' && rootPage >= 1
}

/** Excludes virtual columns, which are not stored, and the INTEGER PRIMARY KEY, which is the rowid and needs no counting. */
function storedColumns({ columns, key }: CatalogTable): readonly string[] {
  return columns
    .filter(({ name, generated }) => generated !== 'virtual' && (key.kind !== 'rowid' || key.column !== name))
    .map(({ name }) => name)
}

/** Divides the table's rowids into equal ranges. */
function rangesOf(db: SqliteDatabase, table: CatalogTable, hands: number): readonly KeyRange[] {
  const whole = [{ after: null, through: null }]
  const rowids = hands === 1 ? null : rowidRange(db, table)
  if (rowids === null) return whole
  const least = BigInt(rowids.min)
  const width = BigInt(rowids.max) - least
  if (width < WIDE_ROWIDS) return whole
  const count = BigInt(hands * RANGES_A_HAND)
  const cuts = Array.from({ length: Number(count) - 1 }, (_, index) => [
    { integer: String(least + (width * BigInt(index + 1)) / count) },
  ])
  return [null, ...cuts].map((after, index) => ({ after, through: cuts[index] ?? null }))
}
