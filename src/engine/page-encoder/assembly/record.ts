/**
 * The record format (https://www.sqlite.org/fileformat2.html §2.1), as in `source/pages/record.ts`: finds the values of a record.
 * Invariant: an unusual record is left to the page reader, which reports what is wrong with it.
 */
import { loadInteger } from './big-endian'
import { RECORD } from './memory'

/** Hexadecimal digit n, from the right, is the size in bytes of a value of serial type n, up to 9; 10 and 11 never occur in a file. */
const SIZES: u64 = 0x0088643210
const NO_SIZE: u32 = 10

/** Stores type and address of the values in `[start, end)`; returns their number, or -1 when it is not a plain record of up to `columns`. */
export function findValues(start: i32, end: i32, columns: i32): i32 {
  let header = start + 1
  let headerSize = <i32>load<u8>(start)
  if (headerSize >= 0x80) {
    const second = <i32>load<u8>(header++)
    if (second >= 0x80) return -1
    headerSize = ((headerSize & 0x7f) << 7) | second
  }
  const body = start + headerSize
  if (body > end) return -1
  let value = body
  let to = RECORD
  let column = 0
  for (; header < body && column < columns; column++, to += 8) {
    let type = <i32>load<u8>(header++)
    if (type >= 0x80) {
      // A varint: seven bits per byte. Three bytes suffice for what fits into a page.
      const second = <i32>load<u8>(header++)
      type = ((type & 0x7f) << 7) | (second & 0x7f)
      if (second >= 0x80) {
        const third = <i32>load<u8>(header++)
        if (third >= 0x80) return -1
        type = (type << 7) | third
      }
    }
    store<i32>(to, type)
    store<i32>(to, value, 4)
    if (<u32>type - NO_SIZE < 2) return -1
    value += type < 12 ? <i32>(SIZES >> ((<u64>type) << 2)) & 15 : (type - 12) >> 1
  }
  return header === body && value === end ? column : -1
}

/** The integer of serial type 1 to 6, 8 or 9: two's complement, most significant byte first. */
export function integerAt(type: i32, at: i32): i64 {
  switch (type) {
    case 1:
      return <i64>load<i8>(at)
    case 2:
      return <i64>bswap<i16>(load<i16>(at))
    // For three and six bytes: the record's header precedes the value, so the bytes read before it exist and are shifted out.
    case 3:
      return <i64>((bswap<i32>(load<i32>(at - 1)) << 8) >> 8)
    case 4:
      return <i64>bswap<i32>(load<i32>(at))
    case 5:
      return (loadInteger(at - 2) << 16) >> 16
    case 6:
      return loadInteger(at)
    case 9:
      return 1
    default:
      return 0
  }
}
