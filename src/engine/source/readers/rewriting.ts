/**
 * A small database of our own with a snapshot attached; SQLite copies rows of the snapshot into it, and they are read from its pages.
 * Invariant: the file is as large as the largest batch, and is removed with the connection.
 */
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { canOpenUris, openWritable, type SqliteDatabase } from '../base/sqlite.ts'

export class Rewriting {
  /** A connection whose `main` is the small database and whose `snapshot` is the snapshot. */
  readonly db: SqliteDatabase
  readonly #folder: string
  readonly #descriptor: number
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 18)

  private constructor(db: SqliteDatabase, folder: string, descriptor: number) {
    this.db = db
    this.#folder = folder
    this.#descriptor = descriptor
  }

  /**
   * Makes the small database in the snapshot's folder. Returns null when that is not possible, or when the snapshot's text is not UTF-8,
   * since all databases of a connection must have the same encoding (https://www.sqlite.org/lang_attach.html); the snapshot is then read
   * directly.
   */
  static open(snapshot: string): Rewriting | null {
    if (!canOpenUris()) return null
    let folder: string | null = null
    let db: SqliteDatabase | null = null
    try {
      folder = makeTemporaryFolder(dirname(snapshot))
      const file = join(folder, 'batch.db')
      db = openWritable(file)
      // The data is expendable: no journal, no flushing, no other readers.
      for (const setting of ['journal_mode = off', 'synchronous = off', 'locking_mode = exclusive'])
        db.pragma(setting)
      db.exec('create table batch (none)')
      db.prepare('attach ? as snapshot').run(`${pathToFileURL(snapshot).href}?mode=ro&immutable=1`)
      return new Rewriting(db, folder, openSync(file, 'r'))
    } catch {
      db?.close()
      if (folder !== null) rmSync(folder, { recursive: true, force: true })
      return null
    }
  }

  /** All pages of the small database, valid until the next call. */
  pages(): Buffer {
    const { size } = fstatSync(this.#descriptor)
    if (size > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(size * 2)
    let done = 0
    while (done < size) {
      const read = readSync(this.#descriptor, this.#bytes, done, size - done, done)
      if (read === 0) break
      done += read
    }
    return this.#bytes.subarray(0, done)
  }

  close(): void {
    this.db.close()
    closeSync(this.#descriptor)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
