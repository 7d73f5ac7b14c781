/**
 * Opens a source database for reading without a trace: nothing in its folder is created, changed or removed.
 * Invariant: what is read is the last committed state, `-wal` contents included, whichever way the file is opened.
 *
 * - `in-place`: a read-only connection with SQLite's own locks. For rollback mode, and for WAL when the `-shm` is there.
 * - `immutable`: WAL mode with nothing in a `-wal` and no `-shm`. Opening it plainly would create both. No locks, so the
 *   reader asks `isUnchanged` at the end.
 * - `copied`: a `-wal` without `-shm`, or a journal that has to be rolled back first. The files are copied while they
 *   hold still, and recovered there.
 */

import { constants, copyFileSync, lstatSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { restrict } from '../../own-files/permissions.ts'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { errorCode } from '../base/error-code.ts'
import { readHeader } from '../base/file-header.ts'
import { canOpenUris, openReadOnly, openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { databaseLocked, translateSqliteError } from '../base/sqlite-errors.ts'
import { refuseMissingPages } from './whole-pages.ts'

export type SourceReading = {
  readonly db: SqliteDatabase
  readonly way: 'in-place' | 'immutable' | 'copied'
  /**
   * Whether exactly the file's own bytes are read: no newer pages are beside it, and a writer either waits or is noticed by `isUnchanged`.
   */
  readonly isPlain: boolean
  /** False when the file was changed in a way that may have affected this reading. */
  isUnchanged(): boolean
  /** Closes the connection and removes the copy, if one was made. */
  close(): void
}

type OpenSourceOptions = {
  /** A folder of our own for a copy. */
  readonly stagingFolder: string
  readonly timeoutMs?: number
}

/** The sizes of a database file and its companions; null for a companion that doesn't exist. */
type SourceSizes = {
  readonly main: number
  readonly wal: number | null
  readonly journal: number | null
  readonly shm: number | null
}

/** Reads the sizes without opening any file. */
export function measureSource(path: string): SourceSizes {
  const { size, uid } = statSync(path)
  return {
    main: size,
    wal: sizeOf(`${path}-wal`, uid),
    journal: sizeOf(`${path}-journal`, uid),
    shm: sizeOf(`${path}-shm`, uid),
  }
}

/**
 * A pipe or device under this name would make SQLite wait or read forever; a link, or a hard link to another owner's file, would make it
 * change that file's owner when root opens it.
 */
function sizeOf(path: string, owner: number): number | null {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return null
  if (stats.isFile() && (stats.nlink === 1 || stats.uid === owner)) return stats.size
  throw new MigrateError(
    'source',
    'not-a-database',
    `${path} is no ordinary file, as SQLite's own would be.`,
    {
      hint: 'Find out what it is, and remove it; SQLite makes a new one when it needs one.',
    },
  )
}

/** `file` is the one that is read: the source itself, or its copy. */
function refuseMissing(db: SqliteDatabase, path: string, file: string): void {
  refuseMissingPages(db, { path, file, ...measureSource(file) })
}

/**
 * Opens the database and a read transaction in it, so that everything read has the state of this moment. `path` is a real path. Throws a
 * MigrateError of kind `source`.
 */
export function openSource(path: string, options: OpenSourceOptions): SourceReading {
  try {
    const sizes = measureSource(path)
    const isWal = (sizes.wal ?? 0) > 0 || readHeader(path).journalMode === 'wal'
    // Beside a rollback-mode file, even an empty -wal without -shm would make SQLite create a -shm.
    if (!isWal && sizes.wal === null) return openInPlace(path, options)
    if (!canOpenUris()) return openCopy(path, options)
    if (sizes.shm !== null && sizes.wal !== null) return openInPlace(path, options)
    if ((sizes.wal ?? 0) > 0) return openCopy(path, options)
    return openImmutable(path)
  } catch (error) {
    throw translateSqliteError(error, path)
  }
}

/** Windows prevents others from reading the bytes on which SQLite's locks lie (https://www.sqlite.org/lockingv3.html#locking). */
const canReadBesideLocks = process.platform !== 'win32'

function openInPlace(path: string, options: OpenSourceOptions, isRepeated = false): SourceReading {
  const before = identityOf(path)
  const db = openReadOnly(path, { timeoutMs: options.timeoutMs ?? 5_000 })
  try {
    beginReading(db)
    refuseMissing(db, path, path)
    const isPlain = db.pragma('journal_mode', { simple: true }) !== 'wal' && canReadBesideLocks
    const locked = stamp([path])
    const isUnchanged = () => !isPlain || (identityOf(path) === before && stamp([path]) === locked)
    return { db, way: 'in-place', isPlain, isUnchanged, close: () => void db.close() }
  } catch (error) {
    db.close()
    // There is a journal to roll back, a -shm that cannot be locked, or a -shm that was removed this instant.
    const code = errorCode(error)
    if (!code.startsWith('SQLITE_READONLY') && code !== 'SQLITE_CANTOPEN') throw error
    try {
      return openCopy(path, options)
    } catch (copyError) {
      // A file that is written to constantly cannot be copied; a -shm that was just being created exists by now.
      if (isRepeated || errorCode(copyError) !== 'database-locked') throw copyError
      return openInPlace(path, options, true)
    }
  }
}

function openImmutable(path: string): SourceReading {
  const before = stamp([path])
  const db = openReadOnly(path, { immutable: true })
  try {
    beginReading(db)
    refuseMissing(db, path, path)
    const isUnchanged = () => stamp([path]) === before
    return { db, way: 'immutable', isPlain: true, isUnchanged, close: () => void db.close() }
  } catch (error) {
    db.close()
    throw error
  }
}

function openCopy(path: string, options: OpenSourceOptions): SourceReading {
  const copy = copyWhileStill(path, options.stagingFolder)
  try {
    const db = openWritable(copy.file)
    try {
      beginReading(db)
      refuseMissing(db, path, copy.file)
    } catch (error) {
      db.close()
      throw error
    }
    return {
      db,
      way: 'copied',
      isPlain: false,
      isUnchanged: copy.isUnchanged,
      close: () => {
        db.close()
        rmSync(copy.folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(copy.folder, { recursive: true, force: true })
    throw error
  }
}

function beginReading(db: SqliteDatabase): void {
  db.exec('begin')
  db.prepare('select count(*) from sqlite_schema').get()
}

/**
 * Copies the file with its `-wal` and `-journal`. If none of them changed meanwhile, the copy is what a power failure at that moment would
 * have left, from which SQLite recovers.
 */
export function copyWhileStill(
  path: string,
  stagingFolder: string,
): { readonly folder: string; readonly file: string; isUnchanged(): boolean } {
  const files = [path, `${path}-wal`, `${path}-journal`]
  const folder = makeTemporaryFolder(stagingFolder)
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = stamp(files)
      for (const file of files) copyIfThere(file, join(folder, basename(file)))
      if (stamp(files) === before) {
        return { folder, file: join(folder, basename(path)), isUnchanged: () => stamp(files) === before }
      }
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  rmSync(folder, { recursive: true, force: true })
  throw databaseLocked(path)
}

function copyIfThere(from: string, to: string): void {
  rmSync(to, { force: true })
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    restrict(to, 0o600)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true })
  return `${dev}:${ino}`
}

/** Identity, size and times of files: equal stamps mean that nothing was written in between. */
export function stamp(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { bigint: true, throwIfNoEntry: false })
      return found === undefined
        ? 'none'
        : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`
    })
    .join(' ')
}
