/**
 * The snapshot that is being read, open from one table to the next: SQLite reads the whole schema again for every connection. Invariant:
 * one at a time, since each has a file and a cache.
 */
import { openReadOnly, type SqliteDatabase } from './sqlite.ts'

const CACHE_KILOBYTES = 4000

export class OpenSnapshot<Opened extends { close(): unknown } | null = SqliteDatabase> {
  readonly #openFile: (file: string) => Opened
  #open: { readonly file: string; readonly opened: Opened } | null = null

  /** `openFile`: how a snapshot is opened; `openForRows` for its rows to be read once and in order. */
  constructor(openFile: (file: string) => Opened) {
    this.#openFile = openFile
  }

  /** Valid until the next call, or `close`. */
  at(file: string): Opened {
    if (this.#open?.file === file) return this.#open.opened
    this.close()
    const opened = this.#openFile(file)
    this.#open = { file, opened }
    return opened
  }

  close(): void {
    this.#open?.opened?.close()
    this.#open = null
  }
}

/** The driver's own 16 MB of cached pages would be a waste for each worker. */
export function openForRows(file: string): SqliteDatabase {
  const db = openReadOnly(file, { immutable: true })
  db.pragma(`cache_size = -${CACHE_KILOBYTES}`)
  return db
}
