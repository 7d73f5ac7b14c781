/**
 * Rebuilds a SQLite database from its catalog. Invariant: the schema is the catalog's, statement by statement and in its order, and nothing
 * changes or refuses rows while they are written: triggers do not exist yet, checks and foreign keys are not enforced.
 */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { InvalidText } from '../encode/cell/stored-cell.ts'
import type { Unwritten } from '../model/answers.ts'
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import { MigrateError } from '../model/errors.ts'
import type { RestoredValue } from '../rows/json-values.ts'
import { errorCode } from '../source/base/error-code.ts'
import { MOST_FOR_DRIVER, openLargeWritable } from '../source/base/node-sqlite.ts'
import { storedTextBytes, textEncodingOf } from '../source/base/raw-cells.ts'
import { createObject, openWritable, pathOf, type SqliteDatabase } from '../source/base/sqlite.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { afterBinding, callWhenBound, type Release } from './when-bound.ts'

type Statement = { run(...parameters: readonly unknown[]): unknown }

export type DatabaseWriter = {
  /** Returns null for a table into which no rows are inserted. */
  inserterOf(table: string): TableInserter | null
  /** Creates indexes, views, triggers and sequences; then the file appears under its name. Returns what could not be created. */
  finish(): readonly Unwritten[]
  abandon(): void
}

export type TableInserter = {
  readonly table: CatalogTable
  /**
   * With `rowid` null SQLite chooses one. `release` is called once when SQLite has its own copy of every cell. Throws SQLite's own error
   * when the row breaks a constraint.
   */
  insert(rowid: bigint | null, cells: ReadonlyMap<string, RestoredValue>, release?: Release): void
}

export function createDatabase(file: string, catalog: Catalog): DatabaseWriter {
  if (existsSync(file)) {
    throw new MigrateError('usage', 'file-exists', `${file} is there already.`, {
      hint: 'Name an empty folder: --to-sqlite DIR.',
    })
  }
  mkdirSync(dirname(file), { recursive: true })
  const part = `${file}.part`
  rmSync(part, { force: true })
  const db = openWritable(part)
  try {
    begin(db, catalog)
    return new Writer(db, catalog, file, part)
  } catch (error) {
    db.close()
    rmSync(part, { force: true })
    throw error
  }
}

/** Sets what has to be set before the first table is created (https://www.sqlite.org/pragma.html). */
function begin(db: SqliteDatabase, catalog: Catalog): void {
  db.pragma(`encoding = '${catalog.encoding}'`)
  db.pragma(`page_size = ${catalog.pageSize}`)
  db.pragma(`auto_vacuum = ${catalog.autoVacuum}`)
  db.pragma(`user_version = ${catalog.userVersion}`)
  db.pragma(`application_id = ${catalog.applicationId}`)
  db.pragma('journal_mode = off')
  db.pragma('synchronous = off')
  db.pragma('foreign_keys = off')
  db.pragma('ignore_check_constraints = on')
  // The schema is the source's own, with which the application trusted it.
  db.pragma('trusted_schema = on')
  db.pragma('legacy_alter_table = on')
}

class Writer implements DatabaseWriter {
  readonly #db: SqliteDatabase
  readonly #catalog: Catalog
  readonly #file: string
  readonly #part: string
  readonly #unwritten: Unwritten[] = []

  constructor(db: SqliteDatabase, catalog: Catalog, file: string, part: string) {
    this.#db = db
    this.#catalog = catalog
    this.#file = file
    this.#part = part
    db.exec('begin')
    const shadows = new Set(catalog.tables.filter(({ kind }) => kind === 'shadow').map(({ name }) => name))
    for (const object of catalog.objects) {
      if (object.type === 'table' && !isInternal(object.name) && !shadows.has(object.name))
        this.#create(object)
    }
    // Shadow tables whose virtual table could not be created, and tables that only look like one.
    for (const object of catalog.objects) {
      if (object.type === 'table' && shadows.has(object.name) && !this.#has('table', object.name))
        this.#create(object)
    }
  }

  inserterOf(name: string): TableInserter | null {
    const table = this.#catalog.tables.find((known) => known.name === name)
    if (table === undefined || !this.#has('table', name)) return null
    return new Inserter(this.#db, table)
  }

  finish(): readonly Unwritten[] {
    const { objects, tables } = this.#catalog
    for (const { kind, module, name, sql } of tables) {
      if (kind === 'virtual' && module === 'fts5' && /[(,]\s*content\s*=\s*['"]?[^'",\s)]/i.test(sql))
        this.#try(name, `insert into ${quoteSqlite(name)}(${quoteSqlite(name)}) values ('rebuild')`)
    }
    for (const type of ['index', 'view', 'trigger']) {
      for (const object of objects) if (object.type === type && object.sql !== null) this.#create(object)
    }
    if (objects.some(({ name }) => /^sqlite_stat\d$/.test(name))) this.#try('sqlite_stat1', 'analyze')
    this.#setSequences()
    this.#db.exec('commit')
    this.#reorder()
    this.#db.close()
    renameSync(this.#part, this.#file)
    return this.#unwritten
  }

  abandon(): void {
    if (this.#db.open) this.#db.close()
    rmSync(this.#part, { force: true })
  }

  #has(type: string, name: string): boolean {
    return (
      this.#db.prepare('select 1 from sqlite_schema where type = ? and name = ?').get(type, name) !==
      undefined
    )
  }

  #create(object: Catalog['objects'][number]): void {
    if (object.sql !== null && !this.#has(object.type, object.name)) this.#try(object.name, object.sql)
  }

  #try(name: string, sql: string): void {
    try {
      createObject(this.#db, sql)
    } catch (error) {
      if (!errorCode(error).startsWith('SQLITE_')) throw error
      this.#unwritten.push({ name, reason: (error as Error).message })
    }
  }

  /** Sets each sequence to the catalog's number, or to the largest row since (https://www.sqlite.org/autoinc.html), in the source's order. */
  #setSequences(): void {
    if (!this.#has('table', 'sqlite_sequence')) return
    const { tables } = this.#catalog
    const sequences =
      this.#catalog.sequences ?? tables.filter(({ sequence }) => sequence !== null).map(unplaced)
    const reached = new Map(
      this.#db
        .prepare<[], { name: string; seq: bigint }>('select name, seq from sqlite_sequence')
        .safeIntegers()
        .all()
        .map(({ name, seq }) => [name, seq] as const),
    )
    this.#db.exec('delete from sqlite_sequence')
    const insert = this.#db.prepare('insert into sqlite_sequence(rowid, name, seq) values (?, ?, ?)')
    for (const { rowid, table, sequence } of sequences) {
      const given = sequence !== null && /^-?\d+$/.test(sequence) ? BigInt(sequence) : sequence
      const now = reached.get(table)
      const isPast = now !== undefined && typeof given === 'bigint' && now > given
      insert.run(rowid === null ? null : BigInt(rowid), table, isPast ? now : given)
      reached.delete(table)
    }
    for (const [name, now] of reached) {
      if (tables.some((table) => table.name === name && table.autoincrement)) insert.run(null, name, now)
    }
  }

  /** Restores the catalog's order of objects, in which indexes and triggers stand among the tables. */
  #reorder(): void {
    const db = this.#db
    const listed = db
      .prepare<[], { rowid: number; type: string; name: string }>(
        'select rowid, type, name from sqlite_schema order by rowid',
      )
      .all()
    const positionOf = new Map(
      this.#catalog.objects.map(({ type, name }, index) => [`${type} ${name}`, index]),
    )
    const wanted = listed.toSorted(
      (a, b) =>
        (positionOf.get(`${a.type} ${a.name}`) ?? listed.length) -
          (positionOf.get(`${b.type} ${b.name}`) ?? listed.length) || a.rowid - b.rowid,
    )
    if (wanted.every((object, index) => object === listed[index])) return
    db.unsafeMode(true)
    db.pragma('writable_schema = on')
    db.exec('begin')
    const move = db.prepare('update sqlite_schema set rowid = ? where rowid = ?')
    const firstFree = listed.at(-1)!.rowid + 1
    wanted.forEach(({ rowid }, index) => void move.run(firstFree + index, rowid))
    wanted.forEach((_, index) => void move.run(index + 1, firstFree + index))
    db.exec('commit')
    db.pragma('writable_schema = off')
    db.unsafeMode(false)
  }
}

class Inserter implements TableInserter {
  readonly table: CatalogTable
  readonly #db: SqliteDatabase
  readonly #columns: readonly string[]
  readonly #rowidName: string | null
  readonly #encoding: ReturnType<typeof textEncodingOf>
  readonly #statements = new Map<string, Statement>()

  constructor(db: SqliteDatabase, table: CatalogTable) {
    this.#db = db
    this.table = table
    this.#encoding = textEncodingOf(db)
    this.#columns = table.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
    const { key } = table
    this.#rowidName =
      key.kind === 'rowid' && key.column === null && !this.#columns.includes(key.name) ? key.name : null
  }

  insert(rowid: bigint | null, cells: ReadonlyMap<string, RestoredValue>, release: Release = null): void {
    const values = this.#columns.map((name) => cells.get(name) ?? null)
    const { key } = this.table
    if (rowid !== null && key.kind === 'rowid' && key.column !== null) {
      values[this.#columns.indexOf(key.column)] = rowid
    }
    const hasRowid = rowid !== null && this.#rowidName !== null
    const broken = values.map(isInvalidText)
    const parameters = [
      ...(hasRowid ? [rowid] : []),
      ...values.map((value) =>
        isInvalidText(value) ? storedTextBytes(value.invalidText, this.#encoding) : value,
      ),
    ]
    const sql = this.#sql(hasRowid, broken, release !== null)
    if (sizeOf(parameters) > MOST_FOR_DRIVER) this.#insertLarge(sql, parameters, release)
    else {
      if (release !== null) callWhenBound(this.#db, release)
      this.#statement(sql).run(...parameters)
    }
  }

  /** Inserts by Node's own SQLite, outside of the transaction: the driver cannot write such a row. */
  #insertLarge(sql: string, parameters: readonly unknown[], release: Release): void {
    this.#db.exec('commit')
    try {
      using large = openLargeWritable(pathOf(this.#db))
      if (release !== null) callWhenBound(large, release)
      large.prepare(sql).run(...parameters)
    } finally {
      this.#db.exec('begin')
    }
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #sql(hasRowid: boolean, broken: readonly boolean[], isReleased: boolean): string {
    const columns = [...(hasRowid ? [this.#rowidName!] : []), ...this.#columns].map(quoteSqlite)
    const places = [...(hasRowid ? ['?'] : []), ...broken.map((is) => (is ? 'cast(? as text)' : '?'))]
    if (isReleased) places[0] = afterBinding(places[0]!)
    return columns.length === 0
      ? `insert into ${quoteSqlite(this.table.name)} default values`
      : `insert into ${quoteSqlite(this.table.name)}(${columns.join(', ')}) values (${places.join(', ')})`
  }
}

/** Returns the total size of the parameters that are bytes. */
function sizeOf(parameters: readonly unknown[]): number {
  let bytes = 0
  for (const parameter of parameters) if (parameter instanceof Uint8Array) bytes += parameter.length
  return bytes
}

function isInvalidText(value: RestoredValue): value is InvalidText {
  return value !== null && typeof value === 'object' && 'invalidText' in value
}

function isInternal(name: string): boolean {
  return /^sqlite_/i.test(name)
}

/** A row of `sqlite_sequence` whose rowid the journal of an older version does not have. */
function unplaced({ name, sequence }: CatalogTable): { rowid: null; table: string; sequence: string | null } {
  return { rowid: null, table: name, sequence }
}
