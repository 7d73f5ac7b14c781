/**
 * Cells of a snapshot that are compared by length and SHA-256 and therefore read in pieces: SQLite holds the value while it cuts a piece, this
 * process only the piece. Invariant: the result is what `compare-texts.ts` returns for the same bytes.
 */
import { createHash } from 'node:crypto'
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import { freeAtOnce } from '../../encode/cell/free-at-once.ts'
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import { printDigest } from '../../rows/meaning/compare-texts.ts'
import { BrokenText, type SourceValue } from '../../rows/meaning/source-value.ts'
import { longValuesOf } from '../../source/base/long-values.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'

/** A TEXT or BLOB of megabytes that the target holds as it is stored. */
export class LongCell {
  readonly #pieces: () => Iterable<Buffer>
  readonly #bytes: number

  constructor(bytes: number, pieces: () => Iterable<Buffer>) {
    this.#bytes = bytes
    this.#pieces = pieces
  }

  /** Returns the text that the target's query returns for the same value. */
  print(): string {
    const hash = createHash('sha256')
    for (const piece of this.#pieces()) {
      hash.update(piece)
      freeAtOnce(piece)
    }
    return printDigest(this.#bytes, hash.digest('hex'))
  }
}

/** Large, because SQLite assembles the whole value for each piece. */
const PIECE_BYTES = 24 << 20
const MOST_PIECES = 12

export class LongCells {
  /** Positions in `read.columns`. */
  readonly #columns: readonly number[]
  readonly #db: SqliteDatabase
  readonly #copy: CopyPlan
  readonly #table: string

  /** `digested`: the columns of JSON that may be long; null when no row is large enough. */
  constructor(db: SqliteDatabase, table: TablePlan, copy: CopyPlan, digested: ReadonlySet<string> | null) {
    // Pieces of UTF-16 text are not UTF-8.
    const isShown = digested !== null && db.pragma('encoding', { simple: true }) === 'UTF-8'
    this.#columns = isShown ? longValuesOf(copy, digested).columns : []
    this.#db = db
    this.#copy = copy
    this.#table = `main.${quoteSqlite(table.table)}`
  }

  /** Returns SQL for the column at a position in `read.columns`, null when its cell is long. */
  expression(index: number): string {
    const name = quoteSqlite(this.#copy.read.columns[index]!)
    return this.#columns.includes(index) ? `iif(${isLong(name)}, null, ${name})` : name
  }

  /** Result columns after all others: the size of each long cell in bytes, negative for text; else null. */
  get lengths(): readonly string[] {
    return this.#columns.map((index) => {
      const name = quoteSqlite(this.#copy.read.columns[index]!)
      return `iif(${isLong(name)}, iif(typeof(${name}) = 'text', -1, 1) * octet_length(${name}), null)`
    })
  }

  /** Returns the row's cells with the long ones; `lengths`: the values of the columns `lengths`. */
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
    // SQLite copies what it casts, so only text is cast.
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
