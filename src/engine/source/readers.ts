/** Which reader reads a table, and opening it. Invariant: what the page reader copies, SQLite's own code verifies. */
import type { CopyPlan, TablePlan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { openPageReader, pageReaderRefusal } from './page-reader/page-reader.ts'
import type { TableReader } from './reader.ts'
import { openReadOnly } from './sqlite.ts'
import { openSqliteReader } from './sqlite-reader.ts'
import { openStaging } from './staging.ts'

export type ReaderName = TableReader['name']
export type ReadingPurpose = 'copy' | 'verify'

/** The reader for a purpose: pages for the copy where the table allows it, SQLite for everything else. */
export function readerFor(copy: CopyPlan, purpose: ReadingPurpose): ReaderName {
  return purpose === 'copy' && pageReaderRefusal(copy, { encoding: 'UTF-8' }) === null ? 'pages' : 'sqlite'
}

const CACHE_KILOBYTES = 4000

/** Opens a reader with handles of its own on the table's snapshot. */
export function openReader(
  name: ReaderName,
  table: TablePlan,
  copy: CopyPlan,
  snapshots: readonly Snapshot[],
  staging: string | null,
  largestRow?: number,
): TableReader {
  const { file } = snapshots.find((snapshot) => snapshot.database === table.database)!
  if (name === 'pages') return openPageReader(file, copy)
  const db = openReadOnly(file, { immutable: true })
  try {
    // Rows are read once and in order: the driver's own 16 MB of cached pages would be a waste for each worker.
    db.pragma(`cache_size = -${CACHE_KILOBYTES}`)
    const reader = openSqliteReader(db, table, staging === null ? null : openStaging(staging), largestRow)
    return {
      name: reader.name,
      open: (block) => reader.open(block),
      close() {
        reader.close()
        db.close()
      },
    }
  } catch (error) {
    db.close()
    throw error
  }
}
