/**
 * Counts the values on a table's leaf pages, column by column. Invariant: each row of the range is counted once, or its rowid is in LEFT, or
 * its page is refused.
 */
import { completeRecord } from '../../leaves/assembly/added'
import {
  beginCells,
  beginLeaf,
  CELL,
  nextCell,
  payload,
  REFUSED,
  rowid,
  size,
} from '../../leaves/assembly/leaf'
import { placeOf, readInteger, readReal, readRecord, typeOf } from '../../leaves/assembly/record'
import { rewriteTexts } from '../../leaves/assembly/utf16'
import { clear, seeBlob, seeInteger, seeNull, seeReal, seeText } from './column'
import { COUNTED, LEFT, REALS, TEXTS } from './layout'

export { setAdded } from '../../leaves/assembly/added'
export { LEAF_ENDS, REFUSED } from '../../leaves/assembly/leaf'
export { MOST_COLUMNS } from '../../leaves/assembly/record'
export { setEncoding } from '../../leaves/assembly/utf16'
export {
  BLOBS_AT,
  BYTES_AT,
  DOCUMENTS_AT,
  FEW_INTEGERS_AT,
  FEW_TEXTS_AT,
  FORMS,
  FORMS_AT,
  INFINITIES_AT,
  INTEGER_VALUES_AT,
  INTEGERS_AT,
  LEAST_AT,
  LEAST_REAL_AT,
  MOST_AT,
  MOST_BLOB_BYTES_AT,
  MOST_CHARACTERS_AT,
  MOST_REAL_AT,
  MOST_TEXT_BYTES_AT,
  NULLS_AT,
  POSSIBLE_TIMES_AT,
  PRINTED_DOCUMENTS_AT,
  REALS_AT,
  TEXT_VALUE_BYTES,
  TEXT_VALUES_AT,
  TEXTS_AT,
  WHOLE_REALS_AT,
} from './column'
export {
  ADDED,
  ADDED_BYTES,
  COUNT_BYTES,
  COUNTED,
  COUNTS,
  LEFT,
  MOST_COUNTED,
  PAGES,
  PAGES_BYTES,
  REALS,
} from './layout'
export {
  FEW_TIMES_AT,
  LOWER_UUIDS_AT,
  MOST_DIGITS,
  REAL_DIGITS_AT,
  TIMES_AT,
  UPPER_UUIDS_AT,
} from './spelling'

let columns: i32 = 0
let fewestValues: i32 = 0
let counted: i32 = 0
let rows: i32 = 0
let left: i32 = 0

/**
 * Starts a range of rowids, from `first` to `last`: records have `columnCount` columns, of which `countedColumns` are counted. Those with
 * fewer than `fewest` values are left to the caller; the others lack only columns whose value was set by `setAdded`.
 */
export function begin(columnCount: i32, countedColumns: i32, fewest: i32, first: i64, last: i64): void {
  columns = columnCount
  fewestValues = fewest
  counted = countedColumns
  rows = 0
  for (let column = 0; column < counted; column++) clear(column)
  beginCells(first, last)
}

export function countedRows(): i32 {
  return rows
}

/** Returns the number of entries in LEFT for the last leaf. */
export function leftRows(): i32 {
  return left
}

/** Counts the rows of the range on the next leaf, which has `usable` bytes from `page` on. Returns LEAF_ENDS, RANGE_ENDS or REFUSED. */
export function countLeaf(page: i32, usable: i32): i32 {
  left = 0
  if (!beginLeaf(page, usable)) return REFUSED
  let found = nextCell()
  for (; found === CELL; found = nextCell()) {
    const values = size < 0 ? -1 : readRecord(payload, payload + size, columns)
    if (values >= fewestValues && rewriteTexts(values, TEXTS)) {
      completeRecord(values, columns)
      for (let column = 0; column < counted; column++) see(column, load<i32>(COUNTED + column * 4))
      rows++
    } else {
      store<i64>(LEFT + left * 8, rowid)
      left++
    }
  }
  return found
}

function see(column: i32, place: i32): void {
  const type = typeOf(place)
  const at = placeOf(place)
  if (type === 0) {
    seeNull(column)
  } else if (type >= 12) {
    const bytes = (type - 12) >> 1
    if ((type & 1) === 1) seeText(column, at, at + bytes)
    else seeBlob(column, bytes)
  } else if (type === 7) {
    seeReal(column, readReal(at))
  } else {
    const integer = readInteger(type, at)
    if (load<u8>(REALS + place) === 1) seeReal(column, <f64>integer)
    else seeInteger(column, integer)
  }
}
