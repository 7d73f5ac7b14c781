/**
 * The snapshot that is being read, open from one table to the next: SQLite reads the whole schema of every connection anew. Invariant:
 * one at a time, since each has a file and a cache.
 */
import { openReadOnly, type SqliteDatabase } from './sqlite.ts'

const CACHE_KILOBYTES = 4000

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
