/**
 * Examines a file that may be a database, and its health. Invariant: a file that the user named is a database or a MigrateError; one found
 * in a folder is listed, passed over with the reason, or ignored.
 */

import { MigrateError } from '../../model/errors.ts'
import { shellWord } from '../../model/shell-word.ts'
import type { FoundDatabase, PassedOver } from '../../model/snapshot.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { nameDatabases } from '../base/database-names.ts'
import { errorCode } from '../base/error-code.ts'
import { type FileHeader, looksEncrypted, looksLikeDump, packingOf, readHeader } from '../base/file-header.ts'
import { findDamage } from '../base/integrity.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { listTables } from '../catalog/table-list.ts'
import { countDumpRows } from '../dump/count-rows.ts'
import { isDump, refuseForeignDump } from '../dump/dump-file.ts'
import { measureSource, openSource } from '../files/source-file.ts'
import { hasDatabaseName } from '../files/walk.ts'

export type ExamineOptions = {
  readonly signal?: AbortSignal
  /** False leaves the check of the pages, which reads all of them, to the snapshots. */
  readonly checksPages?: boolean
  /** False leaves out the count of the rows, which reads most of the pages. */
  readonly countsRows?: boolean
  /** Lists damaged files as such, even if they cannot be opened, so that a named one doesn't end the search. */
  readonly salvage?: boolean
  /** How long to wait for a file that another program has locked; 2,000 by default. */
  readonly lockTimeoutMs?: number
}

/** Throws a MigrateError `source` when the file cannot be used. */
export async function examineNamed(
  path: string,
  stagingFolder: string,
  options: ExamineOptions,
): Promise<FoundDatabase> {
  let header: FileHeader
  try {
    header = readHeader(path)
  } catch (error) {
    throw translateSqliteError(error, path)
  }
  if (header.bytes === 0) {
    throw new MigrateError('source', 'file-empty', `${path} is empty: it has zero bytes, and no tables.`, {
      hint: 'A wrong path often leaves an empty file behind: check that this is the file that the program writes.',
    })
  }
  if (!header.isSqlite && isDump(path)) return examineDump(path, header, options)
  if (!header.isSqlite) throw notADatabase(path, header)
  try {
    return examine(path, header, stagingFolder, options)
  } catch (error) {
    const translated = translateSqliteError(error, path)
    const damaged = salvageable(path, header, translated, options)
    if (damaged === null) throw translated
    return damaged
  }
}

/** The dump's statements are checked, and its database is built and checked, only when the snapshot is taken. */
async function examineDump(
  path: string,
  header: FileHeader,
  { countsRows }: ExamineOptions,
): Promise<FoundDatabase> {
  refuseForeignDump(path)
  const tables = await countDumpRows(path)
  return {
    ...emptyEntry(path, header),
    tables: countsRows === false ? tables.map(({ name }) => ({ name, rows: null })) : tables,
    health: { kind: 'unchecked' },
  }
}

/** Null unless salvage was requested and damage prevents opening the file. */
function salvageable(
  path: string,
  header: FileHeader,
  translated: MigrateError,
  { salvage }: ExamineOptions,
): FoundDatabase | null {
  const isDamage = translated.code === 'database-corrupt' || translated.code === 'truncated'
  if (salvage !== true || !isDamage) return null
  return { ...emptyEntry(path, header), health: { kind: 'damaged', detail: translated.message } }
}

/** Null when the file does not look like a database. */
export function examineFound(
  path: string,
  stagingFolder: string,
  options: ExamineOptions,
): FoundDatabase | PassedOver | null {
  if (/-(wal|shm|journal)$/.test(path)) return null
  let header: FileHeader
  try {
    header = readHeader(path)
  } catch (error) {
    if (!hasDatabaseName(path)) return null
    const translated = translateSqliteError(error, path)
    if (errorCode(error) === 'ENOENT') return null
    return unreadable(path, { bytes: 0, journalMode: 'rollback' }, translated)
  }
  if (header.bytes === 0) {
    return hasDatabaseName(path) ? { ...emptyEntry(path, header), health: { kind: 'empty' } } : null
  }
  if (!header.isSqlite) {
    if (!hasDatabaseName(path)) return null
    const translated = notADatabase(path, header)
    return translated.code === 'not-a-database'
      ? { path, reason: translated.message }
      : unreadable(path, header, translated)
  }
  try {
    return examine(path, header, stagingFolder, options)
  } catch (error) {
    const translated = translateSqliteError(error, path)
    return salvageable(path, header, translated, options) ?? unreadable(path, header, translated)
  }
}

function notADatabase(path: string, header: FileHeader): MigrateError {
  const packing = packingOf(header.sample)
  if (packing !== null) {
    return new MigrateError(
      'source',
      'not-a-database',
      `${path} is not a SQLite database: it is a compressed file (${packing}).`,
      { hint: 'Unpack it, and choose the database file that comes out.' },
    )
  }
  if (looksLikeDump(header.sample)) {
    return new MigrateError(
      'source',
      'not-a-database',
      `${path} is not a SQLite database: it is a text of SQL, as .dump and exports make it.`,
      { hint: `A dump is taken when it is named: --source ${shellWord(path)}` },
    )
  }
  if (looksEncrypted(header.sample)) {
    return new MigrateError(
      'source',
      'encrypted-or-not-a-database',
      `${path} is encrypted, or is not a SQLite database: it begins with noise instead of SQLite's header.`,
      {
        hint: 'Decrypt it with the program that wrote it (for SQLCipher: sqlcipher_export), then choose the result.',
      },
    )
  }
  return new MigrateError(
    'source',
    'not-a-database',
    `${path} is not a SQLite database: it doesn't begin with SQLite's header.`,
    { hint: 'Choose the database file itself.' },
  )
}

type Known = Pick<FileHeader, 'bytes' | 'journalMode'>

function emptyEntry(path: string, known: Known): Omit<FoundDatabase, 'health'> {
  const database = nameDatabases([path]).get(path)!
  return { database, path, bytes: known.bytes, journalMode: known.journalMode, tables: [] }
}

function unreadable(path: string, known: Known, translated: MigrateError): FoundDatabase {
  return {
    ...emptyEntry(path, known),
    health: { kind: 'unreadable', code: translated.code, detail: translated.message },
  }
}

function examine(
  path: string,
  header: FileHeader,
  stagingFolder: string,
  options: ExamineOptions,
): FoundDatabase {
  const sizes = measureSource(path)
  const reading = openSource(path, { stagingFolder, timeoutMs: options.lockTimeoutMs ?? 2_000 })
  try {
    // Pages are read in order, once or twice: those of a small cache stay in the processor's.
    reading.db.pragma('cache_size = -256')
    return {
      ...emptyEntry(path, header),
      bytes: sizes.main + (sizes.wal ?? 0),
      health: options.checksPages === false ? { kind: 'unchecked' } : healthOf(reading.db),
      tables: countRows(reading.db, options),
    }
  } finally {
    reading.close()
  }
}

function healthOf(db: SqliteDatabase): FoundDatabase['health'] {
  const damage = findDamage(db, 1)
  return damage.length === 0 ? { kind: 'ok' } : { kind: 'damaged', detail: damage.join(' ') }
}

/** Tables whose rows cannot be counted, because of damage or a missing module, are left out. */
function countRows(db: SqliteDatabase, { signal, countsRows }: ExamineOptions): FoundDatabase['tables'] {
  const tables: { name: string; rows: number | null }[] = []
  for (const table of listTables(db)) {
    signal?.throwIfAborted()
    if (table.kind === 'shadow') continue
    if (countsRows === false) {
      tables.push({ name: table.name, rows: null })
      continue
    }
    try {
      const rows = db
        .prepare<[], number>(`select count(*) from ${quoteSqlite(table.name)}`)
        .pluck()
        .get()
      tables.push({ name: table.name, rows: rows ?? 0 })
    } catch (error) {
      if (!errorCode(error).startsWith('SQLITE_')) throw error
    }
  }
  return tables
}
