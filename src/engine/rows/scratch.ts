/**
 * Lookup tables of an export, in a temporary SQLite file, so that memory does not grow with the tables. Invariant: an archive entry is taken
 * once; rows put aside are returned in the order of their places, then in the order in which they came.
 */

import { rmSync } from 'node:fs'
import type { ArchiveEntry } from '../model/journal.ts'
import type { StoredCell } from '../model/storage.ts'
import { openScratch, type SqliteDatabase } from '../source/base/sqlite.ts'
import { IdTable } from './id-table.ts'

export type Kept = Readonly<Record<string, StoredCell>>
export type ShelfEntry = {
  readonly key: readonly StoredCell[]
  readonly ordinal: number
  readonly rows: readonly Kept[]
}

export class Scratch {
  readonly #db: SqliteDatabase
  readonly #file: string
  #tables = 0

  constructor(file: string) {
    this.#file = file
    this.#db = openScratch(file)
    this.#db.exec('begin')
  }

  /** Stores the archive entries of one table by the match of their target row. */
  async shelve(entries: AsyncIterable<ArchiveEntry>): Promise<Shelf> {
    const name = this.#create(
      `(id integer primary key, match text, ordinal integer, "key" text, "rows" text)`,
    )
    const insert = this.#db.prepare(`insert into ${name}(match, ordinal, "key", "rows") values (?, ?, ?, ?)`)
    let count = 0
    for await (const { targetRow, key, ordinal, rows } of entries) {
      const keyText = JSON.stringify(key)
      insert.run(targetRow ?? keyText, ordinal, keyText, JSON.stringify(rows))
      count++
    }
    this.#db.exec(`create index ${name}_match on ${name}(match, id)`)
    return new Shelf(this.#db, name, count)
  }

  putAside(): Aside {
    const name = this.#create('(id integer primary key, place integer, cells text)')
    return new Aside(this.#db, name)
  }

  /** Returns a table for ids by the UUIDs that the target derived from them. */
  identities(): IdTable {
    return new IdTable(this.#db, `ids${this.#tables++}`)
  }

  close(): void {
    this.#db.close()
    rmSync(this.#file, { force: true })
  }

  #create(columns: string): string {
    const name = `t${this.#tables++}`
    this.#db.exec(`create table ${name}${columns}`)
    return name
  }
}

type Row = { id: number; ordinal: number; key: string; rows: string }

export class Shelf {
  readonly #find
  readonly #remove
  /** Entries not taken yet. */
  left: number

  constructor(db: SqliteDatabase, name: string, count: number) {
    this.left = count
    this.#find = db.prepare<[string], Row>(
      `select id, ordinal, "key", "rows" from ${name} where match = ? order by id limit 1`,
    )
    this.#remove = db.prepare(`delete from ${name} where id = ?`)
  }

  /** `match`: the target row's match, or its key as JSON. */
  take(match: string): ShelfEntry | null {
    if (this.left === 0) return null
    const row = this.#find.get(match)
    if (row === undefined) return null
    this.#remove.run(row.id)
    this.left--
    return { key: JSON.parse(row.key), ordinal: row.ordinal, rows: JSON.parse(row.rows) }
  }
}

export class Aside {
  readonly #db: SqliteDatabase
  readonly #name: string
  readonly #insert

  constructor(db: SqliteDatabase, name: string) {
    this.#db = db
    this.#name = name
    this.#insert = db.prepare<[number | null, string]>(`insert into ${name}(place, cells) values (?, ?)`)
  }

  put(place: number | null, cells: Kept): void {
    this.#insert.run(place, JSON.stringify(cells))
  }

  *rows(): Generator<Kept> {
    const all = this.#db.prepare<[], { cells: string }>(
      `select cells from ${this.#name} order by place is null, place, id`,
    )
    for (const { cells } of all.iterate()) yield JSON.parse(cells) as Kept
  }
}
