/**
 * Puts what can be read of a damaged snapshot into its place, as a sound database. Invariant: every row in it was read from the
 * damaged one, as it was stored, and rows that could not be read are reported by table and rowid.
 */
import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import { type Finding, ROWS_NOT_READABLE } from '../../model/finding.ts'
import { tableIdOf } from '../../model/plan.ts'
import { temporaryName } from '../../own-files/temporary.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { errorCode } from '../base/error-code.ts'
import { keyColumns, orderBy } from '../base/key-order.ts'
import { canOpenUris, createObject, openReadOnly, openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { isSqliteError, translateSqliteError } from '../base/sqlite-errors.ts'
import { readCatalog } from '../catalog/catalog.ts'

type DamagedSnapshot = {
  readonly database: string
  /** The source's. */
  readonly path: string
  readonly file: string
  /** As `findDamage` reports it. */
  readonly damage: readonly string[]
}

/** Replaces the file; what was lost. Throws a MigrateError `source` when not even its tables are known. */
export function salvageSnapshot(damaged: DamagedSnapshot): Finding[] {
  const { database, path, file } = damaged
  const rebuilt = join(dirname(file), temporaryName(`${basename(file)}-rebuilt`))
  rmSync(rebuilt, { force: true })
  closeSync(openSync(rebuilt, 'wx', 0o600))
  try {
    const findings = rebuild(damaged, readDamagedCatalog(damaged), rebuilt)
    renameSync(rebuilt, file)
    return [
      {
        severity: 'warning',
        code: 'database-salvaged',
        database,
        message: `${path} is damaged (${damaged.damage[0] ?? 'it cannot be opened'}): what can be read of it is moved.`,
        hint: 'Compare with a backup; sqlite3 FILE .recover may find more.',
      },
      ...findings,
      ...doubtsOf(damaged, findings),
    ]
  } catch (error) {
    rmSync(rebuilt, { force: true })
    throw translateSqliteError(error, path)
  }
}

/**
 * Where nothing says that rows are lost and they may be: SQLite returns what it finds on a damaged page, and does not always notice what is
 * missing. Only damage of an index leaves the rows alone.
 */
function doubtsOf({ database, damage }: DamagedSnapshot, findings: readonly Finding[]): Finding[] {
  const known = new Set(findings.filter(({ code }) => code === ROWS_NOT_READABLE).map(({ table }) => table))
  const doubt = (message: string): Finding => ({
    severity: 'warning',
    code: ROWS_NOT_READABLE,
    database,
    message: `${message} There may be rows that are not found any more.`,
  })
  const tables = new Set(damage.flatMap((line) => /^table (.+?): /.exec(line)?.[1] ?? []))
  const others = damage.filter((line) => !/^(table|index) .+?: /.test(line))
  return [
    ...Array.from(tables)
      .filter((table) => !known.has(table))
      .map((table) => ({
        ...doubt(`Table ${table} of ${database} is damaged where its rows are.`),
        ...placeOf(database, table),
      })),
    ...(others.length === 0 ? [] : [doubt(`${database} is damaged: ${others[0]}.`)]),
  ]
}

const placeOf = (database: string, table: string) => ({
  tableId: tableIdOf(database, table),
  database,
  table,
})

function readDamagedCatalog({ file, database, path }: DamagedSnapshot): Catalog {
  try {
    using db = openReadOnly(file, { immutable: true })
    return readCatalog(db, database)
  } catch (error) {
    throw new MigrateError(
      'source',
      'database-corrupt',
      `Nothing of ${path} can be read: where it lists its tables it is damaged.`,
      {
        hint: 'Try sqlite3 FILE .recover | sqlite3 recovered.db, and move what was recovered.',
        cause: error,
      },
    )
  }
}

function rebuild(damaged: DamagedSnapshot, catalog: Catalog, rebuilt: string): Finding[] {
  const { database, file } = damaged
  const { size: bytes } = statSync(file)
  const findings: Finding[] = []
  const lose = (table: string, message: string, code = ROWS_NOT_READABLE): void => {
    findings.push({ severity: 'warning', code, ...placeOf(database, table), message })
  }
  using db = openWritable(rebuilt)
  db.pragma('foreign_keys = off')
  db.pragma('ignore_check_constraints = on')
  db.pragma('synchronous = off')
  db.pragma(`page_size = ${catalog.pageSize}`)
  db.pragma(`encoding = '${catalog.encoding}'`)
  db.pragma(`auto_vacuum = ${catalog.autoVacuum}`)
  db.prepare('attach ? as damaged').run(
    canOpenUris() ? `${pathToFileURL(file).href}?mode=ro&immutable=1` : file,
  )
  const create = (name: string, sql: string | null): boolean => {
    try {
      if (sql !== null) createObject(db, sql)
      return true
    } catch (error) {
      if (!isOfTheFile(error)) throw error
      lose(name, `${name} of ${database} could not be rebuilt: ${error.message}.`, 'object-not-readable')
      return false
    }
  }
  for (const table of catalog.tables) {
    if (table.kind === 'shadow') continue
    const { sql = null } =
      catalog.objects.find(({ type, name }) => type === 'table' && name === table.name) ?? {}
    if (!create(table.name, sql)) continue
    const lost = copyWithin(db, table, bytes)
    const which = `table ${table.name} of ${database}`
    if (lost[0] === NONE) lose(table.name, `No row of ${which} could be read.`)
    else if (lost.length > 0)
      lose(
        table.name,
        `Of ${which} ${countRows(db, table).toLocaleString('en-US')} rows could be read; not ${lost.join(', ')}.`,
      )
  }
  // Indexes are no larger than what they index, each.
  db.pragma(`max_page_count = ${4_294_967_294}`)
  for (const { type, name, sql } of catalog.objects) if (type !== 'table') create(name, sql)
  restoreSequences(db, catalog)
  db.pragma(`user_version = ${catalog.userVersion}`)
  db.pragma(`application_id = ${catalog.applicationId}`)
  return findings
}

/**
 * What could not be read, as parts of a sentence. A table holds no more than its file: pages that name each other in a circle would
 * give rows without end.
 */
function copyWithin(db: SqliteDatabase, table: CatalogTable, bytes: number): string[] {
  const pageSize = Number(db.pragma('page_size', { simple: true }))
  const pages = Number(db.pragma('page_count', { simple: true }))
  const most = pages + Math.ceil((bytes * 1.5) / pageSize) + 64
  db.pragma(`max_page_count = ${most}`)
  try {
    return copyReadable(db, table, Math.ceil(bytes / SMALLEST_ROW) + MOST_ROWS)
  } catch (error) {
    if (errorCode(error) !== 'SQLITE_FULL' || Number(db.pragma('page_count', { simple: true })) < most - 1)
      throw error
    return [CIRCLES]
  }
}

/** Bytes of the smallest row on a page, with its pointer. */
const SMALLEST_ROW = 4
const CIRCLES = 'all that its pages promise: they name each other in a circle'

function copyReadable(db: SqliteDatabase, table: CatalogTable, mostRows: number): string[] {
  return table.kind === 'table' && table.key.kind === 'rowid'
    ? copyByRowid(db, table, table.key.name, mostRows)
    : copyFromBothEnds(db, table, mostRows)
}

/** Of rows that could be read. */
const NONE = 'none'
const FIRST_ROWID = -(2n ** 63n)
const LAST_ROWID = 2n ** 63n - 1n
const MOST_ROWS = 10_000
/** How many places are reported for one table. */
const MOST_PLACES = 20

/** Row after row upwards; where that ends in an error, from the next rowid at which SQLite finds its way again. */
function copyByRowid(db: SqliteDatabase, table: CatalogTable, rowid: string, mostSteps: number): string[] {
  const from = `from damaged.${quoteSqlite(table.name)} not indexed where ${quoteSqlite(rowid)} >= ? order by ${quoteSqlite(rowid)}`
  const columns = columnsOf(table, rowid)
  const find = db
    .prepare(`select ${quoteSqlite(rowid)} ${from} limit 1`)
    .pluck()
    .safeIntegers()
  const insert = db.prepare(
    `insert into main.${quoteSqlite(table.name)} (${columns}) select ${columns} ${from} limit ?`,
  )
  const last = db
    .prepare(`select max(${quoteSqlite(rowid)}) from main.${quoteSqlite(table.name)}`)
    .pluck()
    .safeIntegers()
  const findFrom = (start: bigint): bigint | null | undefined =>
    unlessError(() => (find.get(start) as bigint | undefined) ?? null)
  const lost: string[] = []
  let start = FIRST_ROWID
  let rows = MOST_ROWS
  for (let steps = 0; ; steps++) {
    const first = findFrom(start)
    if (first === null) break
    if (steps > mostSteps || (first !== undefined && first < start)) {
      lost.push(CIRCLES)
      break
    }
    if (first === undefined) {
      const next = nextReadable(findFrom, start)
      lost.push(rangeText(start, next))
      if (next === null) break
      start = next
      continue
    }
    const copied = unlessError(() => insert.run(first, rows).changes)
    if (copied === undefined && rows > 1) {
      rows = Math.ceil(rows / 10)
      continue
    }
    if (copied === undefined) lost.push(`the one with rowid ${first}`)
    const reached = copied === undefined ? first : (last.get() as bigint | null)
    start = (reached === null || reached < first ? first : reached) + 1n
    if (start > LAST_ROWID) break
    if (copied !== undefined) rows = Math.min(MOST_ROWS, rows * 10)
  }
  const more = lost.length - MOST_PLACES
  return more > 0 ? [...lost.slice(0, MOST_PLACES), `and those in ${more} more places`] : lost
}

function rangeText(start: bigint, next: bigint | null): string {
  if (start === FIRST_ROWID) return next === null ? NONE : `those before rowid ${next}`
  if (next === null) return `those from rowid ${start} on`
  return next === start + 1n ? `the one with rowid ${start}` : `those with rowid ${start} to ${next - 1n}`
}

/** The smallest rowid beyond `start` from which on SQLite finds a row, or none; null when it finds nothing up to the last one. */
function nextReadable(findFrom: (start: bigint) => bigint | null | undefined, start: bigint): bigint | null {
  let failing = start
  let step = 1n
  let working: bigint | null = null
  while (working === null) {
    const tried = failing + step > LAST_ROWID ? LAST_ROWID : failing + step
    if (findFrom(tried) !== undefined) working = tried
    else if (tried === LAST_ROWID) return null
    else {
      failing = tried
      step *= 2n
    }
  }
  while (working - failing > 1n) {
    const middle: bigint = (failing + working) / 2n
    if (findFrom(middle) === undefined) failing = middle
    else working = middle
  }
  return working
}

/** Rows in their order, forwards to the first error; and backwards, where a key distinguishes them. */
function copyFromBothEnds(db: SqliteDatabase, table: CatalogTable, mostRows: number): string[] {
  const name = quoteSqlite(table.name)
  const columns = columnsOf(table, null)
  /** True when it came to the end. */
  const copy = (order: string): boolean => {
    const some = `from damaged.${name}${order} limit ? offset ?`
    const insert = db.prepare(`insert or ignore into main.${name} (${columns}) select ${columns} ${some}`)
    const count = db.prepare(`select count(*) from (select 1 ${some})`).pluck()
    let done = 0
    for (let rows = MOST_ROWS; rows >= 1 && done <= mostRows; ) {
      const read = unlessError(() => {
        const { changes } = insert.run(rows, done)
        return { changes, rows: Number(count.get(rows, done)) }
      })
      if (read === undefined) rows = Math.floor(rows / 10)
      else if (read.rows < rows) return true
      // Rows that are there already: pages lead back to them, or they were read from the other end.
      else if (read.changes === 0) return false
      else done += rows
    }
    return false
  }
  if (table.key.kind !== 'primary-key') return copy('') ? [] : ['those after them']
  const keys = keyColumns(table.key)
  if (copy(` order by ${orderBy(keys)}`)) return []
  copy(` order by ${orderBy(keys.map((key) => ({ ...key, descending: !key.descending })))}`)
  return ['some in between']
}

/** Stored columns, the rowid first where it is no column. */
function columnsOf(table: CatalogTable, rowid: string | null): string {
  const hidden = table.key.kind === 'rowid' && table.key.column === null ? rowid : null
  const names = table.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
  return [...(hidden === null ? [] : [hidden]), ...names].map(quoteSqlite).join(', ')
}

function countRows(db: SqliteDatabase, table: CatalogTable): number {
  return Number(
    db
      .prepare(`select count(*) from main.${quoteSqlite(table.name)}`)
      .pluck()
      .get(),
  )
}

function restoreSequences(db: SqliteDatabase, { sequences }: Catalog): void {
  if (sequences === undefined || sequences.length === 0) return
  db.exec('delete from main.sqlite_sequence')
  unlessError(() => db.exec('insert into main.sqlite_sequence select * from damaged.sqlite_sequence'))
}

/** Undefined where SQLite could not. */
function unlessError<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isOfTheFile(error)) return undefined
    throw error
  }
}

/** SQLite's word on what it was given, not on the room for what it writes. */
function isOfTheFile(error: unknown): error is Error {
  return isSqliteError(error) && errorCode(error) !== 'SQLITE_FULL'
}
