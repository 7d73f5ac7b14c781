/**
 * One source value, as the encoder sees it. Readers fill the same few Cell objects for every row, so that no object is made per value; an
 * encoder must not keep one. Invariant: `storage` says which other fields are valid.
 */

export const NULL = 0
export const INTEGER = 1
export const REAL = 2
export const TEXT = 3
export const BLOB = 4
type Storage = typeof NULL | typeof INTEGER | typeof REAL | typeof TEXT | typeof BLOB

const NO_BYTES = Buffer.alloc(0)

/** The bytes of a value that is too large to be held in memory. */
export type LongBytes = {
  readonly length: number
  /** Yields all bytes in order, in pieces that are valid until the next is requested. May be called repeatedly while the reader is open. */
  pieces(): Iterable<Buffer>
}

/** From this size in bytes, a reader may represent a value as `LongBytes` if its caller allows it. */
export const LONG_BYTES = 8 << 20

/** Marks a cell whose bytes are in `long`; empty, so that code which mistakes it for the value reads nothing. */
const LONG = Buffer.alloc(0)

export class Cell {
  storage: Storage = NULL
  /** INTEGER: the value if |value| ≤ 2^53, else NaN and the value is in `big`. REAL: the value, possibly ±Infinity. */
  number = 0
  /** INTEGER beyond 2^53. */
  big = 0n
  /** TEXT (UTF-8, possibly invalid, as stored) and BLOB: the bytes `buffer[start, end)`. */
  buffer: Buffer = NO_BYTES
  start = 0
  end = 0
  /** The bytes, when `isLong`. */
  long: LongBytes | null = null

  setNull(): void {
    this.storage = NULL
  }
  setInteger(value: number): void {
    this.storage = INTEGER
    this.number = value
  }
  /** Sets any 64-bit integer; it is kept as a number if that is exact. */
  setBigInteger(value: bigint): void {
    this.storage = INTEGER
    if (value >= -9007199254740992n && value <= 9007199254740992n) {
      this.number = Number(value)
    } else {
      this.number = Number.NaN
      this.big = value
    }
  }
  setReal(value: number): void {
    this.storage = REAL
    this.number = value
  }
  setText(buffer: Buffer, start: number, end: number): void {
    this.storage = TEXT
    this.buffer = buffer
    this.start = start
    this.end = end
  }
  setBlob(buffer: Buffer, start: number, end: number): void {
    this.storage = BLOB
    this.buffer = buffer
    this.start = start
    this.end = end
  }
  setLong(storage: typeof TEXT | typeof BLOB, long: LongBytes): void {
    this.storage = storage
    this.buffer = LONG
    this.start = 0
    this.end = long.length
    this.long = long
  }
  /** Whether the bytes of TEXT or BLOB are only in `long`. */
  get isLong(): boolean {
    return this.buffer === LONG
  }
  /** The bytes of TEXT or BLOB in memory, however long. */
  bytes(): Buffer {
    return this.isLong ? inOnePiece(this.long!) : this.buffer.subarray(this.start, this.end)
  }
  /** The INTEGER as bigint, whatever its size. */
  integer(): bigint {
    return Number.isNaN(this.number) ? this.big : BigInt(this.number)
  }
}

/** Returns all bytes in memory of their own, which `freeAtOnce` can free. */
export function inOnePiece(long: LongBytes): Buffer {
  const bytes = Buffer.allocUnsafeSlow(long.length)
  let at = 0
  for (const piece of long.pieces()) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** The cells of a fold's child row or a pivot's member row, with what its quarantine or archive entry needs; reused like any Cell. */
export type NestedRow = readonly Cell[] & {
  /** The child's or member's own rowid; its `storage` is NULL when the table has none. */
  readonly rowid: Cell
  /** The row's number in its own table's key order, from 1. */
  readonly ordinal: number
}

/** A row from a reader, valid only until the reader continues. */
export type SourceRow = {
  /** The rowid; its `storage` is NULL when the table has none. For a pivot, the number of the group, from 1. */
  readonly rowid: Cell
  /** The row's number in key order, from 1. */
  readonly ordinal: number
  /** `CopyPlan.read.columns`, then `read.expressions`; for a pivot, those of the group's first row. */
  readonly cells: readonly Cell[]
  /** False when the plan's filter excludes the row, which is then counted but not encoded. */
  readonly wanted: boolean
  /** The cells of `FoldPlan.columns` of each child row, in the child's key order. */
  children(fold: number): Iterable<NestedRow>
  /** A pivot's source rows in rowid order, `CopyPlan.read.columns` of each, the first one included. */
  members(): Iterable<NestedRow>
  /** Tells the reader that the cells are no longer used, so that it may release a large row's memory before it continues. */
  forget(): void
}
