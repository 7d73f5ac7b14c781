/**
 * timestamptz and timestamp as microseconds, and date as days, since 2000-01-01 (timestamp_send and date_send in PostgreSQL's timestamp.c
 * and date.c). Invariant: text is written only if it is an existing date, alone or with a time to the microsecond, without a zone or in
 * UTC.
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
} from '../../source/leaves/assembly/digits'
import { write4, write8 } from './big-endian'
import { ASK, LEAVE } from './outcome'

export const MOMENT_IN_UTC: i32 = 0
export const WALL_CLOCK: i32 = 1
export const DAY: i32 = 2

const MICROS_A_SECOND: i64 = 1000000
const SECONDS_A_DAY: i64 = 86400
/** The days from the Unix epoch to 2000-01-01. */
const DAYS_TO_2000: i64 = 10957

/** The days of a common year before each month. */
const daysBefore = memory.data<u16>([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])

function isLeap(year: u32): bool {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** The number of leap years from year 1 to `year`. */
function leapYears(year: u32): u32 {
  return year / 4 - year / 100 + year / 400
}

function before(month: u32): u32 {
  return <u32>load<u16>(<i32>daysBefore + (month << 1))
}

/** The days since 2000-01-01 of a valid date. */
function dayNumber(year: u32, month: u32, day: u32): i32 {
  const leapDay: u32 = month > 2 && isLeap(year) ? 1 : 0
  const days = year * 365 + leapYears(year - 1) + before(month) + leapDay + day
  return <i32>(days - (2000 * 365 + leapYears(1999) + 1))
}

function isOfCalendar(year: u32, month: u32, day: u32): bool {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  if (day <= 28) return true
  const february: u32 = month === 2 && isLeap(year) ? 1 : 0
  return day <= before(month + 1) - before(month) + february
}

const BLANK: u8 = 0x20
const LETTER_T: u8 = 0x54
const LETTER_Z: u8 = 0x5a
const POINT: u8 = 0x2e
/** The length of a date and a time up to the minutes, of which the latter takes five bytes. */
const MINUTES_END: i32 = 16
const FIVE_BYTES: u64 = ((<u64>0xff) << 32) | 0xffffffff
/** `+00:` and `00`, as numbers in memory. */
const ZERO_HOURS: u32 = 0x3a30302b
const ZERO_MINUTES: u16 = 0x3030

/** `isUtc`: whether a time without a zone is in UTC. */
export function writeMomentOfText(to: i32, start: i32, end: i32, kind: i32, isUtc: bool): i32 {
  const length = end - start
  if (length !== 10 && length !== MINUTES_END && length < 19) return ASK
  const century = <u32>load<u16>(start) ^ CENTURY_FORM
  const date = load<u64>(start, 2) ^ DATE_FORM
  let odd = oddOf(date) | oddOfCentury(century)
  let micros: i64 = 0
  let at = start + 10
  if (at < end) {
    const separator = load<u8>(at)
    if (separator !== BLANK && separator !== LETTER_T) return ASK
    let time = load<u64>(start, 11) ^ TIME_FORM
    // Without seconds, as with zeros.
    if (length === MINUTES_END) time &= FIVE_BYTES
    odd |= oddOf(time)
    const ofTime = pairs(time)
    const hours = byteOf(ofTime, 0)
    const minutes = byteOf(ofTime, 3)
    const seconds = byteOf(ofTime, 6)
    if (hours > 23 || minutes > 59 || seconds > 59) return ASK
    micros = <i64>((hours * 60 + minutes) * 60 + seconds) * MICROS_A_SECOND
    at = min(start + 19, end)
    if (at < end && load<u8>(at) === POINT) {
      const digits = min(digitsAt(at + 1), end - at - 1)
      if (digits < 1 || digits > 6) return ASK
      micros += fractionAt(at + 1, digits)
      at += 1 + digits
    }
  }
  if (odd !== 0) return ASK
  const ofDate = pairs(date)
  const year = byteOf(pairs(<u64>century), 0) * 100 + byteOf(ofDate, 0)
  const month = byteOf(ofDate, 3)
  const day = byteOf(ofDate, 6)
  if (!isOfCalendar(year, month, day)) return ASK
  if (at < end) {
    if (kind !== MOMENT_IN_UTC || !isUtcZone(at, end)) return ASK
  } else if (kind === MOMENT_IN_UTC && !isUtc) {
    return ASK
  }
  const days = dayNumber(year, month, day)
  if (kind === DAY) {
    if (micros !== 0) return ASK
    write4(to, 4)
    write4(to + 4, days)
    return to + 8
  }
  write4(to, 8)
  write8(to + 4, <i64>days * SECONDS_A_DAY * MICROS_A_SECOND + micros)
  return to + 12
}

/** Up to six digits after the point of a number of seconds, in microseconds. */
function fractionAt(at: i32, digits: i32): i64 {
  // Digits beyond the sixth make way for two zeros before the first.
  const two = pairs(valuesAt(at, digits) << 16) & (((<u64>0x00ff00ff) << 32) | 0x00ff00ff)
  const four = (two * 100 + (two >> 16)) & (((<u64>0x0000ffff) << 32) | 0x0000ffff)
  return <i64>((four * 10000 + (four >> 32)) & 0xffffffff)
}

/** Whether the zone is Z or +00:00. */
function isUtcZone(at: i32, end: i32): bool {
  if (end - at === 1) return load<u8>(at) === LETTER_Z
  return end - at === 6 && load<u32>(at) === ZERO_HOURS && load<u16>(at, 4) === ZERO_MINUTES
}

/** A number of seconds, or of 1/1,000 or 1/1,000,000 of a second, since the Unix epoch. */
export function writeMomentOfInteger(to: i32, value: i64, unitsASecond: i32): i32 {
  const micros = MICROS_A_SECOND / <i64>unitsASecond
  const zero = DAYS_TO_2000 * SECONDS_A_DAY * <i64>unitsASecond
  const first = zero + <i64>dayNumber(1, 1, 1) * SECONDS_A_DAY * <i64>unitsASecond
  const end = zero + <i64>dayNumber(10000, 1, 1) * SECONDS_A_DAY * <i64>unitsASecond
  if (value < first || value >= end) return LEAVE
  write4(to, 8)
  write8(to + 4, (value - zero) * micros)
  return to + 12
}
