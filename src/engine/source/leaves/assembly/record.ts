/**
 * Records (https://www.sqlite.org/fileformat2.html#record_format). Invariant: `readRecord` accepts a record only if header and values fill
 * the payload exactly, with no more values than columns.
 */

export const MOST_COLUMNS: i32 = 2000
/** For each value of the last record its serial type and its address, of 32 bits each. */
const values = memory.data(16000)
/** The sizes in bytes of values whose serial type takes one byte; NO_SIZE for a type that occurs in no file. */
const sizes = memory.data(128)
const NO_SIZE: i32 = 0xff

for (let type = 0; type < 128; type++) {
  const size = sizeOf(type)
  store<u8>(<i32>sizes + type, <u8>(size < 0 ? NO_SIZE : size))
}

let cursor: i32 = 0

/** The serial type of a column's value. */
export function typeOf(column: i32): i32 {
  return load<i32>(<i32>values + (column << 3))
}

/** Where a column's value begins. */
export function placeOf(column: i32): i32 {
  return load<i32>(<i32>values + (column << 3), 4)
}

/** The address after the last varint. */
export function afterVarint(): i32 {
  return cursor
}

/** Reads a big-endian number of up to nine bytes, with seven bits in each of the first eight. */
export function readVarint(from: i32): i64 {
  let value: i64 = 0
  for (let i = 0; i < 8; i++) {
    const byte = <i64>load<u8>(from + i)
    value = (value << 7) | (byte & 0x7f)
    if (byte < 0x80) {
      cursor = from + i + 1
      return value
    }
  }
  cursor = from + 9
  return (value << 8) | <i64>load<u8>(from + 8)
}

/** Sets the value of a column that the last record does not have. */
export function setValue(column: i32, type: i32, place: i32): void {
  store<i32>(<i32>values + (column << 3), type)
  store<i32>(<i32>values + (column << 3), place, 4)
}

/** Finds the values of the record at `[start, end)`; returns how many there are, or -1 for an unusual record. */
export function readRecord(start: i32, end: i32, columns: i32): i32 {
  const headerBytes = readVarint(start)
  if (headerBytes < 1 || headerBytes > <i64>(end - start)) return -1
  const headerEnd = start + <i32>headerBytes
  let at = cursor
  let place = headerEnd
  let entry = <i32>values
  for (const entries = entry + (columns << 3); entry < entries && at < headerEnd; entry += 8) {
    let type = <i32>load<u8>(at)
    let size = 0
    if (type < 0x80) {
      at++
      size = <i32>load<u8>(<i32>sizes + type)
      if (size === NO_SIZE) return -1
    } else {
      const long = readVarint(at)
      if (long > 0x7ffffff || long < 0) return -1
      type = <i32>long
      at = cursor
      size = sizeOf(type)
      if (size < 0 || size > end - place) return -1
    }
    store<i32>(entry, type)
    store<i32>(entry, place, 4)
    place += size
  }
  return at === headerEnd && place === end ? (entry - <i32>values) >> 3 : -1
}

/** The size of a value in bytes; -1 for a type that occurs in no file. */
function sizeOf(type: i32): i32 {
  if (type >= 12) return (type - 12) >> 1
  if (type <= 4) return type
  if (type === 5) return 6
  if (type <= 7) return 8
  return type <= 9 ? 0 : -1
}

/** Reads an integer of a serial type up to 6, 8 or 9. */
export function readInteger(type: i32, at: i32): i64 {
  if (type >= 8) return <i64>(type - 8)
  if (type === 0) return 0
  // The first of eight bytes are the integer's, with its sign in the first.
  return i64x2.extract_lane(reversed(at), 0) >> <i64>((8 - sizeOf(type)) << 3)
}

export function readReal(at: i32): f64 {
  return f64x2.extract_lane(reversed(at), 0)
}

/** The eight bytes at `at` in reverse order, in the first half. */
function reversed(at: i32): v128 {
  const bytes = v128.load64_zero(at)
  return v128.shuffle<u8>(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8)
}
