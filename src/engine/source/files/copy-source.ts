/**
 * Copies one opened source into a file of our own, in rollback mode. Invariant: the copy has the state of the moment at which the source
 * was opened; otherwise `SourceChanged` is thrown.
 */
import { closeSync, createWriteStream, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { restrict } from '../../own-files/permissions.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { cloneFile } from './clone-file.ts'
import type { SourceReading } from './source-file.ts'

/** A source changed while it was read without a lock. */
export class SourceChanged extends Error {
  readonly path: string

  constructor(path: string) {
    super(`${path} changed while it was copied`)
    this.path = path
  }
}

/**
 * Replaces the empty file with a clone of the source at `path` and closes the reading, which must be plain: its lock is held until the
 * clone is made. Throws CloneRefused when cloning is not possible.
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
 * Copies the source at `path` into the empty file and closes the reading. `onBytes`: called with the bytes copied so far. `keepsLock`: the
 * lock, and with it any waiting writer, is held until the copy has been checked to be complete.
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

/** The interval between progress reports. */
const LOOK_MS = 100

/**
 * Copies the file's bytes unchanged. The system's copy takes a third of the CPU of reading and writing them here, but it closes the file,
 * which drops SQLite's locks in this process
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_) once everything is copied, so
 * that a waiting writer may change the file before it is checked. With `keepsLock`, the bytes are read and written here, and the file is
 * closed after the check.
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

/** The pages in one step of a backup: 16 MB at the usual page size, which takes some 20 ms between progress reports. */
const pagesPerStep = 4096

/** Copies page by page through SQLite, which includes the latest pages in a `-wal`. */
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

/** Bytes 18 and 19 of the header (https://www.sqlite.org/fileformat.html#file_format_version_numbers): without WAL. */
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
