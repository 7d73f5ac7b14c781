/**
 * One table of an old-layout file, row by row. Invariant: a cell that an update does not name keeps its bytes and storage class, and a row
 * that breaks a constraint changes nothing, whatever the table's own conflict clauses say.
 */
import { Cell } from '../encode/cell/cell.ts'
import { storedCellOf, valueOfStoredCell } from '../encode/cell/stored-cell.ts'
import type { CatalogTable } from '../model/catalog.ts'
import type { StoredCell } from '../model/storage.ts'
import type { TextEncoding } from '../source/base/file-header.ts'
import { keyColumns, orderBy } from '../source/base/key-order.ts'
import {
  fillCells,
  KEY_PLACEHOLDER,
  keyParameters,
  projected,
  type RawRow,
  TextScratch,
  textEncodingOf,
} from '../source/base/raw-cells.ts'
import { RowQuery } from '../source/base/row-query.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import type { Cells } from './cells.ts'

/** A row's key: its rowid, or the cells of its primary key. */
export type RowKey = readonly StoredCell[]

export type OldRow = { readonly key: RowKey; readonly cells: Cells }

type Statement = { run(...parameters: readonly unknown[]): { lastInsertRowid: number | bigint } }

export class OldTable {
  readonly table: CatalogTable
  /** Quoted, with its schema. */
  readonly name: string
  /** Columns that can be written. */
  readonly columns: readonly string[]
  readonly #db: SqliteDatabase
  readonly #encoding: TextEncoding
  readonly #all: readonly string[]
  readonly #queries = new Map<string, RowQuery>()
  readonly #statements = new Map<string, Statement>()
  readonly #scratch = new TextScratch()

  constructor(db: SqliteDatabase, schema: string, table: CatalogTable) {
    this.#db = db
    this.table = table
    this.name = `${schema}.${quoteSqlite(table.name)}`
    this.#encoding = textEncodingOf(db)
    this.#all = table.columns.map(({ name }) => name)
    this.columns = table.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
  }

  /** The column that is the INTEGER PRIMARY KEY; null when there is none. */
  get alias(): string | null {
    const { key } = this.table
    return key.kind === 'rowid' ? key.column : null
  }

  read(key: RowKey): OldRow | null {
    return this.select(this.#whereKey, this.#keyParameters(key))[0] ?? null
  }

  /** Returns the rows for which the condition holds, in key order; the condition names this table's columns without qualifiers. */
  select(where: string, parameters: readonly unknown[]): readonly OldRow[] {
    const key = keyColumns(this.table.key)
    let query = this.#queries.get(where)
    if (query === undefined) {
      const names = [...key.map(({ name }) => name), ...this.#all.map(quoteSqlite)]
      const order = key.length === 0 ? '' : ` order by ${orderBy(key)}`
      query = new RowQuery(
        this.#db,
        names.flatMap((name) => projected(name, 'bytes')),
        `from ${this.name} where ${where}${order}`,
      )
      this.#queries.set(where, query)
    }
    return query.all(parameters).map((raw) => this.#rowOf(raw, key.length))
  }

  /** Returns the parameters of a cell: three for each `KEY_PLACEHOLDER`. */
  parametersOf(cell: StoredCell): readonly unknown[] {
    return keyParameters(cell, this.#encoding)
  }

  /** Writes some cells of a row. Returns its key, which they may have changed. Throws SQLite's error when a constraint is broken. */
  update(key: RowKey, cells: Cells): RowKey {
    const names = this.columns.filter((name) => Object.hasOwn(cells, name))
    if (names.length === 0) return key
    const set = names.map((name) => `${quoteSqlite(name)} = ${KEY_PLACEHOLDER}`).join(', ')
    this.#statement(`update or abort ${this.name} set ${set} where ${this.#whereKey}`).run(
      ...names.flatMap((name) => this.parametersOf(cells[name]!)),
      ...this.#keyParameters(key),
    )
    return this.#keyAfter(key, cells)
  }

  /** Inserts a row; columns that are not named get their default. Returns its key. Throws SQLite's error when a constraint is broken. */
  insert(rowid: bigint | null, cells: Cells): RowKey {
    const names = this.columns.filter(
      (name) => Object.hasOwn(cells, name) && !(rowid !== null && name === this.alias),
    )
    const { key } = this.table
    const hasRowid = rowid !== null && key.kind === 'rowid'
    const into = [...(hasRowid ? [quoteSqlite(key.name)] : []), ...names.map(quoteSqlite)]
    const values = [...(hasRowid ? ['?'] : []), ...names.map(() => KEY_PLACEHOLDER)]
    const statement = this.#statement(
      into.length === 0
        ? `insert or abort into ${this.name} default values`
        : `insert or abort into ${this.name}(${into.join(', ')}) values (${values.join(', ')})`,
    )
    const { lastInsertRowid } = statement.run(
      ...(hasRowid ? [rowid] : []),
      ...names.flatMap((name) => this.parametersOf(cells[name]!)),
    )
    if (key.kind === 'primary-key') return key.columns.map(({ name }) => cells[name] ?? null)
    return [{ integer: String(lastInsertRowid) }]
  }

  /** Inserts a deleted row again, under its own rowid. */
  restore({ key, cells }: OldRow): void {
    this.insert(rowidOf(key), cells)
  }

  delete(key: RowKey): void {
    this.#statement(`delete from ${this.name} where ${this.#whereKey}`).run(...this.#keyParameters(key))
  }

  /** Returns up to a thousand distinct texts of a column, most frequent first. */
  textsOf(column: string): readonly string[] {
    const name = quoteSqlite(column)
    return this.#db
      .prepare<[], string>(
        `select ${name} from ${this.name} where typeof(${name}) = 'text' group by ${name} collate binary order by count(*) desc, 1 limit 1000`,
      )
      .pluck()
      .all()
  }

  /** Returns one more than the largest rowid. */
  nextRowid(): bigint {
    const { key } = this.table
    if (key.kind !== 'rowid') return 1n
    const largest = this.#db
      .prepare<[], bigint | null>(`select max(${quoteSqlite(key.name)}) from ${this.name}`)
      .pluck()
      .safeIntegers()
      .get()
    return (largest ?? 0n) + 1n
  }

  /** Whether a new row gets the column's default instead of null. */
  prefersDefault(name: string): boolean {
    const column = this.table.columns.find((one) => one.name === name)
    return column?.notNull === true && column.default !== null
  }

  get #whereKey(): string {
    const { key } = this.table
    if (key.kind === 'rowid') return `${quoteSqlite(key.name)} = ?`
    return keyColumns(key)
      .map(({ expression }) => `${expression} = ${KEY_PLACEHOLDER}`)
      .join(' and ')
  }

  #keyParameters(key: RowKey): readonly unknown[] {
    return this.table.key.kind === 'rowid' ? [rowidOf(key)] : key.flatMap((cell) => this.parametersOf(cell))
  }

  #keyAfter(key: RowKey, cells: Cells): RowKey {
    const { key: kind } = this.table
    if (kind.kind === 'primary-key')
      return kind.columns.map(({ name }, index) => (Object.hasOwn(cells, name) ? cells[name]! : key[index]!))
    const alias = this.alias
    return alias !== null && Object.hasOwn(cells, alias) ? [cells[alias]!] : key
  }

  #rowOf(raw: RawRow, keyLength: number): OldRow {
    const cells = Array.from({ length: keyLength + this.#all.length }, () => new Cell())
    this.#scratch.reset()
    fillCells(cells, raw, 0, 'bytes', this.#encoding, this.#scratch)
    const stored = cells.map(storedCellOf)
    return {
      key: stored.slice(0, keyLength),
      cells: Object.fromEntries(this.#all.map((name, index) => [name, stored[keyLength + index]!])),
    }
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql).safeIntegers() as Statement
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

export function rowidOf(key: RowKey): bigint | null {
  const value = valueOfStoredCell(key[0] ?? null)
  return typeof value === 'bigint' ? value : null
}
