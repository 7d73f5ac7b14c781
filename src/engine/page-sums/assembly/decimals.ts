/**
 * numeric: ndigits, weight, sign, dscale, and base-10,000 digits (numeric_send in PostgreSQL's numeric.c). Always computes four of those
 * before the point and three after it, and omits zeros at either end. Invariant: the value is written unchanged; one that must be rounded,
 * or is longer, is left to the column's own encoder.
 */
import { write2, write4 } from './big-endian'
import { ASK, LEAVE } from './outcome'

/** The base-10,000 digits: four before the point, three after it. */
const groups = memory.data<u16>([0, 0, 0, 0, 0, 0, 0, 0])
const WHOLE_GROUPS: i32 = 4
const ALL_GROUPS: i32 = 7

const tens = memory.data<u32>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000])

function ten(power: i32): u32 {
  return load<u32>(<i32>tens + (power << 2))
}

function setGroup(index: i32, digit: u32): void {
  store<u16>(<i32>groups + (index << 1), <u16>digit)
}

function setWhole(whole: u64): void {
  const upper = <u32>(whole / 100000000)
  const lower = <u32>(whole % 100000000)
  setGroup(0, upper / 10000)
  setGroup(1, upper % 10000)
  setGroup(2, lower / 10000)
  setGroup(3, lower % 10000)
}

/** Sets the digits after the point: eight as one number, then four. */
function setFraction(upper: u32, lower: u32): void {
  setGroup(4, upper / 10000)
  setGroup(5, upper % 10000)
  setGroup(6, lower)
}

function writeGroups(to: i32, isNegative: bool, dscale: i32): i32 {
  let first = 0
  while (first < ALL_GROUPS && load<u16>(<i32>groups + (first << 1)) === 0) first++
  let end = ALL_GROUPS
  while (end > first && load<u16>(<i32>groups + (end << 1) - 2) === 0) end--
  const count = end - first
  write4(to, 8 + count * 2)
  write2(to + 4, count)
  write2(to + 6, count === 0 ? 0 : WHOLE_GROUPS - 1 - first)
  write2(to + 8, isNegative && count > 0 ? 0x4000 : 0)
  write2(to + 10, dscale)
  let at = to + 12
  for (let group = first; group < end; group++, at += 2) write2(at, load<u16>(<i32>groups + (group << 1)))
  return at
}

/** Larger integers, and numbers with more than 15 digits, are left to the column's own encoder. */
const MOST: u64 = 999999999999999

/** `scale`: of the type, -1 when it has none; `limit`: the value must be less. */
export function writeDecimalOfInteger(to: i32, value: i64, scale: i32, limit: u64): i32 {
  const size = <u64>(value < 0 ? -value : value)
  if (size > MOST) return ASK
  if (size >= limit) return LEAVE
  setWhole(size)
  setFraction(0, 0)
  return writeGroups(to, value < 0, scale < 0 ? 0 : scale)
}

export function writeDecimalOfReal(to: i32, value: f64, scale: i32, limit: u64): i32 {
  const size = abs<f64>(value)
  const places = scale < 0 || scale > 8 ? 8 : scale
  const unit = <f64>ten(places)
  if (!(size * unit <= 1e15)) return ASK
  let whole = floor<f64>(size)
  let fraction = nearest<f64>((size - whole) * unit)
  if (fraction === unit) {
    whole += 1
    fraction = 0
  }
  // Together both are whole numbers below 2^53: they form one decimal, whose nearest double this is.
  if ((whole * unit + fraction) / unit !== size) return ASK
  if (<u64>whole >= limit) return LEAVE
  const digits = <u32>fraction * ten(8 - places)
  setWhole(<u64>whole)
  setFraction(digits, 0)
  return writeGroups(to, value < 0, scale < 0 ? placesOf(digits) : scale)
}

/** How many of the eight places are needed. */
function placesOf(fraction: u32): i32 {
  if (fraction === 0) return 0
  let places = 8
  for (let rest = fraction; rest % 10 === 0; rest /= 10) places--
  return places
}

/** An optional sign, up to 15 digits, and optionally a point with up to twelve more. */
export function writeDecimalOfText(to: i32, start: i32, end: i32, scale: i32, limit: u64): i32 {
  let at = start
  const sign = at < end ? <i32>load<u8>(at) : 0
  if (sign === 0x2d || sign === 0x2b) at++
  let whole: u64 = 0
  const wholeStart = at
  for (; at < end && isDigit(at); at++) {
    if (at - wholeStart === 15) return ASK
    whole = whole * 10 + <u64>(<u32>load<u8>(at) - 0x30)
  }
  let digits = at - wholeStart
  let places = 0
  let upper: u32 = 0
  let lower: u32 = 0
  if (at < end) {
    if (load<u8>(at) !== 0x2e) return ASK
    for (at++; at < end; at++, places++) {
      if (places === 12 || !isDigit(at)) return ASK
      const digit = <u32>load<u8>(at) - 0x30
      if (scale >= 0 && places >= scale && digit !== 0) return ASK
      if (places < 8) upper += digit * ten(7 - places)
      else lower += digit * ten(11 - places)
    }
    digits += places
  }
  if (digits === 0) return ASK
  if (whole >= limit) return LEAVE
  setWhole(whole)
  setFraction(upper, lower)
  return writeGroups(to, sign === 0x2d, scale < 0 ? places : scale)
}

function isDigit(at: i32): bool {
  return <u32>load<u8>(at) - 0x30 <= 9
}
