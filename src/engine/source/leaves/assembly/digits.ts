/** Decimal digits of texts, eight at a time in the bytes of a word, the first in the lowest byte. */
import { ONES, TOPS } from './utf8'

const ZEROS: u64 = ONES * 0x30

/** Both `YY-MM-DD` and `HH:MM:SS` are three pairs of digits with separators between them, eight bytes. */
export const DATE_FORM: u64 = ((<u64>0x30302d30) << 32) | 0x302d3030
export const TIME_FORM: u64 = ((<u64>0x30303a30) << 32) | 0x303a3030
/** The digits of a century, in the lower half of 32 bits. */
export const CENTURY_FORM: u32 = 0x3030
/** Carries into the top bit of each byte that is more than 9 in place of a digit, or not 0 in place of a separator. */
const FORM_EXCESS: u64 = ((<u64>0x76767f76) << 32) | 0x767f7676
const CENTURY_EXCESS: u32 = 0x7676

/** Not 0 unless the bytes, in each of which its form's byte has been inverted, are digits and separators as in the form. */
export function oddOf(values: u64): u64 {
  return ((values + FORM_EXCESS) | values) & TOPS
}

/** The same for a century. */
export function oddOfCentury(values: u32): u64 {
  return <u64>((values + CENTURY_EXCESS) | values) & TOPS
}

/** In each byte the number that its digit forms with the one in the next byte. */
export function pairs(values: u64): u64 {
  return values * 10 + (values >> 8)
}

export function byteOf(word: u64, index: i32): u32 {
  return <u32>(word >> ((<u64>index) << 3)) & 0xff
}

/** The number of digits from `at` on, up to eight. */
export function digitsAt(at: i32): i32 {
  const values = load<u64>(at) ^ ZEROS
  // Carries change only what comes after the first byte that is not a digit. Without such a byte there are 64 zeros.
  return <i32>(ctz<u64>(((values + ONES * 0x76) | values) & TOPS) >> 3)
}

/** The first digits from `at` on, up to seven, and zeros in the bytes after them. */
export function valuesAt(at: i32, digits: i32): u64 {
  return (load<u64>(at) ^ ZEROS) & ~((<u64>-1) << ((<u64>digits) << 3))
}
