/**
 * Writes the rows of a key range, in key order, as rows of `main.batch`, which the caller empties before. Invariant: each call continues
 * after the last row of the call before. The first column is the rowid, or whether the row is within the range.
 */
import { Cell } from '../../encode/cell/cell.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import type { KeyRange } from '../../model/block.ts'
import type { SourceKey } from '../../model/catalog.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { TextEncoding } from '../base/file-header.ts'
import { afterAtLevel, keyColumns, orderBy, upTo } from '../base/key-order.ts'
import {
  fillCells,
  keyParameters,
  projected,
  type RawRow,
  TextScratch,
  textEncodingOf,
} from '../base/raw-cells.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { rowidBounds } from './row-batches.ts'

export type BatchWriter = {
  /** Writes the next rows, `limit` at most. Returns how many of them, the first ones, are within the range. */
  write(limit: number): number
}

/** `table`: quoted, with the schema. */
type Source = { readonly db: SqliteDatabase; readonly table: string; readonly columns: readonly string[] }

type Writing = { run(...parameters: unknown[]): { changes: number } }

/** Keeps the rowids. */
export class RowidWriter implements BatchWriter {
  readonly #insert: Writing
  readonly #last: { get(): unknown }
  #from: bigint
  readonly #through: bigint

  constructor({ db, table, columns }: Source, key: SourceKey & { kind: 'rowid' }, range: KeyRange) {
    const rowid = quoteSqlite(key.name)
    // An INTEGER PRIMARY KEY is the rowid.
    const values = columns.map((name) => (name === key.column ? 'null' : quoteSqlite(name)))
    this.#insert = db
      .prepare(
        `insert into main.batch (${['rowid', 'first', ...placesOf(columns)].join(', ')})
select ${[rowid, rowid, ...values].join(', ')}
from ${table}
where ${rowid} >= ? and ${rowid} <= ?
order by ${rowid}
limit ?`,
      )
      .safeIntegers()
    this.#last = db.prepare('select max(rowid) from main.batch').pluck().safeIntegers()
    const { from, through } = rowidBounds(range)
    this.#from = from
    this.#through = through
  }

  write(limit: number): number {
    if (this.#from > this.#through) return 0
    const { changes } = this.#insert.run(this.#from, this.#through, limit)
    this.#from = changes < limit ? this.#through + 1n : (this.#last.get() as bigint) + 1n
    return changes
  }
}

/** For a WITHOUT ROWID table: rows get the rowids 1, 2, 3 … of each batch. */
export class KeyedWriter implements BatchWriter {
  readonly #inserts: readonly Writing[]
  readonly #insertFirst: Writing
  readonly #within: { get(): unknown }
  readonly #isLastWithin: { get(): unknown }
  readonly #key: { get(rowid: bigint): unknown }
  readonly #cells: readonly Cell[]
  readonly #scratch = new TextScratch()
  readonly #encoding: TextEncoding
  readonly #through: readonly unknown[]
  /** The key to continue after, as parameters by column; null before the table's first row. */
  #after: readonly (readonly unknown[])[] | null
  /** The next step of `afterAtLevel`; negative at the end. */
  #level: number

  constructor(
    { db, table, columns }: Source,
    key: SourceKey & { kind: 'primary-key' },
    { after, through }: KeyRange,
  ) {
    this.#encoding = textEncodingOf(db)
    const ofKey = keyColumns(key)
    const within = through === null ? '1' : upTo(ofKey)
    const insert = (where: string): Writing =>
      db.prepare(
        `insert into main.batch (${['first', ...placesOf(columns)].join(', ')})
select ${[within, ...columns.map(quoteSqlite)].join(', ')}
from ${table}
${where}order by ${orderBy(ofKey)}
limit ?`,
      )
    this.#inserts = ofKey.map((_, level) => insert(`where ${afterAtLevel(ofKey, level)}\n`))
    this.#insertFirst = insert('')
    this.#within = db.prepare('select count(*) from main.batch where first').pluck()
    this.#isLastWithin = db.prepare('select first from main.batch order by rowid desc limit 1').pluck()
    const places = key.columns.map(({ name }) => `c${columns.indexOf(name)}`)
    this.#key = db
      .prepare(
        `select ${places.flatMap((place) => projected(place, 'bytes')).join(', ')} from main.batch where rowid = ?`,
      )
      .raw()
      .safeIntegers()
    this.#cells = ofKey.map(() => new Cell())
    const bounds = (through ?? []).map((cell) => keyParameters(cell, this.#encoding))
    this.#through = bounds.flatMap((group, index) =>
      index === bounds.length - 1 ? group : [...group, ...group],
    )
    this.#after = after?.map((cell) => keyParameters(cell, this.#encoding)) ?? null
    this.#level = after === null ? 0 : ofKey.length - 1
  }

  write(limit: number): number {
    let rows = 0
    while (this.#level >= 0 && rows < limit) {
      rows += this.#writeLevel(limit - rows)
      if (rows === limit) this.#continueAfter(BigInt(rows))
      else this.#level = this.#after === null ? -1 : this.#level - 1
      if (rows === 0 || this.#isLastWithin.get() === 1) continue
      this.#level = -1
      return Number(this.#within.get())
    }
    return rows
  }

  #writeLevel(limit: number): number {
    const after = this.#after
    if (after === null) return this.#insertFirst.run(...this.#through, limit).changes
    const parameters = after.slice(0, this.#level + 1).flat()
    return this.#inserts[this.#level]!.run(...this.#through, ...parameters, limit).changes
  }

  #continueAfter(rowid: bigint): void {
    this.#scratch.reset()
    fillCells(this.#cells, this.#key.get(rowid) as RawRow, 0, 'bytes', this.#encoding, this.#scratch)
    this.#after = this.#cells.map((cell) => keyParameters(storedCellOf(cell), this.#encoding))
    this.#level = this.#cells.length - 1
  }
}

function placesOf(columns: readonly string[]): readonly string[] {
  return columns.map((_, index) => `c${index}`)
}
