/**
 * Reads long values through SQLite piece by piece: SQLite's memory holds the whole value while a piece is cut, ours never does. Invariant:
 * whether a value is long is determined without reading it (https://www.sqlite.org/lang_corefunc.html#octet_length).
 */
import { BLOB, type Cell, type LongBytes, TEXT } from '../../encode/cell/cell.ts'
import { freeAtOnce } from '../../encode/cell/free-at-once.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import type { SourceKey } from '../../model/catalog.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { TextEncoding } from '../base/file-header.ts'
import { KEY_PLACEHOLDER, keyParameters } from '../base/raw-cells.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'

/** The size of a piece in bytes, and the most pieces of a value, since SQLite assembles the value again for each. */
const PIECE_BYTES = 24 << 20
const MOST_PIECES = 12

type LongTable = {
  readonly db: SqliteDatabase
  readonly encoding: TextEncoding
  /** Quoted, with the schema. */
  readonly table: string
  readonly key: SourceKey
}

export class LongColumn {
  /** SQL for the value if it isn't long, else null. */
  readonly plain: string
  /** SQL for the length of a long value in bytes, negative for text; 0 if it isn't long. */
  readonly length: string
  readonly #name: string
  readonly #db: SqliteDatabase
  readonly #from: string
  readonly #encoding: TextEncoding

  /** `bytes`: the size from which a value is long. */
  constructor({ db, encoding, table, key }: LongTable, column: string, bytes: number) {
    const name = quoteSqlite(column)
    // A piece of UTF-16 text cannot be converted to UTF-8 alone.
    const isShown = encoding === 'utf8' ? "in ('text', 'blob')" : "= 'blob'"
    const isLong = `typeof(${name}) ${isShown} and octet_length(${name}) >= ${bytes}`
    this.#name = name
    this.#db = db
    this.#encoding = encoding
    this.#from = `from ${table} where ${conditionOf(key)}`
    this.plain = `iif(${isLong}, null, ${name})`
    this.length = `iif(${isLong}, iif(typeof(${name}) = 'text', -1, 1) * octet_length(${name}), 0)`
  }

  /** Sets `cell` to the long value of the row with the given key. */
  show(cell: Cell, length: number, key: readonly Cell[]): void {
    const encoding = this.#encoding
    const parameters = key.flatMap((part) => keyParameters(storedCellOf(part), encoding))
    cell.setLong(length < 0 ? TEXT : BLOB, this.#bytes(Math.abs(length), length < 0, parameters))
  }

  #bytes(length: number, isText: boolean, parameters: readonly unknown[]): LongBytes {
    const value = isText ? `cast(${this.#name} as blob)` : this.#name
    const step = Math.max(PIECE_BYTES, Math.ceil(length / MOST_PIECES))
    const piece = this.#db.prepare(`select substr(${value}, ?, ?) ${this.#from}`).pluck()
    return {
      length,
      *pieces() {
        for (let at = 0; at < length; at += step) {
          const bytes = piece.get(at + 1, step, ...parameters) as Buffer
          yield bytes
          freeAtOnce(bytes)
        }
      },
    }
  }
}

function conditionOf(key: SourceKey): string {
  switch (key.kind) {
    case 'rowid':
      return `${quoteSqlite(key.name)} = ${KEY_PLACEHOLDER}`
    case 'primary-key':
      return key.columns.map(({ name }) => `${quoteSqlite(name)} is ${KEY_PLACEHOLDER}`).join(' and ')
    case 'none':
      throw new TypeError('rows of a table without a key are not found again')
    default:
      return key satisfies never
  }
}
