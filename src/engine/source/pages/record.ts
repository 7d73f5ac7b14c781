import { type Cell, NULL } from '../../encode/cell/cell.ts'
import { PageError } from './page-error.ts'
import type { RecordBytes } from './page-window.ts'
import { rowidOf, Varint } from './varint.ts'

/** A column stored in the table's records, in their order. */
export type StoredColumn = {
  readonly name: string
  /** The cell that gets the value. */
  readonly cell: Cell
  /** Whether it has REAL affinity: a whole number is then stored as an integer to save space (§2.1), but is a REAL. */
  readonly real: boolean
  /** The value in records written before the column was added; null when unknown. */
  readonly added: Cell | null
}

/**
 * The record format (§2.1): a header (its own size, then one serial type for each column, all varints), then the columns' values.
 * Invariant: after `decode`, every cell holds this record's value, and the record was used up to its last byte; cells refer to the record's
 * bytes and own none.
 */
export class RecordDecoder {
  readonly #columns: readonly StoredColumn[]
  readonly #cells: readonly Cell[]
  readonly #reals: Uint8Array
  readonly #varint = new Varint()

  constructor(columns: readonly StoredColumn[]) {
    this.#columns = columns
    this.#cells = columns.map((column) => column.cell)
    this.#reals = Uint8Array.from(columns, (column) => (column.real ? 1 : 0))
  }

  /** Fills the cells from the record `source.bytes[start, end)`, which is on `page`. */
  decode(source: RecordBytes, start: number, end: number, page: number): void {
    const { bytes } = source
    const cells = this.#cells
    const reals = this.#reals
    const count = cells.length
    // The header's size includes its own varint.
    let header = start + 1
    let headerSize = bytes[start]!
    if (headerSize >= 0x80) {
      headerSize = this.#long(bytes, start, page)
      header = this.#varint.end
    }
    const bodyAt = start + headerSize
    if (header > bodyAt || bodyAt > end)
      throw new PageError(page, 'has a record with a header of impossible size')
    let value = bodyAt
    let column = 0
    while (header < bodyAt && column < count) {
      let type = bytes[header]!
      if (type < 0x80) {
        header++
      } else {
        type = this.#long(bytes, header, page)
        header = this.#varint.end
      }
      const cell = cells[column]!
      if (type >= 12) {
        // 12 and greater: a BLOB of (N-12)/2 bytes if even, text of (N-13)/2 bytes if odd.
        const from = value
        value += (type - 12) >>> 1
        if (type & 1) cell.setText(bytes, from, value)
        else cell.setBlob(bytes, from, value)
      } else if (type === 7) {
        // An IEEE 754 double, most significant byte first.
        if (value + 8 > end) break
        cell.setReal(source.view.getFloat64(value))
        value += 8
      } else if (type === 0) {
        cell.setNull()
      } else {
        let integer = 0
        switch (type) {
          // 1, 2, 3, 4: two's complement integers of as many bytes.
          case 1:
            integer = (bytes[value]! << 24) >> 24
            value += 1
            break
          case 2:
            integer = ((bytes[value]! << 24) >> 16) | bytes[value + 1]!
            value += 2
            break
          case 3:
            integer = ((bytes[value]! << 24) >> 8) | (bytes[value + 1]! << 8) | bytes[value + 2]!
            value += 3
            break
          case 4:
            integer = int32(bytes, value)
            value += 4
            break
          // 5: six bytes.
          case 5:
            integer =
              (((bytes[value]! << 24) >> 16) | bytes[value + 1]!) * 4294967296 +
              (int32(bytes, value + 2) >>> 0)
            value += 6
            break
          // 6: eight bytes. A number has 53 bits, enough if the upper half has 21 and a sign.
          case 6: {
            const high = int32(bytes, value)
            const low = int32(bytes, value + 4)
            value += 8
            if (high >= -0x200000 && high < 0x200000) {
              integer = high * 4294967296 + (low >>> 0)
              break
            }
            const big = rowidOf(high, low)
            if (reals[column] === 1) cell.setReal(Number(big))
            else cell.setBigInteger(big)
            column++
            continue
          }
          // 8 and 9: the integers 0 and 1, without value bytes.
          case 8:
            break
          case 9:
            integer = 1
            break
          // 10 and 11: "reserved for internal use", never in a valid file.
          default:
            throw new PageError(page, `has a record with the serial type ${type}`)
        }
        if (reals[column] === 1) cell.setReal(integer)
        else cell.setInteger(integer)
      }
      column++
    }
    if (header !== bodyAt) throw new PageError(page, 'has a record whose header does not fit the columns')
    if (value !== end) throw new PageError(page, 'has a record whose values do not fill it')
    if (column < count) this.#fillAdded(column, page)
  }

  /** Reads a varint of more than one byte: at most a serial type for 2^31-1 bytes, the longest value that SQLite can store. */
  #long(bytes: Buffer, at: number, page: number): number {
    const varint = this.#varint
    varint.read(bytes, at)
    const type = varint.size()
    if (type < 0 || type > LARGEST_TYPE)
      throw new PageError(page, `has a record with the serial type ${type}`)
    return type
  }

  /** §2.1: a record may have fewer values than the table has columns; the missing columns were added later (ALTER TABLE ADD COLUMN). */
  #fillAdded(from: number, page: number): void {
    for (const { cell, added, name } of this.#columns.slice(from)) {
      if (added === null) {
        throw new PageError(
          page,
          `has a record without the column ${name}, whose default is not a plain literal`,
        )
      }
      copyCell(added, cell)
    }
  }
}

const LARGEST_TYPE = 2 * 0x7fffffff + 13

function copyCell(from: Cell, to: Cell): void {
  to.storage = from.storage
  if (from.storage === NULL) return
  to.number = from.number
  to.big = from.big
  to.buffer = from.buffer
  to.start = from.start
  to.end = from.end
}

function int32(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
