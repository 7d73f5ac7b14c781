import { expect } from 'vitest'
import type { CatalogTable } from '../../../../src/engine/model/catalog.ts'
import { NO_LONG_VALUES } from '../../../../src/engine/source/base/long-values.ts'
import type { SqliteDatabase } from '../../../../src/engine/source/base/sqlite.ts'
import { cutBlocks } from '../../../../src/engine/source/readers/blocks.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { copyOf, wordsOf } from '../tables.ts'

/** Reads block by block, in batches of an odd size, and checks what every row says of itself. */
export function readAll(
  db: SqliteDatabase,
  table: CatalogTable,
  rowsPerBlock: number,
  parts = {},
  long = NO_LONG_VALUES,
) {
  const plan = copyOf(table, parts)
  const blocks = cutBlocks(db, plan, { rowsPerBlock, staging: null })
  if (blocks.length > 0) {
    const counted = blocks.reduce((sum, block) => sum + block.rows, 0)
    expect(cutBlocks(db, plan, { rowsPerBlock, counted, staging: null })).toEqual(blocks)
  }
  const reader = openSqliteReader(db, plan, null, { long, largestRow: 32_000 })
  const rows: string[][] = []
  const rowids: string[] = []
  const wanted: boolean[] = []
  for (const block of blocks) {
    expect(block.rowsBefore).toBe(rows.length)
    const reading = reader.open(block)
    let seen = 0
    while (
      reading.advance(7, (row) => {
        rows.push(row.cells.map(wordsOf))
        rowids.push(wordsOf(row.rowid))
        wanted.push(row.wanted)
        expect(row.ordinal).toBe(rows.length)
        expect([...row.members()]).toEqual([])
        seen++
      })
    );
    expect(seen).toBe(block.rows)
  }
  reader.close()
  return { rows, rowids, wanted, blocks }
}
