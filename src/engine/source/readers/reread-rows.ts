/**
 * Has SQLite write a table's rows into the small database of a `Rewriting` for the verification, by other statements than the copy's
 * (rewritten-rows.ts): the columns in the table's order, and as many rows after a key as the block has, wherever they end. Invariant: shares
 * with the copy how keys are compared, and nothing that decides what is written for a column; a block of which there are fewer rows
 * is summed without them.
 */
import { Cell } from '../../encode/cell/cell.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import type { Block, KeyRange } from '../../model/block.ts'
import { type SourceKey, undeclared } from '../../model/catalog.ts'
import type { StoredCell } from '../../model/storage.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { TextEncoding } from '../base/file-header.ts'
import { afterAtLevel, keyColumns, orderBy } from '../base/key-order.ts'
import {
  fillCells,
  keyParameters,
  projected,
  type RawRow,
  TextScratch,
  textEncodingOf,
} from '../base/raw-cells.ts'
import type { StoredRows } from '../base/reader.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { rangeOfRow } from '../leaves/rowid-ranges.ts'
import type { ReadPlan } from '../pages/page-reader.ts'
import type { Rewriting } from './rewriting.ts'

/** The most rows of a batch, and the most bytes of their records; other sizes than the copy's, so that their ends do not coincide. */
const MOST_ROWS = 3000
const MOST_BYTES = 12_000_000

type Key = readonly StoredCell[]

/** `rows` rows of the small database, all that it has; the table has `rowsBefore` rows before them. */
export type RereadBatch = Pick<Block, 'range' | 'rowsBefore' | 'rows'>

export type RereadBatches = {
  /** Writes the next batch in place of the last one. Returns null at the end of the block, or of the table. */
  next(): RereadBatch | null
  /** The keys in the snapshot of `rows` consecutive rows of the last batch, from `rowid` on. */
  keysOf(rowid: bigint, rows: number): KeyRange
}

type Statement = { run(...parameters: readonly unknown[]): { readonly changes: number } }

export class RereadRows {
  /** How the rows are stored in the small database, with the columns' own names: a table with a rowid keeps it. */
  readonly stored: StoredRows
  readonly #mostRows: number
  readonly #empty: Statement
  readonly #first: Statement
  /** One for each column of the key (`afterAtLevel`). */
  readonly #afterLevel: readonly Statement[]
  readonly #last: { get(): unknown }
  /** Null where the key is the rowid. */
  readonly #key: { get(rowid: bigint): unknown } | null
  readonly #cells: readonly Cell[]
  readonly #scratch = new TextScratch()
  readonly #encoding: TextEncoding

  /** For a table that `isRewritable`; ends the use of `rewriting` by others, and needs it until its own end. */
  constructor({ db }: Rewriting, table: string, { key, read }: ReadPlan, largestRow: number) {
    this.#encoding = textEncodingOf(db)
    const ofKey = keyColumns(key)
    const columns = read.table.columns.map(({ name }) => name).filter((name) => read.columns.includes(name))
    const values = columns.map((name, column) => ({ place: placeOf(column), from: quoteSqlite(name) }))
    // Columns without a type convert nothing (https://www.sqlite.org/datatype3.html, section 3.1).
    db.exec(`drop table main.batch; create table main.batch (${values.map(({ place }) => place).join(', ')})`)
    const rowid = key.kind === 'rowid' ? [{ place: 'rowid', from: quoteSqlite(key.name) }] : []
    const written = [...rowid, ...values]
    const write = (condition: string): Statement =>
      db.prepare(
        `insert into main.batch (${written.map(({ place }) => place).join(', ')})
         select ${written.map(({ from }) => from).join(', ')} from snapshot.${quoteSqlite(table)}${condition}
         order by ${orderBy(ofKey)} limit ?`,
      )
    this.#first = write('')
    this.#afterLevel = ofKey.map((_, level) => write(` where ${afterAtLevel(ofKey, level)}`))
    this.#empty = db.prepare('delete from main.batch')
    this.#last = db.prepare('select max(rowid) from main.batch').pluck().safeIntegers()
    this.#key = key.kind === 'primary-key' ? selectKey(db, key, columns) : null
    this.#cells = ofKey.map(() => new Cell())
    this.#mostRows = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_BYTES / (largestRow + 1))))
    const rootPage = db.prepare("select rootpage from main.sqlite_schema where name = 'batch'").pluck().get()
    this.stored = {
      key: { kind: 'rowid', name: 'rowid', column: key.kind === 'rowid' ? key.column : null },
      table: {
        rootPage: Number(rootPage),
        withoutRowid: false,
        columns: columns.map((name) => ({ ...undeclared, name })),
      },
    }
  }

  open({ range, rowsBefore, rows }: Pick<Block, 'range' | 'rowsBefore' | 'rows'>): RereadBatches {
    let after: Key | null = range.after
    let batch: RereadBatch = { range: WHOLE, rowsBefore, rows: 0 }
    let left = rows
    return {
      next: () => {
        if (batch.rows > 0) after = this.#keyAt(this.#last.get() as bigint)
        this.#empty.run()
        const written = this.#write(after, Math.min(left, this.#mostRows))
        batch = { range: WHOLE, rowsBefore: batch.rowsBefore + batch.rows, rows: written }
        left -= written
        return written === 0 ? null : batch
      },
      keysOf: (rowid, count) => ({
        after: this.#key === null ? rangeOfRow(rowid).after : rowid === 1n ? after : this.#keyAt(rowid - 1n),
        through: this.#keyAt(rowid + BigInt(count) - 1n),
      }),
    }
  }

  /** Writes the first `limit` rows after a key, or of the table. Returns how many there were. */
  #write(after: Key | null, limit: number): number {
    if (after === null) return this.#first.run(limit).changes
    const groups = after.map((cell) => keyParameters(cell, this.#encoding))
    let rows = 0
    for (let level = groups.length - 1; level >= 0 && rows < limit; level--)
      rows += this.#afterLevel[level]!.run(...groups.slice(0, level + 1).flat(), limit - rows).changes
    return rows
  }

  /** The key in the snapshot of a row of the batch. */
  #keyAt(rowid: bigint): Key {
    if (this.#key === null) return [{ integer: String(rowid) }]
    this.#scratch.reset()
    fillCells(this.#cells, this.#key.get(rowid) as RawRow, 0, 'bytes', this.#encoding, this.#scratch)
    return this.#cells.map(storedCellOf)
  }
}

const WHOLE: KeyRange = { after: null, through: null }

function selectKey(db: SqliteDatabase, key: SourceKey & { kind: 'primary-key' }, columns: readonly string[]) {
  const parts = key.columns.flatMap(({ name }) => projected(placeOf(columns.indexOf(name)), 'bytes'))
  return db
    .prepare(`select ${parts.join(', ')} from main.batch where rowid = ?`)
    .raw()
    .safeIntegers()
}

const placeOf = (column: number): string => `v${column}`
