/**
 * text and varchar from numbers, spelled as JavaScript does (ECMAScript, Number::toString), written from the last character to the first.
 * Invariant: of REALs only those that are a decimal of up to fifteen digits, eight of them after the point, are written; fewer digits never
 * read back as the same number.
 */
import { write4 } from './big-endian'
import { ASK, LEAVE } from './outcome'

/** The characters, of which the last is at END. */
const scratch = memory.data(64)
const END: i32 = <i32>scratch + 40
const PLACES: i32 = 8
const UNIT: f64 = 1e8
/** With more before the point there are less than eight digits after it. */
const MOST_WHOLE: f64 = 1e15
/** From here on down an exponent is written. */
const SMALLEST: f64 = 0.000001

/** Puts the digits of a number before `end`. Returns where they begin. */
function putDigits(end: i32, number: u64): i32 {
  let at = end
  let rest = number
  do {
    at--
    store<u8>(at, 0x30 + <u8>(rest % 10))
    rest /= 10
  } while (rest !== 0)
  return at
}

export function writeNumeralOfInteger(to: i32, value: i64, most: i32): i32 {
  return writeNumeral(to, putDigits(END, value < 0 ? 0 - <u64>value : <u64>value), value < 0, most)
}

export function writeNumeralOfReal(to: i32, value: f64, most: i32): i32 {
  const size = abs<f64>(value)
  // A negative zero keeps its sign.
  if (size > MOST_WHOLE || (size < SMALLEST && reinterpret<i64>(value) !== 0)) return ASK
  const whole = floor<f64>(size)
  const fraction = size - whole
  let at = END
  if (fraction > 0) {
    let unit = UNIT
    let places = PLACES
    for (; whole * unit >= MOST_WHOLE; places--) unit /= 10
    const digits = nearest<f64>(fraction * unit)
    if (digits === unit || (whole * unit + digits) / unit !== size) return ASK
    at = putFraction(<u32>digits, places)
  } else if (!(fraction === 0)) {
    return ASK
  }
  return writeNumeral(to, putDigits(at, <u64>whole), value < 0, most)
}

/** Puts the point and the digits after it, without the zeros at their end, before END. */
function putFraction(digits: u32, places: i32): i32 {
  let rest = digits
  let count = places
  for (; rest % 10 === 0; count--) rest /= 10
  const point = END - count - 1
  memory.fill(point + 1, 0x30, count)
  putDigits(END, <u64>rest)
  store<u8>(point, 0x2e)
  return point
}

/** Writes the characters from `start` to END, after a minus sign if there is one. */
function writeNumeral(to: i32, start: i32, isNegative: bool, most: i32): i32 {
  let from = start
  if (isNegative) store<u8>(--from, 0x2d)
  const bytes = END - from
  if (bytes > most) return LEAVE
  write4(to, bytes)
  memory.copy(to + 4, from, bytes)
  return to + 4 + bytes
}
