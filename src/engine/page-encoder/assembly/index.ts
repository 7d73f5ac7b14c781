/**
 * Encodes the plain rows of a table's leaf page, which are nearly all. Invariant: a row's bytes, sums and counts are those that the page
 * reader and the row encoder would have made; a row that is not taken leaves no trace.
 */
import { writeField } from './fields'
import { CELLS, MEMORY_BYTES, NORMALIZED_ROWS, OUT, OUT_BYTES, OUTCOMES } from './memory'
import { LEAVE, NORMALIZED } from './outcome'
import { findValues } from './record'
import { addRow } from './row-hash'
import { mostNarrow } from './wide-text'

export {
  ADDED_AT,
  ADDED_BYTES_AT,
  ASKED,
  BOOLEAN,
  BYTES,
  CONSTANT,
  DOUBLE,
  INTEGER,
  JSON_TEXT,
  JSONB,
  KIND_AT,
  LIMIT_AT,
  MOMENT,
  NUMERIC,
  ORDINAL,
  PARAMETERS_AT,
  REQUIRED_AT,
  ROWID,
  SOURCE_AT,
  TEXT,
  UUID,
} from './fields'
export {
  CELLS,
  CONSTANTS,
  CONSTANTS_BYTES,
  FIELD_BYTES,
  FIELDS,
  LANES,
  MOST_COLUMNS,
  MOST_FIELDS,
  NORMALIZED_ROWS,
  OUT,
  PAGE,
  REALS,
} from './memory'
export { LEAVE, NORMALIZED } from './outcome'
export { setEncoding } from './wide-text'

let columns: i32 = 0
let fields: i32 = 0
let fixedBytes: i32 = 0
let onlyExact: bool = false
let written: i32 = OUT
let full: bool = false

/**
 * Sets what applies to all following rows: columns per record, fields per row, the most bytes that a row takes beyond its record's, and
 * whether only rows with exact cells are taken.
 */
export function setTable(columnCount: i32, fieldCount: i32, mostBytes: i32, exact: bool): void {
  columns = columnCount
  fields = fieldCount
  fixedBytes = mostBytes
  onlyExact = exact
}

/** Where the rows that the last `encodeRows` took end. */
export function writtenTo(): i32 {
  return written
}

/** Whether the last `encodeRows` stopped for lack of room. */
export function isFull(): bool {
  return full
}

/**
 * Encodes the leaf's cells from `from` up to `to` into OUT, until one cannot be taken or OUT is full. `mostLocal`: the largest payload that
 * lies completely in its page. `shift`: what to add to a payload's offset in CELLS to get its address here. `ordinal`: of the row in the
 * cell `from`. Returns the first cell that was not taken.
 */
export function encodeRows(from: i32, to: i32, mostLocal: i32, shift: i32, ordinal: f64): i32 {
  const first = <i64>ordinal - <i64>from
  written = OUT
  full = false
  for (let cell = from; cell < to; cell++) {
    const entry = CELLS + cell * 16
    const size = load<i32>(entry, 4)
    if (size > mostLocal) return cell
    if (written + mostNarrow(size) + fixedBytes > OUT + OUT_BYTES) {
      full = true
      return cell
    }
    const rowid = ((<i64>load<i32>(entry, 8)) << 32) | <i64>load<u32>(entry, 12)
    const end = encodeRow(load<i32>(entry) + shift, size, rowid, first + <i64>cell)
    if (end < 0) return cell
    written = end
  }
  return to
}

/** Returns where the row ends, or LEAVE. */
function encodeRow(at: i32, size: i32, rowid: i64, ordinal: i64): i32 {
  const values = findValues(at, at + size, columns)
  if (values < 0) return LEAVE
  const start = written + 2
  const most = mostNarrow(size) + fixedBytes
  store<u16>(written, bswap<u16>(<u16>fields))
  let to = start
  let normalized = 0
  for (let field = 0; field < fields; field++) {
    const end = writeField(field, to, rowid, ordinal, values)
    if (end < 0) return LEAVE
    normalized |= end
    store<u8>(OUTCOMES + field, (end & NORMALIZED) !== 0 ? 1 : 0)
    to = end & ~NORMALIZED
    // The column's own encoder may have written a field longer than its value.
    if (to + most > MEMORY_BYTES) return LEAVE
  }
  if ((normalized & NORMALIZED) !== 0) {
    if (onlyExact) return LEAVE
    for (let field = 0; field < fields; field++) {
      const count = NORMALIZED_ROWS + field * 4
      store<u32>(count, load<u32>(count) + load<u8>(OUTCOMES + field))
    }
  }
  addRow(start, to)
  return to
}
