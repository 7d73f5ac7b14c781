/** Which reader reads a table, and opening it. Invariant: what the page reader copies, SQLite's own code verifies. */
import type { CopyPlan, TablePlan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { openPageReader, pageReaderRefusal } from './page-reader/page-reader.ts'
import type { TableReader } from './reader.ts'
import { openReadOnly, type SqliteDatabase } from './sqlite.ts'
import { openSqliteReader } from './sqlite-reader.ts'
import { openStaging } from './staging.ts'

export type ReaderName = TableReader['name']
export type ReadingPurpose = 'copy' | 'verify'

/** The reader for a purpose: pages for the copy where the table allows it, SQLite for everything else. */
export function readerFor(copy: CopyPlan, purpose: ReadingPurpose): ReaderName {
  return purpose === 'copy' && pageReaderRefusal(copy, { encoding: 'UTF-8' }) === null ? 'pages' : 'sqlite'
}

const CACHE_KILOBYTES = 4000

/**
 * The snapshot that a worker reads, open from one table to the next: SQLite reads the schema of every connection anew, which takes
 * as long as there are tables. One at a time: each has a file and a cache.
 */
export class OpenSnapshot {
  #open: { readonly file: string; readonly db: SqliteDatabase } | null = null

  /** Valid until the next call, or `close`. */
  at(file: string): SqliteDatabase {
    if (this.#open?.file === file) return this.#open.db
    this.close()
    const db = openReadOnly(file, { immutable: true })
    this.#open = { file, db }
    // Rows are read once and in order: the driver's own 16 MB of cached pages would be a waste for each worker.
    db.pragma(`cache_size = -${CACHE_KILOBYTES}`)
    return db
  }

  close(): void {
    this.#open?.db.close()
    this.#open = null
  }
}

/** Opens a reader on the table's snapshot: with handles of its own, or through `shared`, which stays the caller's. */
export function openReader(
  name: ReaderName,
  table: TablePlan,
  copy: CopyPlan,
  snapshots: readonly Snapshot[],
  staging: string | null,
  { largestRow, shared }: { readonly largestRow?: number | undefined; readonly shared?: OpenSnapshot } = {},
): TableReader {
  const { file } = snapshots.find((snapshot) => snapshot.database === table.database)!
  if (name === 'pages') return openPageReader(file, copy)
  const snapshot = shared ?? new OpenSnapshot()
  const close = (): void => {
    if (shared === undefined) snapshot.close()
  }
  try {
    const staged = staging === null ? null : openStaging(staging)
    const reader = openSqliteReader(snapshot.at(file), table, staged, largestRow)
    return {
      name: reader.name,
      open: (block) => reader.open(block),
      close() {
        reader.close()
        close()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}
