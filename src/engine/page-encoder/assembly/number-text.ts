/**
 * Fields of text from numbers: as `textOfNumber` in `encode/conversions/text.ts` spells them. Invariant: a REAL is written only when it is
 * the nearest to a decimal of at most fifteen digits, which is then its shortest spelling; the column's own encoder is asked about others.
 */
import { ASK, LEAVE, NORMALIZED } from './outcome'

const powers = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
  1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
  1000000000000000000, 10000000000000000000,
])
const MOST_POWER: i32 = 19
const MOST_PLACES: i32 = 8
const MOST_UNITS: f64 = 1e15
/** Anything smaller is spelled with an exponent. */
const LEAST: f64 = 1e-6
const MINUS: u8 = 0x2d
const POINT: u8 = 0x2e

function power(exponent: i32): u64 {
  return load<u64>(<i32>powers + (exponent << 3))
}

/** `most`: the most characters. */
export function writeTextOfInteger(to: i32, value: i64, most: i32): i32 {
  const size: u64 = value < 0 ? -value : value
  const start = writeSign(to + 4, value < 0)
  return fieldOf(to, writeDigits(start, size, digitsOf(size)), most)
}

export function writeTextOfReal(to: i32, value: f64, most: i32): i32 {
  // A negative zero keeps its sign.
  if (reinterpret<u64>(value) === 0) return writeTextOfInteger(to, 0, most)
  const size = Math.abs(value)
  // Also true for NaN.
  if (!(size >= LEAST)) return ASK
  for (let places = 0; places <= MOST_PLACES; places++) {
    const unit = power(places)
    const product = size * <f64>unit
    if (product > MOST_UNITS) return ASK
    const units = <u64>(product + 0.5)
    if (<f64>units / <f64>unit !== size) continue
    const whole = units / unit
    let at = writeDigits(writeSign(to + 4, value < 0), whole, digitsOf(whole))
    if (places > 0) {
      store<u8>(at, POINT)
      at = writeDigits(at + 1, units - whole * unit, places)
    }
    return fieldOf(to, at, most)
  }
  return ASK
}

function fieldOf(to: i32, end: i32, most: i32): i32 {
  const length = end - to - 4
  if (length > most) return LEAVE
  store<i32>(to, bswap<i32>(length))
  return end | NORMALIZED
}

function writeSign(to: i32, isNegative: bool): i32 {
  if (!isNegative) return to
  store<u8>(to, MINUS)
  return to + 1
}

function digitsOf(value: u64): i32 {
  let digits = 1
  while (digits <= MOST_POWER && value >= power(digits)) digits++
  return digits
}

/** Writes the last `digits` digits, with zeros before them. */
function writeDigits(to: i32, value: u64, digits: i32): i32 {
  let rest = value
  for (let at = to + digits - 1; at >= to; at--) {
    const tenth = rest / 10
    store<u8>(at, <u8>(rest - tenth * 10 + 0x30))
    rest = tenth
  }
  return to + digits
}
