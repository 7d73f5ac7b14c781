/**
 * Finds SQLite databases by their header, and says what is in them and whether they are whole.
 * Invariant: the folders searched are the same afterwards, byte by byte.
 */
import { realpathSync, rmSync, type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MigrateError } from '../../model/errors.ts'
import { shellWord } from '../../model/shell-word.ts'
import type { Discovery, FoundDatabase, PassedOver } from '../../model/snapshot.ts'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
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
import { hasDatabaseName, identify, walkFolder } from '../files/walk.ts'

export type DiscoverOptions = {
  /** Called as soon as a database is met; its name here is the file's, and may gain folders in the result. */
  readonly onFound?: (database: FoundDatabase) => void
  readonly onPassedOver?: (passedOver: PassedOver) => void
  readonly signal?: AbortSignal
  /** False leaves the check of their pages to the snapshots, which takes as long as reading them all. */
  readonly checksPages?: boolean
  /** False reports no rows for every table, without reading it. */
  readonly countsRows?: boolean
  /** Files that are damaged, even beyond opening, are listed as such, and a named one doesn't end the search. */
  readonly salvage?: boolean
  /** How long to wait for a file that another program has locked; 2,000 by default. */
  readonly lockTimeoutMs?: number
  /** Where a database is copied to that has to be recovered before it can be read; the system's temporary folder by default. */
  readonly stagingParent?: string
}

/**
 * Looks at files and, recursively, at folders. A file named in `paths` that cannot be used is a MigrateError of kind `source`;
 * one met while searching is listed as unreadable, or passed over with the reason. Aborting throws the signal's reason.
 */
export async function discover(paths: readonly string[], options: DiscoverOptions = {}): Promise<Discovery> {
  const stagingFolder = makeTemporaryFolder(options.stagingParent)
  try {
    return await search(paths, stagingFolder, options)
  } finally {
    rmSync(stagingFolder, { recursive: true, force: true })
  }
}

async function search(
  paths: readonly string[],
  stagingFolder: string,
  options: DiscoverOptions,
): Promise<Discovery> {
  const databases: FoundDatabase[] = []
  const passedOver: PassedOver[] = []
  const met = new Map<string, string>()

  const report = (found: FoundDatabase | PassedOver | null) => {
    if (found === null) return
    if ('reason' in found) {
      passedOver.push(found)
      options.onPassedOver?.(found)
    } else {
      databases.push(found)
      options.onFound?.(found)
    }
  }

  for (const given of paths) {
    const { path, stats } = resolveGiven(given)
    const entries = stats.isDirectory() ? walkFolder(path) : [{ file: path }]
    for (const entry of entries) {
      options.signal?.throwIfAborted()
      if ('reason' in entry) {
        report(entry)
        continue
      }
      const key = identify(statSync(entry.file, { bigint: true, throwIfNoEntry: false }))
      if (key === null) continue
      const earlier = met.get(key)
      if (earlier !== undefined) {
        report(passOverOtherName(entry.file, earlier))
        continue
      }
      met.set(key, entry.file)
      const isNamed = !stats.isDirectory()
      const found = isNamed
        ? await examineNamed(entry.file, stagingFolder, options)
        : examineFound(entry.file, stagingFolder, options)
      report(found)
      if (found !== null) await nextTurn()
    }
  }
  const names = nameDatabases(databases.map((found) => found.path))
  return { databases: databases.map((found) => ({ ...found, database: names.get(found.path)! })), passedOver }
}

function resolveGiven(given: string): { path: string; stats: Stats } {
  const absolute = resolve(given)
  try {
    const path = realpathSync(absolute)
    const stats = statSync(path)
    if (stats.isFile() || stats.isDirectory()) return { path, stats }
  } catch (error) {
    throw translateSqliteError(error, absolute)
  }
  throw new MigrateError(
    'source',
    'not-a-database',
    `${absolute} is a device or a pipe, not a database file.`,
  )
}

/** A hard link: a second name of a file. Its own `-wal` or `-journal` would be another state of the same pages. */
function passOverOtherName(path: string, earlier: string): PassedOver | null {
  if (path === earlier) return null
  const { wal, journal } = measureSource(path)
  const hasOwn = (wal ?? 0) > 0 || (journal ?? 0) > 0
  const warning = hasOwn
    ? ` Beware: this name has a -wal or -journal of its own, which belongs to the same file.`
    : ''
  return { path, reason: `It is another name of ${earlier}, which is already listed.${warning}` }
}

async function examineNamed(
  path: string,
  stagingFolder: string,
  options: DiscoverOptions,
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

/** Its statements are judged, and its database built and checked, when the snapshot is taken. */
async function examineDump(
  path: string,
  header: FileHeader,
  { countsRows }: DiscoverOptions,
): Promise<FoundDatabase> {
  refuseForeignDump(path)
  const tables = await countDumpRows(path)
  return {
    ...emptyEntry(path, header),
    tables: countsRows === false ? tables.map(({ name }) => ({ name, rows: 0 })) : tables,
    health: { kind: 'unchecked' },
  }
}

/** Null unless it was requested and the file could not be opened because of damage. */
function salvageable(
  path: string,
  header: FileHeader,
  translated: MigrateError,
  { salvage }: DiscoverOptions,
): FoundDatabase | null {
  const isDamage = translated.code === 'database-corrupt' || translated.code === 'truncated'
  if (salvage !== true || !isDamage) return null
  return { ...emptyEntry(path, header), health: { kind: 'damaged', detail: translated.message } }
}

function examineFound(
  path: string,
  stagingFolder: string,
  options: DiscoverOptions,
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
  options: DiscoverOptions,
): FoundDatabase {
  const sizes = measureSource(path)
  const reading = openSource(path, { stagingFolder, timeoutMs: options.lockTimeoutMs ?? 2_000 })
  try {
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

/** Tables whose rows cannot be counted, for damage or a missing module, are left out. */
function countRows(db: SqliteDatabase, { signal, countsRows }: DiscoverOptions): FoundDatabase['tables'] {
  const tables: { name: string; rows: number }[] = []
  for (const table of listTables(db)) {
    signal?.throwIfAborted()
    if (table.kind === 'shadow') continue
    if (countsRows === false) {
      tables.push({ name: table.name, rows: 0 })
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
