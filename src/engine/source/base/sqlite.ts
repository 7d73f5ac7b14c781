/**
 * Opens SQLite databases. The only file that imports better-sqlite3. Invariant: a database that isn't ours is opened read-only, and opening
 * it creates or changes no file beside it, except by `openForMoments` and `openForFence`, which are for the process that holds the sources
 * while they are followed.
 */
import { closeSync, constants, lstatSync, openSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { copyNotWritten, translateSqliteError } from './sqlite-errors.ts'

/** The driver's database, closed by `using`. */
class OwnDatabase extends Database {
  [Symbol.dispose](): void {
    this.close()
  }
}

export type SqliteDatabase = OwnDatabase

// better-sqlite3 reads this once, when the process opens its first database: it enables `file:` names (https://www.sqlite.org/uri.html),
// the only way to request `immutable` and `readonly_shm`.
process.env.SQLITE_USE_URI ??= '1'

let urisKnown: boolean | null = null

/**
 * Whether `file:` names work. They don't in a worker thread whose process set `SQLITE_USE_URI` only after opening its first database, since
 * a worker's `process.env` is a copy.
 */
export function canOpenUris(): boolean {
  if (urisKnown === null) {
    try {
      new OwnDatabase('file:uri-probe?mode=memory', { fileMustExist: true }).close()
      urisKnown = true
    } catch {
      urisKnown = false
    }
  }
  return urisKnown
}

type OpenOptions = {
  /** The file cannot change while it is open: no locks are taken, and `-wal` and `-journal` are ignored. For snapshots and idle sources. */
  readonly immutable?: boolean
  /** How long to wait for another process's lock. */
  readonly timeoutMs?: number
}

/**
 * Opens a read-only connection with all guards: `query_only`, untrusted schema, cell size checks. An existing `-shm` is used without
 * writing to it (https://www.sqlite.org/wal.html#readonly). Throws a MigrateError of kind `source`.
 */
export function openReadOnly(file: string, options: OpenOptions = {}): SqliteDatabase {
  const immutable = options.immutable === true ? '&immutable=1' : ''
  const name = canOpenUris() ? `${pathToFileURL(file).href}?mode=ro&readonly_shm=1${immutable}` : file
  return open(name, file, { readonly: true, fileMustExist: true, timeout: options.timeoutMs ?? 5_000 })
}

/**
 * Opens a read-only connection, for moments, to a database that is being written to: SQLite's own locks keep what it reads unchanged. In a
 * WAL database it creates a missing `-shm` and an empty `-wal`. Throws SQLite's own errors.
 */
export function openForMoments(file: string): SqliteDatabase {
  const name = `${pathToFileURL(file).href}?mode=ro`
  const db = new OwnDatabase(name, { readonly: true, fileMustExist: true, timeout: 0 })
  db.pragma('query_only = on')
  db.pragma('trusted_schema = off')
  return db
}

/**
 * Opens a connection that can keep writers out of a database that isn't ours. It writes nothing as long as it only begins and rolls back,
 * but closing it might: the last connection to close checkpoints the log. The process that opens it must end without closing it. Throws
 * SQLite's own errors.
 */
export function openForFence(file: string): SqliteDatabase {
  const db = new OwnDatabase(`${pathToFileURL(file).href}?mode=rw`, { fileMustExist: true, timeout: 0 })
  db.pragma('wal_autocheckpoint = 0')
  return db
}

/** Opens an empty database of our own in memory. */
export function openMemory(): SqliteDatabase {
  return new OwnDatabase(':memory:')
}

/** Opens a file of our own, creating it for its owner only if it doesn't exist. Does not follow a link. */
export function openWritable(file: string, options: { readonly timeoutMs?: number } = {}): SqliteDatabase {
  createPrivate(file)
  return open(canOpenUris() ? pathToFileURL(file).href : file, file, { timeout: options.timeoutMs ?? 5_000 })
}

function createPrivate(file: string): void {
  try {
    const there = lstatSync(file, { throwIfNoEntry: false })
    if (there?.isSymbolicLink()) throw copyNotWritten(file, 'it is a link', undefined)
    // An existing file may be open: closing another descriptor of it would drop its locks.
    if (there !== undefined) return
    closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600))
  } catch (error) {
    throw translateSqliteError(error, file)
  }
}

function open(name: string, file: string, options: Database.Options): SqliteDatabase {
  let db: SqliteDatabase | null = null
  try {
    db = new OwnDatabase(name, options)
    if (options.readonly === true) db.pragma('query_only = on')
    db.pragma('trusted_schema = off')
    db.pragma('cell_size_check = on')
    return db
  } catch (error) {
    db?.close()
    throw translateSqliteError(error, file)
  }
}

/** Opens a new file of our own for data that does not fit into memory, without a journal: it is worthless after a crash. */
export function openScratch(file: string): SqliteDatabase {
  rmSync(file, { force: true })
  const db = openWritable(file)
  db.pragma('journal_mode = off')
  db.pragma('synchronous = off')
  return db
}

/** The path that a database was opened by. */
export function pathOf(db: SqliteDatabase): string {
  return db.name.startsWith('file:///') ? fileURLToPath(db.name.replace(/\?.*$/s, '')) : db.name
}

/**
 * Executes the SQL of one of a schema's objects. A file's schema is untrusted: like SQLite itself, this accepts one statement, which must
 * be `create`. Throws SQLite's errors.
 */
export function createObject(db: SqliteDatabase, sql: string): void {
  if (!/^\s*create\b/i.test(sql)) throw new Database.SqliteError('it is not made by CREATE', 'SQLITE_ERROR')
  let statement: Database.Statement
  try {
    statement = db.prepare(sql)
  } catch (error) {
    // The driver's error for more than one statement.
    if (!(error instanceof RangeError)) throw error
    throw new Database.SqliteError('it is more than one statement', 'SQLITE_ERROR')
  }
  statement.run()
}
