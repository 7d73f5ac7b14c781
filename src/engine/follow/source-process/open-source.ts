/**
 * The handles on one source file: SQLite's, and plain descriptors for its pages. Closing any descriptor of a file drops all locks of the
 * process on it (https://www.sqlite.org/howtocorrupt.html, section 2.2). Invariant: plain descriptors are closed only after SQLite's handle,
 * and never while a fence is held.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { FileState, Mark } from '../../model/follow.ts'
import { isBusy } from '../../source/base/error-code.ts'
import { openForMoments, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { readWalIndexHeader, WAL_INDEX_HEADER_BYTES, type WalIndexHeader } from '../pages/wal.ts'

/** How often the log's end may move while a read transaction begins before the attempt is given up. */
const MOST_TRIES = 50

const BUSY_MS = 2_000
const BETWEEN_TRIES_MS = 1
const sleeper = new Int32Array(new SharedArrayBuffer(4))

export type SourceView =
  /** `end`: where the log ends in this view; null when there is no log. */
  { readonly mode: 'wal'; readonly end: WalIndexHeader | null } | { readonly mode: 'rollback' }

export class OpenSource {
  readonly path: string
  #db: SqliteDatabase | null = null
  readonly #descriptors = new Map<string, number>()
  #isReading = false
  /** A statement that makes SQLite take its lock. */
  #touch: { get(): unknown } | null = null

  constructor(path: string) {
    this.path = path
  }

  /** Begins a read transaction: everything read until `endReading` is of one state. Throws SQLite's own errors and StillMoving. */
  beginReading(): SourceView {
    this.#db ??= openForMoments(this.path)
    const db = this.#db
    for (let attempt = 1; ; attempt++) {
      const before = this.#walIndex()
      db.exec('begin')
      this.#isReading = true
      this.#touch ??= db.prepare('select count(*) from sqlite_schema')
      this.#touch.get()
      if (db.pragma('journal_mode', { simple: true }) !== 'wal') return { mode: 'rollback' }
      // The log's end read after the transaction began may be newer than the transaction, unless it was the same before.
      const after = this.#walIndex()
      if (isSameEnd(before, after)) return { mode: 'wal', end: after }
      this.endReading()
      if (attempt === MOST_TRIES) throw new StillMoving(this.path)
    }
  }

  /** Like `beginReading`, but waits for a writer in rollback mode, which locks readers out while it commits. */
  beginReadingSoon(): SourceView {
    const deadline = performance.now() + BUSY_MS
    for (;;) {
      try {
        return this.beginReading()
      } catch (error) {
        this.endReading()
        if (!isBusy(error) || performance.now() > deadline) throw error
        // SQLite's own busy handler waits ever longer, and misses the gaps of a busy writer.
        Atomics.wait(sleeper, 0, 0, BETWEEN_TRIES_MS)
      }
    }
  }

  endReading(): void {
    if (!this.#isReading) return
    this.#isReading = false
    this.#db?.exec('commit')
  }

  /** Returns the wal-index header; null when there is none. */
  #walIndex(): WalIndexHeader | null {
    const bytes = Buffer.alloc(WAL_INDEX_HEADER_BYTES)
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      if (this.read('-shm', bytes, 0) < bytes.length) return null
      const header = readWalIndexHeader(bytes)
      if (header !== null) return header
    }
    return null
  }

  /** Reads from the file, or from the one with the suffix. Returns the number of bytes read, which is smaller at the end of the file. */
  read(suffix: '' | '-wal' | '-shm', bytes: Uint8Array, position: number, length = bytes.length): number {
    const descriptor = this.#descriptor(suffix)
    if (descriptor === null) return 0
    let done = 0
    while (done < length) {
      const got = readSync(descriptor, bytes, done, length - done, position + done)
      if (got === 0) break
      done += got
    }
    return done
  }

  size(suffix: '' | '-wal'): number {
    const descriptor = this.#descriptor(suffix)
    return descriptor === null ? 0 : fstatSync(descriptor).size
  }

  /** Identifies the file at the path: it differs when another file was put in its place. */
  identity(): Omit<Mark, 'at'> {
    const { dev, ino, birthtimeNs } = statSync(this.path, { bigint: true })
    return { device: String(dev), inode: String(ino), bornNs: String(birthtimeNs) }
  }

  /** Returns values that change with every write to the file itself. */
  fileState(): FileState {
    const { size, mtimeNs, ctimeNs } = statSync(this.path, { bigint: true })
    return { size: String(size), mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs) }
  }

  /** Closes SQLite's handle first. */
  close(): void {
    this.endReading()
    this.#touch = null
    this.#db?.close()
    this.#db = null
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor)
    this.#descriptors.clear()
  }

  #descriptor(suffix: string): number | null {
    const known = this.#descriptors.get(suffix)
    if (known !== undefined) return known
    try {
      // Opening a pipe in the file's place would block forever. The path itself is already resolved.
      const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants
      const descriptor = openSync(this.path + suffix, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
      this.#descriptors.set(suffix, descriptor)
      return descriptor
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }
}

export function isSameFile(one: Omit<Mark, 'at'>, other: Omit<Mark, 'at'>): boolean {
  return one.device === other.device && one.inode === other.inode && one.bornNs === other.bornNs
}

export function isSameState(one: FileState, other: FileState): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs
}

/** Writers commit faster than the log's end can be read; a retry may succeed. */
export class StillMoving extends Error {
  constructor(path: string) {
    super(`${path} is written to faster than it can be read`)
  }
}

/** The file is shorter than its header says: another program is copying over it, or it is damaged. */
export class CutOff extends Error {
  constructor(path: string) {
    super(`${path} ends before its last page`)
  }
}

function isSameEnd(one: WalIndexHeader | null, other: WalIndexHeader | null): boolean {
  if (one === null || other === null) return one === other
  return (
    one.lastFrame === other.lastFrame &&
    one.salt1 === other.salt1 &&
    one.salt2 === other.salt2 &&
    one.checksum[0] === other.checksum[0] &&
    one.checksum[1] === other.checksum[1]
  )
}
