/**
 * Copies one opened source into a file of our own, in rollback mode. Invariant: the copy is of the moment at which the source was opened, else `SourceChanged` is thrown.
 */
import { closeSync, createWriteStream, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { restrict } from '../../own-files/permissions.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { cloneFile } from './clone-file.ts'
import type { SourceReading } from './source-file.ts'

/** A source was changed under a reading that has no lock on it. */
export class SourceChanged extends Error {
  readonly path: string

  constructor(path: string) {
    super(`${path} changed while it was copied`)
    this.path = path
  }
}

/**
 * Clones the source at `path` in the place of the empty file and closes its reading, which is plain: its lock holds until the clone is
 * made. Throws CloneRefused where that is not possible.
 */
export async function cloneSource(reading: SourceReading, path: string, file: string): Promise<void> {
  try {
    rmSync(file)
    await cloneFile(path, file)
    if (!reading.isUnchanged()) throw new SourceChanged(path)
  } finally {
    reading.close()
  }
  restrict(file, 0o600)
  setRollbackMode(file)
}

/**
 * Copies the source at `path` into the empty file and closes its reading. `onBytes`: called with the bytes copied so far. `keepsLock`: what
 * waits to write to the source does so until the copy is known to be whole.
 */
export async function copySource(
  reading: SourceReading,
  path: string,
  file: string,
  onBytes: (bytesDone: number) => void,
  keepsLock: boolean,
): Promise<void> {
  if (reading.isPlain) return copyPlain(reading, path, file, onBytes, keepsLock)
  await copyByBackup(reading, path, file, onBytes)
  reading.close()
  setRollbackMode(file)
}

/** Time between two looks at how much is copied. */
const LOOK_MS = 100

/**
 * The file's bytes as they are, copied by the system: a third of the CPU that reading and writing them takes. Closes the file, which drops
 * the locks that SQLite has on it in this process
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_), but not before all of it
 * is copied. A writer that waits may be faster than the look at what has changed; with `keepsLock` the file is closed after that, and its
 * bytes are read and written here.
 */
async function copyPlain(
  reading: SourceReading,
  path: string,
  file: string,
  onBytes: (bytesDone: number) => void,
  keepsLock: boolean,
): Promise<void> {
  onBytes(0)
  const looking = setInterval(() => onBytes(statSync(file, { throwIfNoEntry: false })?.size ?? 0), LOOK_MS)
  try {
    await using held = keepsLock ? await open(path) : null
    if (held === null) await copyFile(path, file)
    else await copyBytes(held, file)
    if (!reading.isUnchanged()) throw new SourceChanged(path)
  } catch (error) {
    throw error instanceof SourceChanged ? error : translateSqliteError(error, path)
  } finally {
    clearInterval(looking)
    reading.close()
  }
  restrict(file, 0o600)
  setRollbackMode(file)
}

const CHUNK_BYTES = 1 << 20

async function copyBytes(source: FileHandle, file: string): Promise<void> {
  const bytes = source.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES })
  await pipeline(bytes, createWriteStream(file))
}

/** Pages in one step of a backup: 16 MB at the usual page size, some 20 ms, between two reports of progress. */
const pagesPerStep = 4096

/** Page by page through SQLite, which finds the newest ones in a `-wal` too. */
async function copyByBackup(
  reading: SourceReading,
  path: string,
  file: string,
  onBytes: (bytesDone: number) => void,
): Promise<void> {
  const pageSize = Number(reading.db.pragma('page_size', { simple: true }))
  try {
    await reading.db.backup(file, {
      progress: ({ totalPages, remainingPages }) => {
        onBytes((totalPages - remainingPages) * pageSize)
        return pagesPerStep
      },
    })
  } catch (error) {
    throw translateSqliteError(error, path)
  }
  if (!reading.isUnchanged()) throw new SourceChanged(path)
}

/** Bytes 18 and 19 of the header (https://www.sqlite.org/fileformat.html#file_format_version_numbers): the copy has no WAL. */
const VERSIONS_AT = 18
const rollbackVersions = Buffer.from([1, 1])

export function setRollbackMode(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    writeSync(descriptor, rollbackVersions, 0, 2, VERSIONS_AT)
  } finally {
    closeSync(descriptor)
  }
}
