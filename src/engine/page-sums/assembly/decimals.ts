/**
 * numeric: ndigits, weight, sign, dscale, and base-10,000 digits (numeric_send in PostgreSQL's numeric.c). Always computes four of those
 * before the point and three after it, and omits zeros at either end. Invariant: the value is written unchanged; one that must be rounded,
 * or is longer, is left to the column's own encoder.
 */
import { write2, write4 } from './big-endian'
import { ASK, LEAVE } from './outcome'

const tens = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8])

function ten(power: i32): f64 {
  return load<f64>(<i32>tens + (power << 3))
}

const EIGHT_DIGITS: u64 = 100000000

/** The two base-10,000 digits of a number below 100,000,000. */
function writeTwoGroups(to: i32, number: u32): void {
  write4(to, <i32>(((number / 10000) << 16) | (number % 10000)))
}

/** `upper` and `lower`: the digits after the point, eight as one number, then four. */
function writeGroups(to: i32, isNegative: bool, whole: u64, upper: u32, lower: u32, dscale: i32): i32 {
  const first = to + 12
  let at = first
  let weight = 0
  if (whole < 10000) {
    if (whole === 0) return writeBelowOne(to, isNegative, upper, lower, dscale)
    write2(at, <i32>whole)
    at += 2
  } else if (whole < EIGHT_DIGITS) {
    writeTwoGroups(at, <u32>whole)
    at += 4
    weight = 1
  } else {
    // What is zero before the first group is overwritten by the head.
    if (whole < 1000000000000) at -= 2
    writeTwoGroups(at, <u32>(whole / EIGHT_DIGITS))
    writeTwoGroups(at + 4, <u32>(whole % EIGHT_DIGITS))
    at += 8
    weight = ((at - first) >> 1) - 1
  }
  writeTwoGroups(at, upper)
  write2(at + 4, <i32>lower)
  return writeHead(to, endOfGroups(at + 6), weight, isNegative, dscale)
}

function writeBelowOne(to: i32, isNegative: bool, upper: u32, lower: u32, dscale: i32): i32 {
  if ((upper | lower) === 0) return writeHead(to, to + 12, 0, false, dscale)
  const zeros = upper >= 10000 ? 0 : upper > 0 ? 1 : 2
  const at = to + 12 - zeros * 2
  writeTwoGroups(at, upper)
  write2(at + 4, <i32>lower)
  return writeHead(to, endOfGroups(at + 6), -1 - zeros, isNegative, dscale)
}

/** Where the last group before `end` that is not zero ends; there must be one. */
function endOfGroups(end: i32): i32 {
  let at = end
  while (load<u16>(at - 2) === 0) at -= 2
  return at
}

function writeHead(to: i32, end: i32, weight: i32, isNegative: bool, dscale: i32): i32 {
  const bytes = end - to - 12
  write4(to, 8 + bytes)
  write4(to + 4, (bytes << 15) | (weight & 0xffff))
  write4(to + 8, (isNegative ? 0x40000000 : 0) | dscale)
  return end
}

/** Larger integers, and numbers with more than 15 digits, are left to the column's own encoder. */
const MOST: u64 = 999999999999999

/** `scale`: of the type, -1 when it has none; `limit`: the value must be less. */
export function writeDecimalOfInteger(to: i32, value: i64, scale: i32, limit: u64): i32 {
  const size = <u64>(value < 0 ? -value : value)
  if (size > MOST) return ASK
  if (size >= limit) return LEAVE
  return writeGroups(to, value < 0, size, 0, 0, scale < 0 ? 0 : scale)
}

/** What is added to it, a number from 0 up to this is the lower bits of the sum, rounded to the nearest integer. */
const INTEGERS: f64 = 4503599627370496

function integerOf(number: f64): u64 {
  return reinterpret<u64>(number + INTEGERS) ^ reinterpret<u64>(INTEGERS)
}

export function writeDecimalOfReal(to: i32, value: f64, scale: i32, limit: u64): i32 {
  const size = abs<f64>(value)
  let places = <u32>scale > 8 ? 8 : scale
  while (places > 0 && size * ten(places) > 1e15) places--
  const unit = ten(places)
  if (!(size * unit <= 1e15)) return ASK
  let whole = floor<f64>(size)
  let fraction = (size - whole) * unit + INTEGERS - INTEGERS
  if (fraction === unit) {
    whole += 1
    fraction = 0
  }
  // Together both are whole numbers below 2^53: they form one decimal, whose nearest double this is.
  if ((whole * unit + fraction) / unit !== size) return ASK
  const units = integerOf(whole)
  if (units >= limit) return LEAVE
  const digits = <u32>integerOf(fraction * ten(8 - places))
  return writeGroups(to, value < 0, units, digits, 0, scale < 0 ? placesOf(digits) : scale)
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
      if (places < 8) upper = upper * 10 + digit
      else lower = lower * 10 + digit
    }
    digits += places
    upper *= <u32>ten(8 - min(places, 8))
    lower *= <u32>ten(12 - max(places, 8))
  }
  if (digits === 0) return ASK
  if (whole >= limit) return LEAVE
  return writeGroups(to, sign === 0x2d, whole, upper, lower, scale < 0 ? places : scale)
}

function isDigit(at: i32): bool {
  return <u32>load<u8>(at) - 0x30 <= 9
}
