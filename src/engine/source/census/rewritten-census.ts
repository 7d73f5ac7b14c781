/**
 * Counts the values of a table whose rows SQLite writes anew, batch by batch, in the code that counts pages. Invariant: every row of the
 * table is counted once.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { largestRowOf } from '../base/row-size.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { Rewriting } from '../readers/rewriting.ts'
import { isRewritable, MANY_ROWS, RewrittenRows } from '../readers/rewritten-rows.ts'
import { ColumnCount } from './column-count.ts'
import { countByPages, type RangeCount } from './page-census.ts'
import { readingOf, WHOLE_TABLE } from './see-rows.ts'

/**
 * `db`: the snapshot `file`. Returns null for a table that is to be read row by row. `onRead` receives the bytes since its last call.
 * Throws SQLite's errors.
 */
export function countRewritten(
  db: SqliteDatabase,
  file: string,
  table: CatalogTable,
  columns: readonly string[],
  onRead: (bytes: number) => void,
): RangeCount | null {
  if (!hasManyRows(db, table.name)) return null
  const largestRow = largestRowOf(db, table.name, table.rootPage)
  const copy = readingOf(table, columns)
  if (!isRewritable(copy, largestRow)) return null
  const rewriting = Rewriting.open(file)
  if (rewriting === null) return null
  try {
    const rewritten = new RewrittenRows(rewriting, table.name, copy, largestRow)
    const { key, table: stored } = rewritten.stored
    const batchTable: CatalogTable = { ...table, ...stored, key }
    const counts = columns.map((name) => new ColumnCount(name))
    let rows = 0
    const batches = rewritten.open({ range: WHOLE_TABLE, rowsBefore: 0 })
    for (let batch = batches.next(); batch !== null; batch = batches.next()) {
      const found = countByPages(rewriting.file, batchTable, columns, batch.range, () => {})
      if (found === null) return null
      rows += found.rows
      onRead(found.parts.reduce((sum, { bytes }) => sum + bytes, 0))
      found.parts.forEach((part, index) => {
        counts[index]!.add(part)
      })
    }
    return { rows, parts: counts.map((count) => count.part()) }
  } finally {
    rewriting.close()
  }
}

function hasManyRows(db: SqliteDatabase, table: string): boolean {
  const some = `(select 1 from main.${quoteSqlite(table)} not indexed limit ${MANY_ROWS})`
  return db.prepare(`select count(*) from ${some}`).pluck().get() === MANY_ROWS
}
