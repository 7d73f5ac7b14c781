/**
 * Replaces a damaged snapshot with a sound database of everything readable. Invariant: every row in it was read from the damaged one, as it
 * was stored, and unreadable rows are reported by table and rowid.
 */
import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import { type Finding, ROWS_NOT_READABLE } from '../../model/finding.ts'
import { formatCount } from '../../model/format-count.ts'
import { tableIdOf } from '../../model/plan.ts'
import { temporaryName } from '../../own-files/temporary.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { canOpenUris, createObject, openReadOnly, openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { readCatalog } from '../catalog/catalog.ts'
import { copyWithin, isOfTheFile, NONE, unlessError } from './readable-rows.ts'

type DamagedSnapshot = {
  readonly database: string
  /** The source's path. */
  readonly path: string
  readonly file: string
  /** As `findDamage` reports it. */
  readonly damage: readonly string[]
}

/** Replaces the file and returns what was lost. Throws a MigrateError `source` when not even its tables can be read. */
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
 * Warns where rows may be lost though no error says so: SQLite returns whatever it finds on a damaged page, and does not always notice what
 * is missing. Only damage to an index leaves the rows unaffected.
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
        `Of ${which} ${formatCount(countRows(db, table))} rows could be read; not ${lost.join(', ')}.`,
      )
  }
  // Each index is no larger than its table.
  db.pragma(`max_page_count = ${4_294_967_294}`)
  for (const { type, name, sql } of catalog.objects) if (type !== 'table') create(name, sql)
  restoreSequences(db, catalog)
  db.pragma(`user_version = ${catalog.userVersion}`)
  db.pragma(`application_id = ${catalog.applicationId}`)
  return findings
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
