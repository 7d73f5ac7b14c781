/**
 * Fields of timestamptz, timestamp and date: the common spellings of `encode/times/time-text.ts`, and numbers in the common units of
 * `epoch.ts`. Invariant: only values that need no rounding and no zone but UTC; the column's own encoder writes the rest.
 */
import { storeInteger } from './big-endian'
import { ASK, LEAVE, NORMALIZED } from './outcome'

export const TIMESTAMPTZ: i32 = 0
export const TIMESTAMP: i32 = 1
export const DATE: i32 = 2

/** As in `time-text.ts`. */
const DATE_ONLY: i32 = 0
const BLANK: i32 = 0x20
const LETTER_T: i32 = 0x54
const NO_ZONE: i32 = 0
const LETTER_Z: i32 = 1
const ZERO_OFFSET: i32 = 2
/** `+00:00` in memory. */
const ZERO_OFFSET_START: u32 = 0x3a30302b
const ZERO_OFFSET_END: u16 = 0x3030

/** In place of the number of fraction digits, as in `time-text.ts`. */
const NO_SECONDS: i32 = -1
/** Of a fraction. */
const MOST_DIGITS: i32 = 6

const SECONDS_A_DAY: i64 = 86400
const FIRST_SECOND: i64 = -730119 * SECONDS_A_DAY
const LAST_SECOND: i64 = 2921939 * SECONDS_A_DAY + SECONDS_A_DAY - 1
/** 2000-01-01T00:00:00Z in Unix seconds. */
const UNIX_SECONDS: i64 = 946684800
const UNIX_MICROS: i64 = UNIX_SECONDS * 1000000
const MOST_SECONDS: i64 = 300000000000
const FIRST_MICRO: i64 = FIRST_SECOND * 1000000
const LAST_MICRO: i64 = LAST_SECOND * 1000000 + 999999

const monthLengths = memory.data<u8>([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

/**
 * YYYY-MM-DD, alone, or with a blank or T and HH:MM, or with a blank or T, HH:MM:SS, up to six fraction digits, and Z, +00:00 or no zone.
 */
export function writeMomentText(
  to: i32,
  start: i32,
  end: i32,
  kind: i32,
  isUtc: bool,
  formSeparator: i32,
  formDigits: i32,
  formZone: i32,
): i32 {
  const length = end - start
  if (length !== 10 && length !== 16 && length < 19) return ASK
  // `YYYY-MM-DD HH:MM`, less zeros and separators: bytes of at most 9 and 0. The one at the blank may be any.
  let first = i8x16.sub(
    v128.load(start),
    i8x16(0x30, 0x30, 0x30, 0x30, 0x2d, 0x30, 0x30, 0x2d, 0x30, 0x30, 0, 0x30, 0x30, 0x3a, 0x30, 0x30),
  )
  const asForm = i8x16.bitmask(
    i8x16.lt_u(first, i8x16(10, 10, 10, 10, 1, 10, 10, 1, 10, 10, -1, 10, 10, 1, 10, 10)),
  )
  // `:SS.ffffff`, and what follows.
  let second = i8x16.splat(0)
  let micro: i32 = 0
  let separator = DATE_ONLY
  let zone = NO_ZONE
  let digits = length === 16 ? NO_SECONDS : 0
  if (length === 10) {
    if ((asForm & 0x3ff) !== 0x3ff) return ASK
    first = v128.and(first, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0))
  } else {
    separator = <i32>load<u8>(start, 10)
    if (asForm !== 0xffff || (separator !== LETTER_T && separator !== BLANK)) return ASK
  }
  if (length > 16) {
    second = i8x16.sub(
      v128.load(start, 16),
      i8x16(0x3a, 0x30, 0x30, 0x2e, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30),
    )
    const areDigits = i8x16.bitmask(
      i8x16.lt_u(second, i8x16(1, 10, 10, 1, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)),
    )
    if ((areDigits & 7) !== 7) return ASK
    let at = start + 19
    if (at < end && (areDigits & 8) !== 0) {
      at++
      digits = min(ctz<i32>(~(areDigits >> 4)), end - at)
      if (digits === 0 || digits > MOST_DIGITS) return ASK
      at += digits
      micro = microsOf(second, digits)
    }
    if (at < end) {
      if (end - at === 1 && load<u8>(at) === 0x5a) {
        zone = LETTER_Z
      } else if (
        end - at === 6 &&
        load<u32>(at) === ZERO_OFFSET_START &&
        load<u16>(at, 4) === ZERO_OFFSET_END
      ) {
        zone = ZERO_OFFSET
      } else {
        return ASK
      }
    }
  }
  if (zone === NO_ZONE) {
    if (kind === TIMESTAMPTZ && !isUtc) return ASK
  } else if (kind !== TIMESTAMPTZ) {
    return ASK
  }
  // Century, year, month, day, hour, minute, second, and zero.
  const parts = twoDigits(
    v128.shuffle<u8>(first, second, 0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 16, 16),
  )
  if (v128.any_true(i16x8.gt_s(parts, i16x8(99, 99, 12, 31, 23, 59, 59, 0)))) return ASK
  const sums = i32x4.dot_i16x8_s(parts, i16x8(100, 1, 32, 1, 3600, 60, 1, 0))
  const year = i32x4.extract_lane(sums, 0)
  const monthAndDay = i32x4.extract_lane(sums, 1)
  const month = monthAndDay >> 5
  const dayOfMonth = monthAndDay & 31
  if (year === 0 || !isDate(year, month, dayOfMonth)) return LEAVE
  const ofMinute = i32x4.extract_lane(sums, 3)
  const secondOfDay = i32x4.extract_lane(sums, 2) + ofMinute
  const day = dayOf(year, month, dayOfMonth)
  const written = writeMoment(to, <i64>day * SECONDS_A_DAY + <i64>secondOfDay, micro, kind)
  if (written < 0) return written
  const isKept =
    separator === formSeparator &&
    zone === formZone &&
    (separator === DATE_ONLY || digits === digitsOf(formDigits, ofMinute, micro))
  return isKept ? written : written | NORMALIZED
}

/** The microseconds in a fraction whose digits begin with the fourth byte. Up to MOST_DIGITS. */
function microsOf(bytes: v128, digits: i32): i32 {
  const isDigit = i8x16.lt_u(
    i8x16(-1, -1, -1, -1, 0, 1, 2, 3, 4, 5, -1, -1, -1, -1, -1, -1),
    i8x16.splat(<i8>digits),
  )
  const places = v128.and(bytes, isDigit)
  const parts = twoDigits(v128.shuffle<u8>(places, places, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  const sums = i32x4.dot_i16x8_s(parts, i16x8(10000, 100, 1, 0, 0, 0, 0, 0))
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1)
}

/** For each two digits the number that they form, of 16 bits. */
function twoDigits(digits: v128): v128 {
  const tens = i16x8.mul(v128.and(digits, i16x8.splat(0xff)), i16x8.splat(10))
  return i16x8.add(tens, i16x8.shr_u(digits, 8))
}

/** The number of fraction digits that the column's form has for a time. */
function digitsOf(formDigits: i32, ofMinute: i32, micro: i32): i32 {
  if (micro === 0) return formDigits < 0 && ofMinute !== 0 ? 0 : formDigits
  if (formDigits >= MOST_DIGITS) return formDigits
  let needed = MOST_DIGITS
  for (let rest = micro; rest % 10 === 0; rest /= 10) needed--
  return needed > formDigits ? needed : formDigits
}

/** `unitsASecond`: 1, 1,000 or 1,000,000. Only for the zone UTC, or where no zone is needed. */
export function writeMomentInteger(to: i32, value: i64, unitsASecond: i32, isForm: bool): i32 {
  // Beyond the year 9999 in every unit; smaller values do not overflow 64 bits.
  const most = MOST_SECONDS * <i64>unitsASecond
  if (value > most || value < -most) return LEAVE
  return writeMicros(to, value * <i64>(1000000 / unitsASecond) - UNIX_MICROS, isForm)
}

/** As in `readReal`: a decimal in microseconds that converts back to the same double. `unitsASecond`: 1 or 1,000. */
export function writeMomentReal(to: i32, value: f64, unitsASecond: i32, isForm: bool): i32 {
  if (unitsASecond === 1000000) return ASK
  const perUnit: f64 = unitsASecond === 1 ? 1e6 : 1e3
  const limit: f64 = unitsASecond === 1 ? 8589934592 : 8796093022208
  if (!(Math.abs(value) < limit) || reinterpret<u64>(value) === 0x8000000000000000) return ASK
  const product = value * perUnit
  let micros = Math.floor(product)
  if (product - micros >= 0.5) micros += 1
  if (micros / perUnit !== value) return ASK
  return writeMicros(to, <i64>micros - UNIX_MICROS, isForm)
}

function writeMicros(to: i32, micros: i64, isForm: bool): i32 {
  if (micros < FIRST_MICRO || micros > LAST_MICRO) return LEAVE
  store<i32>(to, bswap<i32>(8))
  storeInteger(to + 4, micros)
  return isForm ? to + 12 : (to + 12) | NORMALIZED
}

function writeMoment(to: i32, second: i64, micro: i32, kind: i32): i32 {
  if (kind === DATE) {
    if (micro !== 0 || second % SECONDS_A_DAY !== 0) return LEAVE
    store<i32>(to, bswap<i32>(4))
    store<i32>(to, bswap<i32>(<i32>(second / SECONDS_A_DAY)), 4)
    return to + 8
  }
  store<i32>(to, bswap<i32>(8))
  storeInteger(to + 4, second * 1000000 + <i64>micro)
  return to + 12
}

function isDate(year: i32, month: i32, day: i32): bool {
  if (month < 1 || day < 1) return false
  if (day <= 28) return true
  if (month === 2) return day === 29 && (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= <i32>load<u8>(<i32>monthLengths + month)
}

/** The days since 2000-01-01, as in `civil.ts`. */
function dayOf(year: i32, month: i32, day: i32): i32 {
  const shifted = month > 2 ? year : year - 1
  const monthFromMarch = month > 2 ? month - 3 : month + 9
  const century = shifted / 100
  return (
    shifted * 365 + shifted / 4 - century + (century >> 2) + (153 * monthFromMarch + 2) / 5 + day - 730426
  )
}
