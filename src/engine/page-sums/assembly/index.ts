/**
 * Sums the rows of a table's leaf pages as the server should return them. To be read beside
 * https://www.sqlite.org/fileformat2.html. It shares nothing with the page encoder, which the copy uses: neither code nor description.
 * Invariant: a row adds its hash to SUM, or is in LEFT, or the page is refused.
 */

import { addRow } from './digest'
import { writeField } from './fields'
import { fillDigits } from './hex'
import { FIELD_ROOM, LEFT, MEMORY_END, MOST_CELLS, ROW } from './layout'
import { LEAVE } from './outcome'
import { afterVarint, readRecord, readVarint } from './record'

export {
  BINARY,
  CHARACTERS,
  DATE,
  DECIMAL,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  OTHER,
  ROW_NUMBER,
  ROWID,
  SAME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TRUTH,
  UUID,
} from './fields'
export {
  CONSTANTS,
  CONSTANTS_BYTES,
  FIELD_BYTES,
  FIELDS,
  LEFT,
  MEMORY_END,
  MOST_COLUMNS,
  MOST_FIELDS,
  PAGES,
  PAGES_BYTES,
  REALS,
  ROW,
  SUM,
} from './layout'
export { sumMessages, takenMessages } from './messages'
export { LEAVE } from './outcome'

/** What `sumLeaf` returns. */
export const GO_ON: i32 = 0
/** A row after the range was met. */
export const RANGE_ENDS: i32 = 1
/** The page is none of a healthy table, or not the next one. */
export const REFUSED: i32 = 2

const LEAF: i32 = 13

let columns: i32 = 0
let fields: i32 = 0
let constantBytes: i32 = 0
let from: i64 = 0
let through: i64 = 0
let previous: i64 = 0
let hasPrevious: bool = false
let summed: i32 = 0
let left: i32 = 0
let rowsSeen: i32 = 0
let rowsBefore: i64 = 0

/** What holds for all rows: columns of a record, fields of a row, and bytes that constants take in it. */
export function beginTable(columnCount: i32, fieldCount: i32, bytesOfConstants: i32): void {
  columns = columnCount
  fields = fieldCount
  constantBytes = bytesOfConstants
  fillDigits()
}

/** Rows with rowids from `first` to `last`, both included; the first one has the number `before + 1`. */
export function beginRange(first: i64, last: i64, before: f64): void {
  from = first
  through = last
  hasPrevious = false
  summed = 0
  rowsSeen = 0
  rowsBefore = <i64>before
}

/** Rows of the range that were summed. */
export function summedRows(): i32 {
  return summed
}

/** Entries in LEFT, of the last leaf. */
export function leftRows(): i32 {
  return left
}

/** Sums the rows of the range on the next leaf, whose `usable` bytes begin at `page`. */
export function sumLeaf(page: i32, usable: i32): i32 {
  left = 0
  if (load<u8>(page) !== LEAF) return REFUSED
  const cells = <i32>bswap<u16>(load<u16>(page, 3))
  const pointers = page + 8
  const content = pointers + cells * 2
  const end = page + usable
  if (cells > MOST_CELLS || content > end) return REFUSED
  for (let cell = 0; cell < cells; cell++) {
    const start = page + <i32>bswap<u16>(load<u16>(pointers + cell * 2))
    // A cell takes four bytes at least.
    if (start < content || start > end - 4) return REFUSED
    const size = readVarint(start)
    const rowid = readVarint(afterVarint())
    const payload = afterVarint()
    if (hasPrevious && rowid <= previous) return REFUSED
    previous = rowid
    hasPrevious = true
    if (rowid < from) continue
    if (rowid > through) return RANGE_ENDS
    rowsSeen++
    // What is longer goes on in other pages.
    if (size < 0 || size > <i64>(usable - 35)) {
      leave(rowid)
      continue
    }
    if (size > <i64>(end - payload)) return REFUSED
    const rowEnd = writeRow(payload, <i32>size, rowid)
    if (rowEnd === LEAVE) {
      leave(rowid)
      continue
    }
    addRow(ROW, rowEnd)
    summed++
  }
  return GO_ON
}

function leave(rowid: i64): void {
  const entry = LEFT + left * 16
  store<i64>(entry, rowid)
  store<i64>(entry, rowsBefore + <i64>rowsSeen, 8)
  left++
}

/** Returns where the row ends, or LEAVE. */
function writeRow(payload: i32, size: i32, rowid: i64): i32 {
  if (!readRecord(payload, payload + size, columns)) return LEAVE
  let to = ROW
  for (let field = 0; field < fields; field++) {
    // What another encoder writes may be longer than its value.
    if (to + size + constantBytes + FIELD_ROOM > MEMORY_END) return LEAVE
    to = writeField(field, to, rowid, rowsBefore + <i64>rowsSeen)
    if (to === LEAVE) return LEAVE
  }
  return to + FIELD_ROOM > MEMORY_END ? LEAVE : to
}
