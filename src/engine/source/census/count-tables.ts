/**
 * The values of all tables of a snapshot that can be counted by their pages, large ones in several ranges at once.
 * Invariant: what it answers is of all rows, and SQLite finds as many of them; other columns are left to SQLite, and so is it to decide
 * of a table that cannot be read.
 */
import type { KeyRange } from '../../model/block.ts'
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { ColumnCensus } from '../../model/census.ts'
import { rowidRange } from '../base/rowid-range.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { unlessUnreadable } from '../base/sqlite-errors.ts'
import { joinParts } from './column-count.ts'
import type { InspectionTask } from './inspection-task.ts'
import type { Inspector } from './inspector.ts'
import { isCountedByPages } from './page-census.ts'

/** What is known from a table's pages: all of its rows, as many as SQLite finds, and its stored columns. */
export type CountedTable = { readonly rows: number; readonly columns: ReadonlyMap<string, ColumnCensus> }

/** By table. */
export type CountedTables = ReadonlyMap<string, CountedTable>

/** Distance of rowids from which a table is worth cutting, and ranges for each pair of hands: they may hold unequal rows. */
const WIDE_ROWIDS = 100_000n
const RANGES_A_HAND = 4

export async function countTables(
  inspector: Inspector,
  file: string,
  db: SqliteDatabase,
  catalog: Catalog,
): Promise<CountedTables> {
  const tables = catalog.encoding === 'UTF-8' ? catalog.tables.filter(isCountedByPages) : []
  const tasks: Extract<InspectionTask, { kind: 'count' }>[] = tables.flatMap((table) => {
    const columns = storedColumns(table)
    const ranges = unlessUnreadable(() => rangesOf(db, table, inspector.hands)) ?? []
    return ranges.map((range) => ({
      kind: 'count',
      file,
      table,
      columns,
      range,
    }))
  })
  const results = await inspector.perform(tasks)
  const counts = results.map((result) => (result.kind === 'count' ? result.found : null))
  const counted = new Map<string, CountedTable>()
  for (const [table, own] of Map.groupBy(tasks.keys(), (index) => tasks[index]!.table)) {
    const found = own.map((index) => counts[index]!).filter((count) => count !== null)
    if (found.length < own.length) continue
    const columns = joinParts(found.map(({ parts }) => parts))
    const rows = found.reduce((sum, count) => sum + count.rows, 0)
    counted.set(table.name, { rows, columns: new Map(columns.map((column) => [column.name, column])) })
  }
  return counted
}

/** The INTEGER PRIMARY KEY is the rowid, and needs no counting; what is virtual is not stored. */
function storedColumns({ columns, key }: CatalogTable): readonly string[] {
  return columns
    .filter(({ name, generated }) => generated !== 'virtual' && (key.kind !== 'rowid' || key.column !== name))
    .map(({ name }) => name)
}

/** Equal shares of the rowids. */
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
