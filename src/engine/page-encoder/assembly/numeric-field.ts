/**
 * Fields of numeric: the short paths of `encode/conversions/numeric.ts`, `small-decimal.ts` and `numeric-field.ts`. Invariant: the value is
 * written unchanged; if it must be rounded, or its shortest decimal computed, the column's own encoder is asked.
 */
import { ASK, LEAVE, NORMALIZED } from './outcome'

const powers = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
  1000000000000,
])

function power(exponent: i32): u64 {
  return load<u64>(<i32>powers + (exponent << 3))
}

const INTEGER_FORM: i32 = 0
const TEXT_FORM: i32 = 2
/** The most digits after the point that are tried for a REAL. */
const TRIED: u32 = 8
const factors = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8])
const MAX_TRIED: f64 = 1e15
const MAX_SAFE: u64 = 9007199254740991
const MOST_WHOLE_DIGITS: i32 = 15
const MOST_FRACTION_DIGITS: i32 = 12
const EIGHT_DIGITS: u64 = 100000000
const NEGATIVE: u16 = 0x4000

/** `scale`: -1 when none is declared; `limit`: the value must be less. */
export function writeNumericInteger(to: i32, value: i64, form: i32, scale: i32, limit: u64): i32 {
  const size: u64 = value < 0 ? -value : value
  if (size > MAX_SAFE) return LEAVE
  if (size >= limit) return LEAVE
  const end = writeNumeric(to, value < 0, size, 0, 0, scale < 0 ? 0 : scale)
  return form === INTEGER_FORM ? end : end | NORMALIZED
}

export function writeNumericReal(to: i32, value: f64, form: i32, scale: i32, limit: u64): i32 {
  const size = Math.abs(value)
  let tried = <u32>scale > TRIED ? TRIED : scale
  // A large number is tried with as many digits as it can have.
  while (tried > 0 && size * load<f64>(<i32>factors + (tried << 3)) > MAX_TRIED) tried--
  const factor = load<f64>(<i32>factors + (tried << 3))
  const product = size * factor
  // Also true for NaN and the infinities.
  if (!(product <= MAX_TRIED)) return ASK
  const units = <i64>(product + 0.5)
  if (<f64>units / factor !== size) return ASK
  // The quotient of the integers would be the same: a double differs by far less than a unit from the decimal that it is nearest to.
  const whole = <i64>size
  if (<u64>whole >= limit) return LEAVE
  let fraction = <u64>(units - whole * <i64>power(tried))
  const isWhole = fraction === 0
  let digits = tried
  let shown = scale
  if (scale < 0) {
    if (fraction === 0) digits = 0
    while (digits > 0 && fraction % 10 === 0) {
      fraction /= 10
      digits--
    }
    shown = digits
  }
  const end = writeNumeric(to, value < 0, whole, fraction, digits, shown)
  if (form === TEXT_FORM || reinterpret<u64>(value) === 0x8000000000000000) return end | NORMALIZED
  return form === INTEGER_FORM && isWhole ? end | NORMALIZED : end
}

/** Digits with an optional sign and point; other text, and more digits, are left to the row encoder. */
export function writeNumericText(to: i32, start: i32, end: i32, form: i32, scale: i32, limit: u64): i32 {
  let at = start
  if (at === end) return ASK
  const sign = load<u8>(at)
  const negative = sign === 0x2d
  if (negative || sign === 0x2b) at++
  const wholeStart = at
  let whole: u64 = 0
  while (at < end) {
    const digit = <u32>load<u8>(at) - 0x30
    if (digit > 9) break
    whole = whole * 10 + digit
    at++
    if (at - wholeStart > MOST_WHOLE_DIGITS) return ASK
  }
  const wholeDigits = at - wholeStart
  let fraction: u64 = 0
  let digits = 0
  let hasPoint = false
  if (at < end) {
    if (load<u8>(at) !== 0x2e) return ASK
    hasPoint = true
    at++
    const fractionStart = at
    while (at < end) {
      const digit = <u32>load<u8>(at) - 0x30
      if (digit > 9) return ASK
      fraction = fraction * 10 + digit
      at++
      if (at - fractionStart > MOST_FRACTION_DIGITS) return ASK
    }
    digits = at - fractionStart
  }
  if (wholeDigits + digits === 0) return ASK
  let isKept =
    form === TEXT_FORM &&
    sign !== 0x2b &&
    wholeDigits > 0 &&
    (wholeDigits === 1 || load<u8>(wholeStart) !== 0x30) &&
    (!hasPoint || digits > 0) &&
    !(negative && whole === 0 && fraction === 0)
  if (scale >= 0 && digits > 0 && fraction % 10 === 0) isKept = false
  if (scale >= 0 && digits > scale) {
    const unit = power(digits - scale)
    if (fraction % unit !== 0) return ASK
    fraction /= unit
    digits = scale
  }
  if (whole >= limit) return LEAVE
  const written = writeNumeric(to, negative, whole, fraction, digits, scale < 0 ? digits : scale)
  return isKept ? written : written | NORMALIZED
}

/** The field of whole + fraction / 10^digits: ndigits, weight, sign, dscale, and groups of four digits. */
function writeNumeric(to: i32, negative: bool, whole: u64, fraction: u64, digits: i32, dscale: i32): i32 {
  const first = to + 12
  let at = first
  let weight = -1
  if (whole !== 0) {
    if (whole >= EIGHT_DIGITS) {
      const high = <u32>(whole / EIGHT_DIGITS)
      const low = <u32>(whole - <u64>high * EIGHT_DIGITS)
      if (high >= 10000) at = writeGroup(at, high / 10000)
      at = writeGroup(at, high % 10000)
      at = writeGroup(at, low / 10000)
      at = writeGroup(at, low % 10000)
    } else {
      const low = <u32>whole
      if (low >= 10000) at = writeGroup(at, low / 10000)
      at = writeGroup(at, low % 10000)
    }
    weight = ((at - first) >> 1) - 1
  }
  if (fraction !== 0) {
    const places = (digits + 3) >> 2
    let aligned = fraction * power(places * 4 - digits)
    if (places === 3) {
      const high = <u32>(aligned / EIGHT_DIGITS)
      aligned -= <u64>high * EIGHT_DIGITS
      if (at > first || high !== 0) at = writeGroup(at, high)
      else weight--
    }
    const low = <u32>aligned
    if (places >= 2) {
      const middle = low / 10000
      if (at > first || middle !== 0) at = writeGroup(at, middle)
      else weight--
    }
    const last = low % 10000
    if (at > first || last !== 0) at = writeGroup(at, last)
  }
  while (at > first && load<u16>(at - 2) === 0) at -= 2
  const isZero = at === first
  // Less than 256 bytes.
  store<i32>(to, (8 + at - first) << 24)
  store<u16>(to, bswap<u16>(<u16>((at - first) >> 1)), 4)
  store<u16>(to, isZero ? 0 : bswap<u16>(<u16>weight), 6)
  store<u16>(to, negative && !isZero ? bswap<u16>(NEGATIVE) : 0, 8)
  store<u16>(to, bswap<u16>(<u16>dscale), 10)
  return at
}

function writeGroup(at: i32, group: u32): i32 {
  store<u16>(at, bswap<u16>(<u16>group))
  return at + 2
}
