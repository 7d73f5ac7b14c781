/**
 * Records (https://www.sqlite.org/fileformat2.html#record_format). Invariant: `readRecord` accepts a record only if header and values fill
 * the payload exactly, with no more values than columns.
 */

export const MOST_COLUMNS: i32 = 2000
/** The serial types and the addresses of the values in the last record. */
const types = memory.data(8000)
const places = memory.data(8000)

let cursor: i32 = 0

/** The serial type of a column's value. */
export function typeOf(column: i32): i32 {
  return load<i32>(<i32>types + (column << 2))
}

/** Where a column's value begins. */
export function placeOf(column: i32): i32 {
  return load<i32>(<i32>places + (column << 2))
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
  store<i32>(<i32>types + (column << 2), type)
  store<i32>(<i32>places + (column << 2), place)
}

/** Finds the values of the record at `[start, end)`; returns how many there are, or -1 for an unusual record. */
export function readRecord(start: i32, end: i32, columns: i32): i32 {
  const headerBytes = readVarint(start)
  if (headerBytes < 1 || headerBytes > <i64>(end - start)) return -1
  const headerEnd = start + <i32>headerBytes
  let at = cursor
  let place = headerEnd
  let column = 0
  for (; column < columns && at < headerEnd; column++) {
    let type = <i32>load<u8>(at)
    if (type < 0x80) {
      at++
    } else {
      const long = readVarint(at)
      if (long > 0x7ffffff || long < 0) return -1
      type = <i32>long
      at = cursor
    }
    store<i32>(<i32>types + (column << 2), type)
    store<i32>(<i32>places + (column << 2), place)
    const size = sizeOf(type)
    if (size < 0 || size > end - place) return -1
    place += size
  }
  return at === headerEnd && place === end ? column : -1
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
  const size = sizeOf(type)
  let value = <i64>load<i8>(at)
  for (let i = 1; i < size; i++) value = (value << 8) | <i64>load<u8>(at + i)
  return value
}

export function readReal(at: i32): f64 {
  return reinterpret<f64>(bswap<u64>(load<u64>(at)))
}
