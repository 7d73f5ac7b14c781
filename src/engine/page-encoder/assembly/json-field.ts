/**
 * Fields of json and jsonb: documents that are plain, copied unchanged (compare `encode/json/json-text.ts`). Invariant: an object or array
 * is written only if jsonb accepts it, or if the census found so of all in the column; the column's own encoder is asked about long
 * exponents, keys with escapes, escapes that jsonb refuses, and anything invalid.
 */
import { ASK, NORMALIZED } from './outcome'
import { sequenceLength } from './string-field'

const BRACE: i32 = 0x7b
const BRACKET: i32 = 0x5b
const QUOTE: i8 = 0x22
const BACKSLASH: i8 = 0x5c
const MINUS: i32 = 0x2d
const DOLLAR: i32 = 0x24

const MOST_DEPTH: i32 = 32
const MOST_KEYS: i32 = 64
/** Digits of a number: far fewer than numeric accepts. */
const MOST_DIGITS: i32 = 300
/** For each open container two 32-bit numbers: 1 for an object, 2 once its keys are out of order; and the index of its first key. */
const frames = memory.data(256)
/** For each key of the open objects two 32-bit numbers: where it begins and ends. */
const keys = memory.data(512)
let keyCount: i32 = 0
/** Whether the text so far is what jsonb would print. */
let isPrinted: bool = false

/** `isUnchanged`: the census found nothing in the column but documents that the server returns as they are written. */
export function writeJsonb(to: i32, at: i32, end: i32, isUnchanged: bool): i32 {
  if (!beginsDocument(at, end) || !(isUnchanged || isDocument(at, end))) return ASK
  store<i32>(to, bswap<i32>(end - at + 1))
  // The version byte of jsonb's binary format.
  store<u8>(to, 1, 4)
  memory.copy(to + 5, at, end - at)
  const fieldEnd = to + 5 + end - at
  return isUnchanged || isPrinted ? fieldEnd : fieldEnd | NORMALIZED
}

/** json keeps every byte. */
export function writeJson(to: i32, at: i32, end: i32, isUnchanged: bool): i32 {
  if (!beginsDocument(at, end) || !(isUnchanged || isDocument(at, end))) return ASK
  store<i32>(to, bswap<i32>(end - at))
  memory.copy(to + 4, at, end - at)
  return to + 4 + end - at
}

/** Whether the text may be an object or array, and no object that represents a value which JSON cannot express. */
function beginsDocument(start: i32, end: i32): bool {
  if (start === end) return false
  const outermost = <i32>load<u8>(start)
  return (outermost === BRACE || outermost === BRACKET) && load<u8>(start, 2) !== DOLLAR
}

/** Of a text that begins like a document. */
function isDocument(start: i32, end: i32): bool {
  isPrinted = true
  keyCount = 0
  let depth = 0
  let at = start
  while (at < end) {
    at = afterBlanks(at, end)
    if (at >= end) return false
    const first = <i32>load<u8>(at)
    if (first === BRACE || first === BRACKET) {
      if (depth === MOST_DEPTH) return false
      at = afterBlanks(at + 1, end)
      if (at >= end) return false
      if (<i32>load<u8>(at) !== first + 2) {
        const frame = <i32>frames + (depth++ << 3)
        store<i32>(frame, first === BRACE ? 1 : 0)
        store<i32>(frame, keyCount, 4)
        if (first === BRACE) at = afterKey(frame, at, end)
        if (at < 0) return false
        continue
      }
      at++
    } else {
      at = afterScalar(first, at, end)
      if (at < 0) return false
    }
    for (;;) {
      at = afterBlanks(at, end)
      if (depth === 0) return at === end
      if (at >= end) return false
      const frame = <i32>frames + ((depth - 1) << 3)
      const isObject = load<i32>(frame) !== 0
      const next = <i32>load<u8>(at++)
      if (next === 0x2c) {
        at = afterSeparator(at, end)
        if (isObject) at = afterKey(frame, at, end)
        if (at < 0) return false
        break
      }
      if (next !== (isObject ? 0x7d : 0x5d)) return false
      keyCount = load<i32>(frame, 4)
      depth--
    }
  }
  return false
}

function isBlank(byte: i32): bool {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
}

/** Skips blanks that jsonb would not print. */
function afterBlanks(from: i32, end: i32): i32 {
  let at = from
  while (at < end && isBlank(<i32>load<u8>(at))) at++
  if (at > from) isPrinted = false
  return at
}

/** Skips the one blank that jsonb prints after a comma or colon, and any further ones. */
function afterSeparator(at: i32, end: i32): i32 {
  if (at < end && load<u8>(at) === 0x20) return afterBlanks(at + 1, end)
  isPrinted = false
  return afterBlanks(at, end)
}

/** Returns the position after a key and its colon; -1 when there is no key, or it is a duplicate or has escapes. */
function afterKey(frame: i32, at: i32, end: i32): i32 {
  if (at >= end || <i32>load<u8>(at) !== QUOTE || keyCount === MOST_KEYS) return -1
  const start = at + 1
  const close = afterString(start, end, false)
  if (close < 0) return -1
  const key = <i32>keys + (keyCount << 3)
  store<i32>(key, start)
  store<i32>(key, close - 1, 4)
  const first = <i32>keys + (load<i32>(frame, 4) << 3)
  if (key > first) {
    if (load<i32>(frame) === 1 && order(key - 8, key) >= 0) {
      store<i32>(frame, 2)
      isPrinted = false
    }
    if (load<i32>(frame) === 2) {
      for (let other = first; other < key; other += 8) if (order(other, key) === 0) return -1
    }
  }
  keyCount++
  const colon = afterBlanks(close, end)
  if (colon >= end || load<u8>(colon) !== 0x3a) return -1
  return afterSeparator(colon + 1, end)
}

/** Returns a negative number, zero or a positive number, in jsonb's order of keys: the shorter first, then byte by byte. */
function order(one: i32, other: i32): i32 {
  let left = load<i32>(one)
  let right = load<i32>(other)
  const end = load<i32>(one, 4)
  const difference = end - left - (load<i32>(other, 4) - right)
  if (difference !== 0) return difference
  for (; left + 8 <= end && load<u64>(left) === load<u64>(right); left += 8) right += 8
  for (; left < end; left++, right++) {
    const step = <i32>load<u8>(left) - <i32>load<u8>(right)
    if (step !== 0) return step
  }
  return 0
}

function afterScalar(first: i32, at: i32, end: i32): i32 {
  if (first === QUOTE) return afterString(at + 1, end, true)
  if (first === MINUS || <u32>(first - 0x30) <= 9) return afterNumber(at, end)
  let length = 4
  const word = load<u32>(at)
  if (first === 0x66) {
    length = 5
    if (load<u32>(at, 1) !== 0x65736c61) return -1
  } else if (word !== 0x65757274 && word !== 0x6c6c756e) {
    return -1
  }
  return at + length > end ? -1 : at + length
}

/** Returns the position after the closing quote, -1 when it is no literal or not a plain one; `from` is after the opening quote. */
function afterString(from: i32, end: i32, takesEscapes: bool): i32 {
  let at = from
  while (at < end) {
    const bytes = v128.load(at)
    // Control characters and, as they are negative here, all bytes beyond ASCII.
    const odd = i8x16.bitmask(
      v128.or(
        i8x16.lt_s(bytes, i8x16.splat(0x20)),
        v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      ),
    )
    at += odd === 0 ? 16 : ctz<i32>(odd)
    if (at >= end) return -1
    if (odd === 0) continue
    const byte = <i32>load<u8>(at)
    if (byte === QUOTE) return at + 1
    if (byte >= 0x80) {
      const length = sequenceLength(at, end, byte)
      if (length === 0) return -1
      at += length
    } else {
      if (byte !== BACKSLASH || !takesEscapes) return -1
      at = afterEscape(at + 1, end)
      if (at < 0) return -1
    }
  }
  return -1
}

/** The letter or the hex digits after a backslash; -1 for the NUL character, half of a surrogate pair, and what is no escape. */
function afterEscape(at: i32, end: i32): i32 {
  if (at >= end) return -1
  const letter = <i32>load<u8>(at)
  if (letter !== 0x75) return isShortEscape(letter) ? at + 1 : -1
  const unit = hexUnit(at + 1, end)
  if (unit <= 0) return -1
  // jsonb prints only control characters with hex digits, small ones, and none that has an escape of its own.
  const isControl = unit < 0x20 && (unit === 0x0b || unit < 0x08 || unit > 0x0d)
  if (!isControl || <u32>load<u8>(at, 4) - 0x41 <= 5) isPrinted = false
  if (unit >> 11 !== 0x1b) return at + 5
  // A high surrogate, and then a low one.
  const isPair = unit >> 10 === 0x36 && at + 7 <= end && load<u16>(at, 5) === 0x755c
  return isPair && hexUnit(at + 7, end) >> 10 === 0x37 ? at + 11 : -1
}

/** The number of four hex digits; -1 when they are none. */
function hexUnit(at: i32, end: i32): i32 {
  if (at + 4 > end) return -1
  let unit = 0
  for (let digit = 0; digit < 4; digit++) {
    const byte = <u32>load<u8>(at + digit)
    const letter = (byte | 0x20) - 0x61
    if (byte - 0x30 <= 9) unit = (unit << 4) | <i32>(byte - 0x30)
    else if (letter <= 5) unit = (unit << 4) | <i32>(letter + 10)
    else return -1
  }
  return unit
}

function isShortEscape(letter: i32): bool {
  if (letter === 0x2f) isPrinted = false
  switch (letter) {
    case 0x22:
    case 0x2f:
    case 0x5c:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true
    default:
      return false
  }
}

/** Returns the position after a number with an exponent of two digits at most; -1 when it is none. */
function afterNumber(from: i32, end: i32): i32 {
  const whole = <i32>load<u8>(from) === MINUS ? from + 1 : from
  let at = afterDigits(whole, end)
  if (at === whole || (at > whole + 1 && load<u8>(whole) === 0x30)) return -1
  if (at < end && load<u8>(at) === 0x2e) {
    const fraction = at + 1
    at = afterDigits(fraction, end)
    if (at === fraction) return -1
  }
  if (at - from > MOST_DIGITS) return -1
  if (whole > from && isZero(whole, at)) isPrinted = false
  return at < end && (load<u8>(at) | 0x20) === 0x65 ? afterExponent(at + 1, end) : at
}

/** The digits after the E, and their sign. */
function afterExponent(from: i32, end: i32): i32 {
  // jsonb prints all digits of the number instead.
  isPrinted = false
  const isSigned = from < end && (load<u8>(from) === 0x2b || <i32>load<u8>(from) === MINUS)
  const digits = isSigned ? from + 1 : from
  const at = afterDigits(digits, end)
  return at === digits || at > digits + 2 ? -1 : at
}

function afterDigits(from: i32, end: i32): i32 {
  for (let at = from; at < end; at += 16) {
    const values = i8x16.sub(v128.load(at), i8x16.splat(0x30))
    const others = i8x16.bitmask(i8x16.ge_u(values, i8x16.splat(10)))
    if (others !== 0) return min(at + ctz<i32>(others), end)
  }
  return end
}

function isZero(from: i32, to: i32): bool {
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at)
    if (byte !== 0x30 && byte !== 0x2e) return false
  }
  return true
}
