/**
 * Sums the hashes of the rows on a table's leaf pages, in the bytes that the server should return. Read it beside
 * https://www.sqlite.org/fileformat2.html. It shares neither code nor table description with the page encoder, which the copy uses.
 * Invariant: a row adds its hash to SUM or CHANGING_SUM, or is in LEFT, or its page is refused.
 */
import { completeRecord } from '../../source/leaves/assembly/added'
import {
  beginCells,
  beginLeaf,
  CELL,
  nextCell,
  payload,
  REFUSED,
  rowid,
  size,
} from '../../source/leaves/assembly/leaf'
import { readRecord } from '../../source/leaves/assembly/record'
import { mostInUtf8, rewriteTexts } from '../../source/leaves/assembly/utf16'
import { learnAdded, see } from './caller'
import { addRow } from './digest'
import { beginRow, isChanging, isKnown, writeField } from './fields'
import { CHANGING_SUM, FIELD_ROOM, LEFT, MEMORY_END, RETURNED_SUM, ROW, SUM, TEXTS } from './layout'
import { LEAVE } from './outcome'
import { returnedStart, writeReturned } from './returned'

export { setAdded } from '../../source/leaves/assembly/added'
export { LEAF_ENDS, REFUSED } from '../../source/leaves/assembly/leaf'
export { MOST_COLUMNS } from '../../source/leaves/assembly/record'
export { setEncoding } from '../../source/leaves/assembly/utf16'
export {
  BINARY,
  CHARACTERS,
  DATE,
  DECIMAL,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  JSON_TEXT,
  JSONB,
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
  ADDED,
  ADDED_BYTES,
  CHANGING_SUM,
  CONSTANTS,
  CONSTANTS_BYTES,
  FIELD_BYTES,
  FIELDS,
  LEFT,
  MOST_FIELDS,
  PAGES,
  PAGES_BYTES,
  REALS,
  RETURNED_SUM,
  SUM,
} from './layout'
export { sumMessages, takenMessages } from './messages'
export { LEAVE } from './outcome'

let columns: i32 = 0
let fields: i32 = 0
let constantBytes: i32 = 0
let fewestValues: i32 = 0
let addedBytes: i32 = 0
let summed: i32 = 0
let changing: i32 = 0
let returned: i32 = 0
let left: i32 = 0
let rowsSeen: i32 = 0
let rowsBefore: i64 = 0

/** Sets what applies to all rows: columns per record, fields per row, and the bytes that constants take in a row. */
export function beginTable(columnCount: i32, fieldCount: i32, bytesOfConstants: i32): void {
  columns = columnCount
  fields = fieldCount
  constantBytes = bytesOfConstants
  fewestValues = columnCount
  addedBytes = 0
}

/** From now on records may have as few as `fewest` values: `setAdded` has set those of the other columns, `bytes` together. */
export function knowAdded(fewest: i32, bytes: i32): void {
  fewestValues = fewest
  addedBytes = bytes
}

/** Starts with the rowids from `first` to `last`, both included; the first row has the number `before + 1`. */
export function beginRange(first: i64, last: i64, before: f64): void {
  beginCells(first, last)
  summed = 0
  changing = 0
  returned = 0
  rowsSeen = 0
  rowsBefore = <i64>before
}

/** The rows of the range that were added to SUM. */
export function summedRows(): i32 {
  return summed
}

/** The rows of the range that were added to CHANGING_SUM; each was added to RETURNED_SUM, too, or reported to `see`. */
export function changingRows(): i32 {
  return changing
}

export function returnedRows(): i32 {
  return returned
}

/** The number of entries in LEFT for the last leaf. */
export function leftRows(): i32 {
  return left
}

/** Sums the range's rows on the next leaf, whose `usable` bytes begin at `page`. Returns LEAF_ENDS, RANGE_ENDS or REFUSED. */
export function sumLeaf(page: i32, usable: i32): i32 {
  left = 0
  if (!beginLeaf(page, usable)) return REFUSED
  let found = nextCell()
  for (; found === CELL; found = nextCell()) {
    rowsSeen++
    const rowEnd = size < 0 ? LEAVE : writeRow()
    if (rowEnd === LEAVE) {
      const entry = LEFT + left * 16
      store<i64>(entry, rowid)
      store<i64>(entry, rowsBefore + <i64>rowsSeen, 8)
      left++
    } else if (isChanging) {
      addRow(ROW, rowEnd, CHANGING_SUM)
      changing++
      const returnedEnd = isKnown ? writeReturned(rowEnd, fields) : LEAVE
      if (returnedEnd === LEAVE) {
        see(ROW, rowEnd)
      } else {
        addRow(returnedStart(rowEnd), returnedEnd, RETURNED_SUM)
        returned++
      }
    } else {
      addRow(ROW, rowEnd, SUM)
      summed++
    }
  }
  return found
}

/** Returns where the row ends, or LEAVE. */
function writeRow(): i32 {
  const values = readRecord(payload, payload + size, columns)
  if (values < fewestValues && (values < 0 || learnAdded(values, rowid) === 0)) return LEAVE
  if (!rewriteTexts(values, TEXTS)) return LEAVE
  completeRecord(values, columns)
  const most = mostInUtf8(size) + addedBytes + constantBytes + FIELD_ROOM
  let to = ROW
  beginRow()
  for (let field = 0; field < fields; field++) {
    // The column's own encoder may write more bytes than its value has.
    if (to + most > MEMORY_END) return LEAVE
    to = writeField(field, to, rowid, rowsBefore + <i64>rowsSeen)
    if (to === LEAVE) return LEAVE
  }
  return to + FIELD_ROOM > MEMORY_END ? LEAVE : to
}
