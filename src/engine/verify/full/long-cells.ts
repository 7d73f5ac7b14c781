/**
 * Cells of a snapshot that are compared by length and SHA-256, and are read in pieces for it: SQLite holds the value while a piece is
 * cut, this process only the piece. Invariant: what is said of such a cell is what `compare-texts.ts` says of the same bytes.
 */
import { createHash } from 'node:crypto'
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import { freeAtOnce } from '../../encode/cell/free-at-once.ts'
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import { saidDigest } from '../../rows/meaning/compare-texts.ts'
import { BrokenText, type SourceValue } from '../../rows/meaning/source-value.ts'
import { longValuesOf } from '../../source/base/long-values.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'

/** A TEXT or BLOB of megabytes that goes over as it is. */
export class LongCell {
  readonly #pieces: () => Iterable<Buffer>
  readonly #bytes: number

  constructor(bytes: number, pieces: () => Iterable<Buffer>) {
    this.#bytes = bytes
    this.#pieces = pieces
  }

  /** As the target says of the same value. */
  say(): string {
    const hash = createHash('sha256')
    for (const piece of this.#pieces()) {
      hash.update(piece)
      freeAtOnce(piece)
    }
    return saidDigest(this.#bytes, hash.digest('hex'))
  }
}

/** SQLite assembles the value again for each piece. */
const PIECE_BYTES = 24 << 20
const MOST_PIECES = 12

export class LongCells {
  /** Positions in `read.columns`. */
  readonly #columns: readonly number[]
  readonly #db: SqliteDatabase
  readonly #copy: CopyPlan
  readonly #table: string

  /** `hasLong`: some rows are large enough. */
  constructor(db: SqliteDatabase, table: TablePlan, copy: CopyPlan, hasLong: boolean) {
    // Text in UTF-16 is no UTF-8 in pieces.
    const isShown = hasLong && db.pragma('encoding', { simple: true }) === 'UTF-8'
    this.#columns = isShown ? longValuesOf(copy).columns : []
    this.#db = db
    this.#copy = copy
    this.#table = `main.${quoteSqlite(table.table)}`
  }

  /** The column at a position of `read.columns`, null where its cell is long. */
  expression(index: number): string {
    const name = quoteSqlite(this.#copy.read.columns[index]!)
    return this.#columns.includes(index) ? `iif(${isLong(name)}, null, ${name})` : name
  }

  /** Result columns to stand behind all others: the bytes of each long cell, below zero for text, else null. */
  get lengths(): readonly string[] {
    return this.#columns.map((index) => {
      const name = quoteSqlite(this.#copy.read.columns[index]!)
      return `iif(${isLong(name)}, iif(typeof(${name}) = 'text', -1, 1) * octet_length(${name}), null)`
    })
  }

  /** The row's cells, long ones among them; `lengths` as they were read. */
  put(
    cells: readonly SourceValue[],
    rowid: SourceValue,
    lengths: readonly SourceValue[],
  ): readonly (SourceValue | LongCell)[] {
    if (lengths.every((length) => length === null)) return cells
    const all: (SourceValue | LongCell)[] = [...cells]
    this.#columns.forEach((index, at) => {
      const length = lengths[at]
      if (length != null) all[index] = this.#cellOf(index, Number(length), cells, rowid)
    })
    return all
  }

  #cellOf(index: number, length: number, cells: readonly SourceValue[], rowid: SourceValue): LongCell {
    const { key, read } = this.#copy
    const parts: readonly (readonly [string, SourceValue])[] =
      key.kind === 'primary-key'
        ? key.columns.map(({ name }) => [name, cells[read.columns.indexOf(name)]!])
        : key.kind === 'rowid'
          ? [[key.name, rowid]]
          : []
    const where = parts.map(
      ([name, value]) => `${quoteSqlite(name)} is ${value instanceof BrokenText ? 'cast(? as text)' : '?'}`,
    )
    const parameters = parts.map(([, value]) => (value instanceof BrokenText ? value.bytes : value))
    const name = quoteSqlite(read.columns[index]!)
    // SQLite copies what it casts.
    const value = length < 0 ? `cast(${name} as blob)` : name
    const bytes = Math.abs(length)
    const piece = this.#db
      .prepare(`select substr(${value}, ?, ?) from ${this.#table} where ${where.join(' and ')}`)
      .pluck()
    const step = Math.max(PIECE_BYTES, Math.ceil(bytes / MOST_PIECES))
    return new LongCell(bytes, function* () {
      for (let at = 0; at < bytes; at += step) yield piece.get(at + 1, step, ...parameters) as Buffer
    })
  }
}

function isLong(name: string): string {
  return `typeof(${name}) in ('text', 'blob') and octet_length(${name}) >= ${LONG_BYTES}`
}
