/**
 * Translates errors of SQLite and the file system for the person who chose the file. Invariant: every such error becomes a MigrateError of
 * kind `source` here, with the path and what to do.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { MigrateError } from '../../model/errors.ts'
import { errorCode, isBusy } from './error-code.ts'
import { readHeader } from './file-header.ts'

/** Whether SQLite could not read or interpret the file (https://www.sqlite.org/rescode.html). */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(errorCode(error))
}

/** Returns what `read` returns; null when the database is damaged. */
export function unlessUnreadable<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (isDamage(error)) return null
    throw error
  }
}

export function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'SqliteError'
}

/**
 * Translates an error about `path`. Codes: file-missing, not-a-database, encrypted-or-not-a-database, database-corrupt, database-locked,
 * file-unreadable, is-a-folder, truncated, disk-full, copy-not-written, too-many-open-files, read-failed, sqlite-error. A MigrateError is
 * returned unchanged.
 */
export function translateSqliteError(error: unknown, path: string): MigrateError {
  if (error instanceof MigrateError) return error
  const code = errorCode(error)
  const reason = error instanceof Error ? error.message : String(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return fileMissing(path, error)
  if (code === 'EACCES' || code === 'EPERM') return fileUnreadable(path, error)
  if (code === 'EISDIR') return isAFolder(path, error)
  if (code === 'ENOSPC' || code === 'EDQUOT' || code.startsWith('SQLITE_FULL')) {
    return failed('disk-full', `There is no space left on the disk for the copy of ${path}.`, error, {
      hint: 'Free some space, or choose another work folder with --work-folder.',
    })
  }
  if (code === 'EFBIG' || code === 'EROFS') return copyNotWritten(path, reason, error)
  if (code === 'EMFILE' || code === 'ENFILE') {
    return failed('too-many-open-files', `${path} cannot be opened: too many files are open.`, error, {
      hint: 'Raise the limit (ulimit -n), or move fewer databases at a time.',
    })
  }
  if (code.startsWith('SQLITE_CANTOPEN')) return whyNotOpened(path, error)
  if (code.startsWith('SQLITE_PERM') || code.startsWith('SQLITE_AUTH')) return fileUnreadable(path, error)
  if (code.startsWith('SQLITE_NOTADB')) {
    return failed(
      'encrypted-or-not-a-database',
      `${path} is encrypted, or is not a SQLite database.`,
      error,
      {
        hint: 'Decrypt it with the program that wrote it (for SQLCipher: sqlcipher_export), then choose the result.',
      },
    )
  }
  if (code.startsWith('SQLITE_CORRUPT'))
    return isTruncated(path) ? truncated(path, error) : corrupt(path, reason, error)
  if (isBusy(error)) return databaseLocked(path, error)
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO') {
    return failed(
      'read-failed',
      `${path} cannot be read: the disk or file system reports an error (${reason}).`,
      error,
      {
        hint: 'Copy the file to another disk and choose the copy.',
      },
    )
  }
  return failed('sqlite-error', `SQLite cannot read ${path}: ${reason}.`, error)
}

/** `reason`: the file system's. */
export function copyNotWritten(path: string, reason: string, cause: unknown): MigrateError {
  return failed('copy-not-written', `The copy of ${path} cannot be written: ${reason}.`, cause, {
    hint: 'Choose another work folder with --work-folder, or check the limits of this user (ulimit -f).',
  })
}

/** Another process keeps the file locked, or keeps changing it. */
export function databaseLocked(path: string, cause?: unknown): MigrateError {
  return failed(
    'database-locked',
    `${path} is locked: another program is writing to it and doesn't let go.`,
    cause,
    {
      hint: 'Wait until that program has finished its transaction, or stop it, then start again.',
    },
  )
}

function whyNotOpened(path: string, cause: unknown): MigrateError {
  try {
    if (statSync(path).isDirectory()) return isAFolder(path, cause)
    accessSync(path, constants.R_OK)
  } catch (error) {
    return errorCode(error) === 'EACCES' ? fileUnreadable(path, cause) : fileMissing(path, cause)
  }
  return fileUnreadable(path, cause)
}

function isTruncated(path: string): boolean {
  try {
    const header = readHeader(path)
    return header.pageCount !== null && header.pageCount * header.pageSize > header.bytes
  } catch {
    return false
  }
}

function fileMissing(path: string, cause: unknown): MigrateError {
  return failed('file-missing', `${path} does not exist.`, cause, { hint: 'Check the path.' })
}

function fileUnreadable(path: string, cause: unknown): MigrateError {
  return failed('file-unreadable', `${path} cannot be opened: no permission to read it.`, cause, {
    hint: 'Give yourself read permission on the file and on its folder, or run as the user who owns it.',
  })
}

function isAFolder(path: string, cause: unknown): MigrateError {
  return failed('is-a-folder', `${path} is a folder, not a database.`, cause, {
    hint: 'Choose a database file in it.',
  })
}

/** The file ends before the last byte of the pages that it counts. */
export function truncated(path: string, cause?: unknown): MigrateError {
  return failed(
    'truncated',
    `${path} is cut short: its header promises more pages than the file has whole.`,
    cause,
    {
      hint: 'Copy it again from where it came, or move what can still be read with --salvage.',
    },
  )
}

function corrupt(path: string, reason: string, cause: unknown): MigrateError {
  return failed('database-corrupt', `${path} is damaged: ${reason}.`, cause, {
    hint: 'Restore it from a backup, or move what can still be read with --salvage.',
  })
}

function failed(
  code: string,
  message: string,
  cause: unknown,
  options: { hint?: string } = {},
): MigrateError {
  return new MigrateError('source', code, message, cause === undefined ? options : { ...options, cause })
}
