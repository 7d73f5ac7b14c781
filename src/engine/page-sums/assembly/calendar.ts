/**
 * timestamptz and timestamp as microseconds, and date as days, since 2000-01-01 (timestamp_send and date_send in PostgreSQL's timestamp.c
 * and date.c). Invariant: text is written only if it is an existing date, alone or with a time to the microsecond, without a zone or in
 * UTC.
 */
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

function isLeap(year: i32): bool {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** The number of leap years from year 1 to `year`. */
function leapYears(year: i32): i32 {
  return year / 4 - year / 100 + year / 400
}

function before(month: i32): i32 {
  return <i32>load<u16>(<i32>daysBefore + (month << 1))
}

/** The days since 2000-01-01 of a valid date. */
function dayNumber(year: i32, month: i32, day: i32): i32 {
  const leapDay = month > 2 && isLeap(year) ? 1 : 0
  return (year - 2000) * 365 + leapYears(year - 1) - leapYears(1999) + before(month) + leapDay + day - 1
}

function isOfCalendar(year: i32, month: i32, day: i32): bool {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  const february = month === 2 && isLeap(year) ? 1 : 0
  return day <= before(month + 1) - before(month) + february
}

/** The value of `digits` digits; -1 when they are not digits. */
function number(at: i32, digits: i32): i32 {
  let value = 0
  for (let i = 0; i < digits; i++) {
    const digit = <i32>load<u8>(at + i) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

function is(at: i32, character: u8): bool {
  return load<u8>(at) === character
}

/** `isUtc`: whether a time without a zone is in UTC. */
export function writeMomentOfText(to: i32, start: i32, end: i32, kind: i32, isUtc: bool): i32 {
  const length = end - start
  if (length !== 10 && length < 19) return ASK
  if (!is(start + 4, 0x2d) || !is(start + 7, 0x2d)) return ASK
  const year = number(start, 4)
  const month = number(start + 5, 2)
  const day = number(start + 8, 2)
  if (!isOfCalendar(year, month, day)) return ASK
  let micros: i64 = 0
  let at = start + 10
  if (at < end) {
    if (!is(at, 0x20) && !is(at, 0x54)) return ASK
    if (!is(at + 3, 0x3a) || !is(at + 6, 0x3a)) return ASK
    const hours = number(at + 1, 2)
    const minutes = number(at + 4, 2)
    const seconds = number(at + 7, 2)
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return ASK
    micros = <i64>((hours * 60 + minutes) * 60 + seconds) * MICROS_A_SECOND
    at += 9
    if (at < end && is(at, 0x2e)) {
      let worth = 100000
      let fraction = 0
      const point = at++
      for (; at < end; at++, worth /= 10) {
        const digit = <i32>load<u8>(at) - 0x30
        if (digit < 0 || digit > 9) break
        if (worth === 0) return ASK
        fraction += digit * worth
      }
      if (at === point + 1) return ASK
      micros += <i64>fraction
    }
  }
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

/** Whether the zone is Z or +00:00. */
function isUtcZone(at: i32, end: i32): bool {
  if (end - at === 1) return is(at, 0x5a)
  return (
    end - at === 6 && is(at, 0x2b) && number(at + 1, 2) === 0 && is(at + 3, 0x3a) && number(at + 4, 2) === 0
  )
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
