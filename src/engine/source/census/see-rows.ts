/** Passes a table's rows from any reader to the counts of its columns, cell by cell. Invariant: every row of the ranges is counted once. */
import type { KeyRange } from '../../model/block.ts'
import type { CatalogTable } from '../../model/catalog.ts'
import type { TableReader } from '../base/reader.ts'
import type { ReadPlan } from '../pages/page-reader.ts'
import type { ColumnCount } from './column-count.ts'

export const WHOLE_TABLE: KeyRange = { after: null, through: null }

const ROWS_AT_ONCE = 10_000

export function readingOf(table: CatalogTable, columns: readonly string[]): ReadPlan {
  return {
    read: { table, columns, expressions: [], filter: null },
    key: table.key,
    pivot: null,
    folds: [],
  }
}

/** Returns the number of rows; closes the reader. `counts`: for the reader's columns, in order. `onRead` receives the rows so far. */
export function seeRows(
  reader: TableReader,
  counts: readonly ColumnCount[],
  ranges: readonly KeyRange[],
  onRead: (rows: number) => void,
): number {
  let rows = 0
  try {
    for (const range of ranges) {
      const reading = reader.open({ range, rowsBefore: 0 })
      for (let more = true; more; onRead(rows)) {
        more = reading.advance(ROWS_AT_ONCE, (row) => {
          rows++
          for (let index = 0; index < counts.length; index++) counts[index]!.see(row.cells[index]!)
          row.forget()
        })
      }
    }
  } finally {
    reader.close()
  }
  return rows
}
