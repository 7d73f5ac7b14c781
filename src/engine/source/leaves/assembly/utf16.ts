/**
 * Makes the texts of a record that are in UTF-16 (RFC 2781) ones in UTF-8, by decoding code points. Invariant: a record
 * with a text that is no sequence of whole characters is not used.
 */
import { placeOf, setValue, typeOf } from './record'

/** The text encodings of a database, as its header numbers them (https://www.sqlite.org/fileformat2.html, section 1.3.13). */
const UTF8: i32 = 1
const UTF16LE: i32 = 2

/** In four units, the bits that are zero in ASCII. */
const BEYOND_ASCII: u64 = ((<u64>0xff80ff80) << 32) | 0xff80ff80

let encoding: i32 = UTF8

export function setEncoding(number: i32): void {
  encoding = number
}

/** The most bytes that a record of `bytes` bytes has in UTF-8: a character of two bytes has three. */
export function mostInUtf8(bytes: i32): i32 {
  return encoding === UTF8 ? bytes : bytes + (bytes >> 1)
}

/** Writes the texts among the first `values` values of the last record at `room`; returns false for a text that has no UTF-8. */
export function rewriteTexts(values: i32, room: i32): bool {
  if (encoding === UTF8) return true
  let to = room
  for (let column = 0; column < values; column++) {
    const type = typeOf(column)
    if (type < 13 || (type & 1) === 0) continue
    const at = placeOf(column)
    const end = rewritten(at, at + ((type - 13) >> 1), to)
    if (end < 0) return false
    setValue(column, (end - to) * 2 + 13, to)
    to = end
  }
  return true
}

/** Returns where the text ends in UTF-8, or -1. */
function rewritten(start: i32, end: i32, room: i32): i32 {
  let at = start
  let to = room
  while (at < end) {
    for (; at + 8 <= end; at += 8, to += 4) {
      const units = inOrder(load<u64>(at))
      if ((units & BEYOND_ASCII) !== 0) break
      const pairs = units | (units >> 8)
      store<u32>(to, <u32>((pairs & 0xffff) | ((pairs >> 16) & 0xffff0000)))
    }
    if (at === end) break
    if (at + 2 > end) return -1
    let point = unitAt(at)
    at += 2
    if (point >>> 11 === 0x1b) {
      const next = at + 2 > end ? 0 : unitAt(at)
      // The first half of a pair is below 0xdc00, and the second is not.
      if (point >= 0xdc00 || next >>> 10 !== 0x37) return -1
      point = ((point - 0xd800) << 10) + (next - 0xdc00) + 0x10000
      at += 2
    }
    to = writePoint(point, to)
  }
  return to
}

function writePoint(point: u32, to: i32): i32 {
  if (point < 0x80) {
    store<u8>(to, <u8>point)
    return to + 1
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
  let rest = point
  for (let place = to + more; place > to; place--) {
    store<u8>(place, <u8>(0x80 | (rest & 0x3f)))
    rest >>= 6
  }
  // As many leading ones as the character has bytes.
  store<u8>(to, <u8>((0xff00 >> (more + 1)) | rest))
  return to + more + 1
}

/** Four units of which each has its low byte first. */
function inOrder(units: u64): u64 {
  if (encoding === UTF16LE) return units
  const low: u64 = ((<u64>0x00ff00ff) << 32) | 0x00ff00ff
  return ((units & low) << 8) | ((units >> 8) & low)
}

function unitAt(at: i32): u32 {
  const first = <u32>load<u8>(at)
  const second = <u32>load<u8>(at + 1)
  return encoding === UTF16LE ? first | (second << 8) : (first << 8) | second
}
