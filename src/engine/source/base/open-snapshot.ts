/**
 * Keeps the current snapshot open from one table to the next, because SQLite reads the whole schema again for every connection. Invariant:
 * one is open at a time, since each has a file and a cache.
 */
import { openReadOnly, type SqliteDatabase } from './sqlite.ts'

const CACHE_KILOBYTES = 4000

export class OpenSnapshot<Opened extends { close(): unknown } | null = SqliteDatabase> {
  readonly #openFile: (file: string) => Opened
  #open: { readonly file: string; readonly opened: Opened } | null = null

  /** `openFile` opens a snapshot, such as `openForRows` when its rows are read once and in order. */
  constructor(openFile: (file: string) => Opened) {
    this.#openFile = openFile
  }

  /** Returns the open snapshot, valid until the next call or `close`. */
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

/** Uses a small cache: the driver's default of 16 MB would be wasted in each worker. */
export function openForRows(file: string): SqliteDatabase {
  const db = openReadOnly(file, { immutable: true })
  db.pragma(`cache_size = -${CACHE_KILOBYTES}`)
  return db
}
