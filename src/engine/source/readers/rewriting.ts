/**
 * A small database of our own with a snapshot attached; SQLite copies rows of the snapshot into it, and they are read from its pages.
 * Invariant: the file is as large as the largest batch, and is removed with the connection.
 */
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { encodingNames, type TextEncoding } from '../base/file-header.ts'
import { canOpenUris, openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { PageFile } from '../pages/page-file.ts'

export class Rewriting {
  /** A connection whose `main` is the small database and whose `snapshot` is the snapshot. */
  readonly db: SqliteDatabase
  /** The path of the small database. */
  readonly file: string
  readonly #folder: string
  readonly #descriptor: number
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 18)

  private constructor(db: SqliteDatabase, file: string, folder: string, descriptor: number) {
    this.db = db
    this.file = file
    this.#folder = folder
    this.#descriptor = descriptor
  }

  /**
   * Makes the small database in the snapshot's folder. Returns null when that is not possible; the snapshot is then read directly.
   */
  static open(snapshot: string): Rewriting | null {
    if (!canOpenUris()) return null
    let folder: string | null = null
    let db: SqliteDatabase | null = null
    try {
      const encoding = encodingOf(snapshot)
      folder = makeTemporaryFolder(dirname(snapshot))
      const file = join(folder, 'batch.db')
      db = openWritable(file)
      for (const setting of settings) db.pragma(setting)
      // All databases of a connection must have the same (https://www.sqlite.org/lang_attach.html).
      db.pragma(`encoding = '${encodingNames[encoding]}'`)
      db.exec('create table batch (none)')
      db.prepare('attach ? as snapshot').run(`${pathToFileURL(snapshot).href}?mode=ro&immutable=1`)
      db.pragma(`snapshot.cache_size = -${CACHE_KILOBYTES}`)
      return new Rewriting(db, file, folder, openSync(file, 'r'))
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

/** Throws PageError for an unusual header. */
function encodingOf(snapshot: string): TextEncoding {
  const pages = new PageFile(snapshot)
  pages.close()
  return pages.encoding
}

/** Each row is written and read once. */
const CACHE_KILOBYTES = 1000

const settings = [
  // Nearly every row lies in one page, and what is allocated for a page is small.
  'page_size = 16384',
  // The data is expendable: no journal, no flushing, no other readers.
  'journal_mode = off',
  'synchronous = off',
  'locking_mode = exclusive',
  `cache_size = -${CACHE_KILOBYTES}`,
]
