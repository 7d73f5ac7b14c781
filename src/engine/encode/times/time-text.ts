/**
 * Parses dates and times written as text, the common forms by position, without allocating. Invariant: only the forms listed at
 * `readTimeText` are accepted; everything else (day before month, 24:00, leap seconds, dates that don't exist) is refused.
 */
import { dayOf, isDate, SECONDS_A_DAY } from './civil.ts'
import { iso, LONGEST_WORDS, writeIsoOfWords } from './worded-time.ts'

/** Spellings of a zone, as indexes into `zoneSpellings`; OTHER_ZONE for any other, NO_ZONE for none. */
export const NO_ZONE = 0
export const OTHER_ZONE = 6
export const zoneSpellings = ['', 'Z', '+00:00', '+0000', '+00', ' UTC'] as const

export const DATE_ONLY = 0
const BLANK = 0x20
const LETTER_T = 0x54

/** The result of `readTimeText`: one object, overwritten by every call. */
export class TimeText {
  /** The days since 2000-01-01 of the date as written; 0 for a time alone. */
  day = 0
  /** The second of the day as written. */
  second = 0
  micro = 0
  /** Digits beyond the microsecond, 0 to 999. */
  nano = 0
  /** The seconds by which the written time is ahead of UTC; 0 without a zone. */
  offset = 0
  separator = DATE_ONLY
  /** The number of fraction digits, 0 to 9; -1 without seconds. */
  fraction = 0
  zone = NO_ZONE
  /** Whether everything else is spelled as `writeTimeText` would: dashes, colons, a point. */
  plain = true

  /** For a date without a time of day. */
  setMidnight(): void {
    this.separator = DATE_ONLY
    this.second = 0
    this.micro = 0
    this.nano = 0
    this.offset = 0
    this.fraction = 0
    this.zone = NO_ZONE
  }
}

export const READ = 0
export const NOT_A_TIME = 1
export const OUT_OF_RANGE = 2

/** The value of two digits; 255 or more when they are not digits. */
function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30
  const ones = bytes[at + 1]! - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 255
}

/**
 * Reads YYYY-MM-DD, YYYY/MM/DD or YYYYMMDD, alone or followed by T or one blank and HH:MM[:SS[.f]] with 1 to 9 fraction digits after a
 * point or comma, then a zone: Z, z, ±HH, ±HHMM, ±HH:MM, ±HH:MM:SS, optionally after a blank, UTC after a blank, or an offset and a zone
 * name, as Go writes. After YYYYMMDD the time is THHMMSS. Years 1 to 9999. Other programs' formats are read as `writeIsoOfWords` describes.
 */
export function readTimeText(bytes: Uint8Array, start: number, end: number, found: TimeText): number {
  const outcome = readDigits(bytes, start, end, found)
  const length = end - start
  if (outcome !== NOT_A_TIME || length < 15 || length > LONGEST_WORDS || !mayBeWords(bytes, start, end))
    return outcome
  const read = readDigits(iso, 0, writeIsoOfWords(bytes, start, end), found)
  found.plain = false
  return read
}

/**
 * Whether it may be a form of `writeIsoOfWords`: it begins with a weekday, ASP.NET's slash or a day before its month, or is an ISO time with a
 * monotonic clock or a zone name at the end.
 */
function mayBeWords(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!
  if (first === 0x2f || (first >= 0x46 && first <= 0x57)) return true
  return first <= 0x39 && (end - start > 24 || isBeforeMonth(bytes, start))
}

/** `5 Jan`, `05 Jan` or `05/Jan`. */
export function isBeforeMonth(bytes: Uint8Array, start: number): boolean {
  const at = bytes[start + 1] === BLANK ? start + 1 : start + 2
  const letter = bytes[at + 1]!
  return (bytes[at] === BLANK || bytes[at] === 0x2f) && letter >= 0x41 && letter <= 0x53
}

function readDigits(bytes: Uint8Array, start: number, end: number, found: TimeText): number {
  const length = end - start
  if (length < 8 || length > 48) return NOT_A_TIME
  const mark = bytes[start + 4]!
  const compact = mark !== 0x2d && mark !== 0x2f
  const monthAt = compact ? start + 4 : start + 5
  const dayAt = compact ? start + 6 : start + 8
  if (dayAt + 2 > end || (!compact && bytes[start + 7] !== mark)) return NOT_A_TIME
  const century = two(bytes, start)
  const ofCentury = two(bytes, start + 2)
  const month = two(bytes, monthAt)
  const dayOfMonth = two(bytes, dayAt)
  if (century > 99 || ofCentury > 99 || month > 12 || dayOfMonth > 31) return NOT_A_TIME
  const year = century * 100 + ofCentury
  if (!isDate(year, month, dayOfMonth)) return NOT_A_TIME
  if (year === 0) return OUT_OF_RANGE
  found.day = dayOf(year, month, dayOfMonth)
  found.plain = mark === 0x2d
  let at = dayAt + 2
  if (at === end) {
    found.setMidnight()
    return READ
  }
  const separator = bytes[at++]!
  if (separator !== LETTER_T && (separator !== BLANK || compact)) return NOT_A_TIME
  found.separator = separator
  at = compact ? readCompactClock(bytes, at, end, found) : readClock(bytes, at, end, found)
  if (at < 0) return NOT_A_TIME
  return readZone(bytes, at, end, found) ? READ : NOT_A_TIME
}

/** Reads HH:MM[:SS[.f]] alone. */
export function readClockText(bytes: Uint8Array, start: number, end: number, found: TimeText): number {
  found.day = 0
  found.plain = true
  found.offset = 0
  found.zone = NO_ZONE
  return readClock(bytes, start, end, found) === end ? READ : NOT_A_TIME
}

/** Reads HH:MM[:SS[.f]] and returns the position after it, or -1. */
function readClock(bytes: Uint8Array, at: number, end: number, found: TimeText): number {
  if (at + 5 > end || bytes[at + 2] !== 0x3a) return -1
  const hour = two(bytes, at)
  const minute = two(bytes, at + 3)
  if (hour > 23 || minute > 59) return -1
  found.second = hour * 3600 + minute * 60
  found.micro = 0
  found.nano = 0
  if (at + 5 === end || bytes[at + 5] !== 0x3a) {
    found.fraction = -1
    return at + 5
  }
  if (at + 8 > end) return -1
  const second = two(bytes, at + 6)
  if (second > 59) return -1
  found.second += second
  return readFraction(bytes, at + 8, end, found)
}

function readCompactClock(bytes: Uint8Array, at: number, end: number, found: TimeText): number {
  found.plain = false
  if (at + 6 > end) return -1
  const hour = two(bytes, at)
  const minute = two(bytes, at + 2)
  const second = two(bytes, at + 4)
  if (hour > 23 || minute > 59 || second > 59) return -1
  found.second = hour * 3600 + minute * 60 + second
  return readFraction(bytes, at + 6, end, found)
}

function readFraction(bytes: Uint8Array, from: number, end: number, found: TimeText): number {
  found.micro = 0
  found.nano = 0
  found.fraction = 0
  if (from >= end) return from
  const mark = bytes[from]!
  if (mark !== 0x2e && mark !== 0x2c) return from
  if (mark === 0x2c) found.plain = false
  let at = from + 1
  let digits = 0
  let micro = 0
  let nano = 0
  while (at < end) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) break
    if (digits < 6) micro = micro * 10 + digit
    else nano = nano * 10 + digit
    digits++
    at++
  }
  if (digits === 0 || digits > 9) return -1
  for (let i = digits; i < 6; i++) micro *= 10
  if (digits > 6) for (let i = digits; i < 9; i++) nano *= 10
  found.micro = micro
  found.nano = nano
  found.fraction = digits
  return at
}

function readZone(bytes: Uint8Array, from: number, end: number, found: TimeText): boolean {
  found.offset = 0
  found.zone = NO_ZONE
  if (from === end) return true
  let at = from
  const blank = bytes[at] === BLANK
  if (blank) {
    if (isUtcWord(bytes, at, end)) {
      found.zone = 5
      return true
    }
    if (++at === end) return false
  }
  const sign = bytes[at]!
  if (sign === 0x5a || sign === 0x7a) {
    found.zone = sign === 0x5a && !blank ? 1 : OTHER_ZONE
    return at + 1 === end
  }
  if (sign !== 0x2b && sign !== 0x2d) return false
  const hours = at + 3 <= end ? two(bytes, at + 1) : 255
  if (hours > 15) return false
  at += 3
  let seconds = hours * 3600
  let spelling = 4
  if (at < end && bytes[at] !== BLANK) {
    const colon = bytes[at] === 0x3a
    if (colon) at++
    const minutes = at + 2 <= end ? two(bytes, at) : 255
    if (minutes > 59) return false
    seconds += minutes * 60
    at += 2
    spelling = colon ? 2 : 3
    if (colon && at < end && bytes[at] === 0x3a) {
      const ofMinute = at + 3 <= end ? two(bytes, at + 1) : 255
      if (ofMinute > 59) return false
      seconds += ofMinute
      at += 3
      spelling = OTHER_ZONE
    }
  }
  found.offset = sign === 0x2d ? -seconds : seconds
  found.zone = seconds === 0 && sign === 0x2b && !blank ? spelling : OTHER_ZONE
  if (at === end) return true
  found.zone = OTHER_ZONE
  return isZoneName(bytes, at, end) && (seconds === 0 || !isUtcWord(bytes, at, end))
}

/** Whether the rest is a blank and a zone name, as Go's Time.String writes after the offset: `UTC`, `CEST`, `+03`, `-0330`. */
function isZoneName(bytes: Uint8Array, from: number, end: number): boolean {
  const length = end - from - 1
  if (bytes[from] !== BLANK || length < 2 || length > 5) return false
  const first = bytes[from + 1]!
  const isNumber = first === 0x2b || first === 0x2d
  if (!isNumber && length < 3) return false
  for (let at = from + (isNumber ? 2 : 1); at < end; at++) {
    const byte = bytes[at]!
    if (isNumber ? byte < 0x30 || byte > 0x39 : byte < 0x41 || byte > 0x5a) return false
  }
  return true
}

/** Whether the rest is ` UTC`. */
function isUtcWord(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    end - at === 4 &&
    bytes[at] === BLANK &&
    bytes[at + 1] === 0x55 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x43
  )
}

/** The local second since 2000-01-01, as written. */
export function wallSecondOf(found: TimeText): number {
  return found.day * SECONDS_A_DAY + found.second
}
