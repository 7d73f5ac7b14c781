/**
 * Runs statements in SQLite. Invariant: they run on snapshots, opened immutable and read-only, or on our own copies of them; a source is
 * never opened here.
 */

import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { restrict } from '../../own-files/permissions.ts'
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { openReadOnly, openWritable, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { makePrivateFolder } from '../../source/files/work-folder.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { AttachedTable } from '../collect/attached.ts'

export type SqliteColumn = {
  readonly name: string
  /** The table's column that the result column returns unchanged; null for a calculation. */
  readonly origin: { readonly table: string; readonly column: string } | null
}

export type SqliteOutcome =
  | {
      readonly kind: 'rows'
      readonly columns: readonly SqliteColumn[]
      readonly rows: readonly (readonly SourceValue[])[]
      /** There are more rows than were read. */
      readonly isCut: boolean
      readonly ms: number
    }
  | { readonly kind: 'error'; readonly message: string }

/** Maximum number of rows held in memory. */
export const MOST_ROWS = 100_000
/** Maximum time for reading a result, in milliseconds. */
export const MOST_MS = 30_000

export class SqliteSide {
  readonly #open = new Map<string, SqliteDatabase>()
  readonly #files: ReadonlyMap<string, string>
  #attached: ReadonlyMap<string, string> = new Map()

  /** `files`: the snapshots by database name. */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files
  }

  get databases(): readonly string[] {
    return [...this.#files.keys()]
  }

  fileOf(database: string): string {
    return this.#files.get(database)!
  }

  /** Sets the databases for which the program's attached names stand. */
  nameAttached(names: ReadonlyMap<string, string>): void {
    this.#attached = names
  }

  /** Whether the attached name stands for the database: by the program's ATTACH, else because no other database has the table. */
  isAttached({ name, table }: AttachedTable, database: string): boolean {
    const known = this.#attached.get(name.toLowerCase())
    if (known !== undefined) return known === database
    const reads = `select 1 from ${quoteSqlite(table)}`
    const having = this.databases.filter((one) => this.refusalOf(one, reads) === null)
    return having.length === 1 && having[0] === database
  }

  at(database: string): SqliteDatabase {
    const known = this.#open.get(database)
    if (known !== undefined) return known
    const db = withRegexp(openReadOnly(this.#files.get(database)!, { immutable: true }))
    this.#open.set(database, db)
    return db
  }

  /** Returns why the database refuses the statement; null when it accepts it. */
  refusalOf(database: string, sql: string): string | null {
    return refusalOn(this.at(database), sql)
  }

  close(): void {
    for (const db of this.#open.values()) db.close()
    this.#open.clear()
  }
}

/** Writable copies of the snapshots in a private folder, each made on first use. */
export class SqliteCopies {
  readonly #open = new Map<string, SqliteDatabase>()
  readonly #copied = new Map<string, string>()
  readonly #files: ReadonlyMap<string, string>
  readonly #folder: string

  constructor(files: ReadonlyMap<string, string>, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  at(database: string): SqliteDatabase {
    const known = this.#open.get(database)
    if (known !== undefined) return known
    makePrivateFolder(this.#folder)
    const file = join(this.#folder, `${this.#open.size}.db`)
    copyFileSync(this.#files.get(database)!, file)
    this.#copied.set(database, file)
    restrict(file, 0o600)
    const db = withRegexp(openWritable(file))
    this.#open.set(database, db)
    return db
  }

  /** Returns the path of the copy. */
  fileOf(database: string): string {
    this.at(database)
    return this.#copied.get(database)!
  }

  /** Closes and removes all copies. */
  close(): void {
    for (const db of this.#open.values()) db.close()
    if (this.#open.size > 0) rmSync(this.#folder, { recursive: true, force: true })
    this.#open.clear()
  }
}

/** Defines REGEXP, which applications define themselves, with JavaScript's regular expressions. */
export function withRegexp(db: SqliteDatabase): SqliteDatabase {
  return db.function('regexp', { deterministic: true }, (pattern: unknown, text: unknown) =>
    pattern === null || text === null ? null : Number(new RegExp(String(pattern), 'u').test(String(text))),
  )
}

export function refusalOn(db: SqliteDatabase, sql: string): string | null {
  try {
    db.prepare(sql)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

export function runOn(db: SqliteDatabase, sql: string, parameters: readonly SourceValue[]): SqliteOutcome {
  const rows: (readonly SourceValue[])[] = []
  let isCut = false
  const outcome = streamOn(db, sql, parameters, (row) => {
    isCut = rows.length >= MOST_ROWS
    if (!isCut) rows.push(row)
    return !isCut
  })
  if (outcome.kind === 'error') return outcome
  const { kind, columns, ms } = outcome
  return { kind: 'rows', columns, rows, isCut: isCut || kind === 'too-long', ms }
}

function columnsOf(
  columns: readonly {
    readonly name: string
    readonly column: string | null
    readonly table: string | null
  }[],
): SqliteColumn[] {
  return columns.map(({ name, column, table }) => ({
    name,
    origin: column === null || table === null ? null : { table, column },
  }))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export type Streamed =
  | {
      readonly kind: 'done' | 'too-long'
      readonly columns: readonly SqliteColumn[]
      readonly ms: number
    }
  | { readonly kind: 'error'; readonly message: string }

/** Passes each row to `onRow` until it returns false or `MOST_MS` have passed. Executes a statement that returns no rows. */
export function streamOn(
  db: SqliteDatabase,
  sql: string,
  parameters: readonly SourceValue[],
  onRow: (row: readonly SourceValue[]) => boolean,
): Streamed {
  try {
    const statement = db.prepare<unknown[]>(sql)
    if (!statement.reader) {
      statement.run(...parameters)
      return { kind: 'done', columns: [], ms: 0 }
    }
    statement.raw().safeIntegers()
    const columns = columnsOf(statement.columns())
    const startedAt = performance.now()
    let kind: 'done' | 'too-long' = 'done'
    for (const row of statement.iterate(...parameters) as IterableIterator<SourceValue[]>) {
      if (!onRow(row)) break
      if (performance.now() - startedAt > MOST_MS) {
        kind = 'too-long'
        break
      }
    }
    return { kind, columns, ms: performance.now() - startedAt }
  } catch (error) {
    return { kind: 'error', message: messageOf(error) }
  }
}
