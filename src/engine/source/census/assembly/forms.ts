/**
 * The form of a text, as `text-forms.ts` recognises it. Invariant: both return the same form, or this one returns ASK, which leaves the
 * text to the caller.
 */
import {
  byteOf,
  CENTURY_FORM,
  DATE_FORM,
  digitsAt,
  oddOf,
  oddOfCentury,
  pairs,
  TIME_FORM,
  valuesAt,
} from '../../leaves/assembly/digits'

/** Bits in the order of `formBits`. */
const DATE: i32 = 1
const INSTANT: i32 = 2
const ZONED: i32 = 4
const WHOLE: i32 = 16
const DECIMAL: i32 = 32
export const UUID: i32 = 64
const BOOLEAN: i32 = 128
const EMPTY: i32 = 256
/** An additional bit: a time that exists in every zone. */
export const POSSIBLE_TIME: i32 = 512

/** The spelling of the possible time that was recognised last, as `spellingOf` in `encode/` returns it. */
export let timeSpelling: i32 = 0

export const NO_FORM: i32 = 0
export const MAYBE_JSON: i32 = -1
export const ASK: i32 = -2

const MINUS: u32 = 0x2d
const PLUS: u32 = 0x2b
const BLANK: u32 = 0x20
const SLASH: u32 = 0x2f
const LETTER_E: u32 = 0x65
const COLON: u32 = 0x3a
const POINT: u32 = 0x2e

function byteAt(at: i32): u32 {
  return <u32>load<u8>(at)
}

function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9
}

export function formOf(start: i32, end: i32): i32 {
  const length = end - start
  if (length === 0) return EMPTY
  const first = byteAt(start)
  if (length === 36 && byteAt(start + 8) === MINUS) return isUuid(start) ? UUID : ASK
  const uuid = length === 32 && isHex(start) ? UUID : NO_FORM
  if (isDigit(first) || first === MINUS) return numberOrTime(start, end, uuid)
  if (uuid !== NO_FORM) return uuid
  if (first === 0x5b || first === 0x7b) return MAYBE_JSON
  if (isJsonBlank(first)) return afterBlanks(start, end)
  if (length > 5) return length >= 15 && mayBeWords(start) ? ASK : NO_FORM
  return isWord(start, length) ? BOOLEAN : NO_FORM
}

function isJsonBlank(byte: u32): bool {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

/** JSON after blanks is left to the caller. */
function afterBlanks(start: i32, end: i32): i32 {
  let at = start
  while (at < end && isJsonBlank(byteAt(at))) at++
  if (at === end) return NO_FORM
  const first = byteAt(at)
  return first === 0x5b || first === 0x7b ? ASK : NO_FORM
}

/** A weekday and a blank or a comma, or the beginning of ASP.NET's `/Date(`. */
function mayBeWords(start: i32): bool {
  const four = load<u32>(start)
  if (four === 0x7461442f) return true
  const mark = four >> 24
  if (mark !== 0x20 && mark !== 0x2c) return false
  switch (four & 0xffffff) {
    case 0x6e6f4d:
    case 0x657554:
    case 0x646557:
    case 0x756854:
    case 0x697246:
    case 0x746153:
    case 0x6e7553:
      return true
    default:
      return false
  }
}

/** Whether all 36 characters are hex digits, with dashes at 8, 13, 18 and 23. */
function isUuid(start: i32): bool {
  return (
    dashesAmongHex(v128.load(start)) === 0x2100 &&
    dashesAmongHex(v128.load(start, 16)) === 0x0084 &&
    dashesAmongHex(v128.load(start, 20)) === 0x0008
  )
}

/** Whether all 32 characters are hex digits. */
function isHex(start: i32): bool {
  return dashesAmongHex(v128.load(start)) === 0 && dashesAmongHex(v128.load(start, 16)) === 0
}

/** Returns a bit for each of the sixteen bytes that is a dash; -1 when any byte is neither a dash nor a hex digit. */
function dashesAmongHex(bytes: v128): i32 {
  const dashes = i8x16.eq(bytes, i8x16.splat(0x2d))
  const digits = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10))
  const letters = i8x16.lt_u(i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61)), i8x16.splat(6))
  return i8x16.all_true(v128.or(dashes, v128.or(digits, letters))) ? i8x16.bitmask(dashes) : -1
}

function isWord(start: i32, length: i32): bool {
  let word: u64 = 0
  for (let i = 0; i < length; i++) {
    // With this bit set, a byte is a letter only when it was that letter or its capital.
    word |= (<u64>(byteAt(start + i) | 0x20)) << (i * 8)
  }
  switch (length) {
    case 1:
      return word === 0x74 || word === 0x66 || word === 0x79 || word === 0x6e
    case 2:
      // no, on
      return word === 0x6f6e || word === 0x6e6f
    case 3:
      // yes, off
      return word === 0x736579 || word === 0x66666f
    case 4:
      // true
      return word === 0x65757274
    default:
      // false
      return word === 0x65736c6166
  }
}

/** `uuid`: the form that the text has besides. Times that `timeForm` does not know are left to the caller. */
function numberOrTime(start: i32, end: i32, uuid: i32): i32 {
  const length = end - start
  if (length >= 10 && byteAt(start + 4) === MINUS && byteAt(start + 7) === MINUS) return timeForm(start, end)
  if (length > 2 && byteAt(start + 2) === COLON) return ASK
  if (length >= 15 && isBeforeMonth(start)) return ASK
  return numberForm(start, end) | uuid
}

/** `5 Jan`, `05 Jan` or `05/Jan`. */
function isBeforeMonth(start: i32): bool {
  const at = byteAt(start + 1) === BLANK ? start + 1 : start + 2
  const mark = byteAt(at)
  return (mark === BLANK || mark === SLASH) && byteAt(at + 1) - 0x41 <= 0x12
}

/** Reads `-?digits[.digits][e[±]digits]`. */
function numberForm(start: i32, end: i32): i32 {
  const whole = byteAt(start) === MINUS ? start + 1 : start
  let at = afterDigits(whole, end)
  if (at === whole) return NO_FORM
  if (at === end) return WHOLE | DECIMAL
  if (byteAt(at) === POINT) {
    const fraction = at + 1
    at = afterDigits(fraction, end)
    if (at === fraction) return NO_FORM
  }
  if (at === end) return DECIMAL
  if ((byteAt(at) | 0x20) !== LETTER_E) return NO_FORM
  at++
  if (at < end && (byteAt(at) === MINUS || byteAt(at) === PLUS)) at++
  return at < end && afterDigits(at, end) === end ? DECIMAL : NO_FORM
}

function afterDigits(from: i32, end: i32): i32 {
  let at = from
  while (at < end && isDigit(byteAt(at))) at++
  return at
}

/**
 * Recognises times in years that no zone moves out of 1 to 9999, with at most six fractional digits and at most 14 hours of zone offset.
 */
function timeForm(start: i32, end: i32): i32 {
  const century = <u32>load<u16>(start) ^ CENTURY_FORM
  const date = load<u64>(start, 2) ^ DATE_FORM
  if ((oddOf(date) | oddOfCentury(century)) !== 0) return ASK
  const ofDate = pairs(date)
  const year = byteOf(pairs(<u64>century), 0) * 100 + byteOf(ofDate, 0)
  const month = byteOf(ofDate, 3)
  const day = byteOf(ofDate, 6)
  if (year < 2 || year > 9998 || month < 1 || month > 12 || day < 1) return ASK
  if (day > 28 && day > lengthOf(year, month)) return ASK
  if (end - start === 10) {
    timeSpelling = 1 << 4
    return DATE | POSSIBLE_TIME
  }
  const separator = byteAt(start + 10)
  const hasSeconds = end - start !== 16
  if ((hasSeconds && end - start < 19) || (separator !== 0x54 && separator !== 0x20)) return ASK
  let time = load<u64>(start, 11) ^ TIME_FORM
  // The first five of the eight bytes.
  if (!hasSeconds) time &= ((<u64>0xff) << 32) | 0xffffffff
  const ofTime = pairs(time)
  if (oddOf(time) !== 0 || byteOf(ofTime, 0) > 23 || byteOf(ofTime, 3) > 59 || byteOf(ofTime, 6) > 59)
    return ASK
  let at = hasSeconds ? start + 19 : end
  let digits = hasSeconds ? 0 : -1
  let needed = 0
  if (at < end && byteAt(at) === POINT) {
    digits = min(digitsAt(at + 1), end - at - 1)
    if (digits === 0 || digits > 6) return ASK
    needed = 8 - <i32>(clz<u64>(valuesAt(at + 1, digits)) >> 3)
    at += 1 + digits
  }
  const spelling = (separator << 16) | ((digits + 1) << 4) | needed
  if (at === end) {
    timeSpelling = spelling
    return INSTANT | POSSIBLE_TIME
  }
  const zone = zoneSpelling(at, end)
  if (zone === 0) return ASK
  timeSpelling = spelling | (zone << 8)
  return ZONED | POSSIBLE_TIME
}

/** Returns the index in `zoneSpellings` of Z or ±HH:MM from `at` to the end of the text; 0 for anything else. */
function zoneSpelling(at: i32, end: i32): i32 {
  const sign = byteAt(at)
  if (end - at === 1) return sign === 0x5a ? 1 : 0
  if (end - at !== 6 || (sign !== 0x2b && sign !== MINUS) || byteAt(at + 3) !== COLON) return 0
  const hours = twoDigits(at + 1)
  const minutes = twoDigits(at + 4)
  if (hours > 14 || minutes > 59) return 0
  return sign !== MINUS && (hours | minutes) === 0 ? 2 : 6
}

/** Returns the number of two digits; more than 99 when they are none. */
function twoDigits(at: i32): u32 {
  const tens = byteAt(at) - 0x30
  const ones = byteAt(at + 1) - 0x30
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones
}

/** Returns the days of a month that exists. */
function lengthOf(year: u32, month: u32): u32 {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
