/**
 * The snapshot that is being read, open from one table to the next: SQLite reads the whole schema of every connection anew. Invariant:
 * one at a time, since each has a file and a cache.
 */
import { openReadOnly, type SqliteDatabase } from './sqlite.ts'

const CACHE_KILOBYTES = 4000

export class OpenSnapshot {
  readonly #openFile: (file: string) => SqliteDatabase
  #open: { readonly file: string; readonly db: SqliteDatabase } | null = null

  /** `openFile`: how a snapshot is opened; without it, for its rows to be read once and in order. */
  constructor(openFile: (file: string) => SqliteDatabase = openForRows) {
    this.#openFile = openFile
  }

  /** Valid until the next call, or `close`. */
  at(file: string): SqliteDatabase {
    if (this.#open?.file === file) return this.#open.db
    this.close()
    const db = this.#openFile(file)
    this.#open = { file, db }
    return db
  }

  close(): void {
    this.#open?.db.close()
    this.#open = null
  }
}

/** The driver's own 16 MB of cached pages would be a waste for each worker. */
function openForRows(file: string): SqliteDatabase {
  const db = openReadOnly(file, { immutable: true })
  db.pragma(`cache_size = -${CACHE_KILOBYTES}`)
  return db
}
