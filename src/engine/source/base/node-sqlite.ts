/**
 * Node's own SQLite, for values that the driver refuses: the driver's limit is V8's longest string, 512 MiB, SQLite's own is 1 GB. The only
 * file that loads node:sqlite. Invariant: it returns what the driver would return.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { MigrateError } from '../../model/errors.ts'
import type { SqliteDatabase } from './sqlite.ts'

/** The largest value, and row, in bytes that the driver reads or writes. */
export const MOST_FOR_DRIVER = 0x1fffffe8

/** Opens an immutable snapshot like `openReadOnly`. Throws a MigrateError of kind `source` when Node is too old. */
export function openLargeSnapshot(file: string): SqliteDatabase {
  const { DatabaseSync } = loadNodeSqlite()
  const url = pathToFileURL(file)
  url.search = '?mode=ro&immutable=1'
  const db = new DatabaseSync(url, { readOnly: true })
  db.exec('pragma query_only = on; pragma trusted_schema = off; pragma cell_size_check = on')
  return new LargeDatabase(db) as unknown as SqliteDatabase
}

/** Opens a new database of ours for writing single rows: without checks and without a journal. */
export function openLargeWritable(file: string): SqliteDatabase {
  const { DatabaseSync } = loadNodeSqlite()
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  db.exec('pragma journal_mode = off; pragma synchronous = off; pragma ignore_check_constraints = on')
  return new LargeDatabase(db) as unknown as SqliteDatabase
}

function loadNodeSqlite(): typeof import('node:sqlite') {
  const module = process.getBuiltinModule?.('node:sqlite')
  if (module !== undefined) return module
  throw new MigrateError(
    'source',
    'node-too-old',
    `A value of more than 512 MiB needs Node 22.16 or newer, and this is Node ${process.versions.node}.`,
    { hint: 'Install a current Node from https://nodejs.org, then run the same command again.' },
  )
}

/** The part of the driver's interface that reading and inserting rows needs. */
class LargeDatabase {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  prepare(sql: string): LargeStatement {
    return new LargeStatement(this.#db.prepare(sql))
  }

  exec(sql: string): void {
    this.#db.exec(sql)
  }

  function(name: string, options: { readonly directOnly?: boolean }, call: () => SQLInputValue): void {
    this.#db.function(name, options, call)
  }

  pragma(text: string, { simple = false }: { readonly simple?: boolean } = {}): unknown {
    const rows = this.#db.prepare(`pragma ${text}`).all()
    return simple ? Object.values(rows[0] ?? {})[0] : rows
  }

  close(): void {
    this.#db.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

class LargeStatement {
  readonly #statement: StatementSync
  #isPlucked = false

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  raw(): this {
    this.#statement.setReturnArrays(true)
    return this
  }

  pluck(): this {
    this.#isPlucked = true
    return this.raw()
  }

  safeIntegers(): this {
    this.#statement.setReadBigInts(true)
    return this
  }

  get(...parameters: readonly SQLInputValue[]): unknown {
    const row: unknown = this.#statement.get(...parameters)
    return row === undefined ? undefined : this.#shown(row)
  }

  all(...parameters: readonly SQLInputValue[]): unknown[] {
    return this.#statement.all(...parameters).map((row) => this.#shown(row))
  }

  *iterate(...parameters: readonly SQLInputValue[]): Generator<unknown, void, undefined> {
    for (const row of this.#statement.iterate(...parameters)) yield this.#shown(row)
  }

  run(...parameters: readonly SQLInputValue[]): void {
    this.#statement.run(...parameters)
  }

  #shown(row: unknown): unknown {
    if (!Array.isArray(row)) return row
    const cells = row.map(asBuffer)
    return this.#isPlucked ? cells[0] : cells
  }
}

function asBuffer(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}
