/**
 * Whether jsonb accepts a text, and prints it (JsonbToCString in PostgreSQL's jsonb.c) byte for byte as it is written. Invariant: the
 * answers are those of `scanJson` in `encode/json/json-text.ts`; text with long exponents, keys with escapes, or anything that jsonb may
 * refuse is OTHER_TEXT.
 */
import { escapeEnd, readEscape } from './escapes'
import { countCharacters } from './utf8'

/** The results of `jsonOf`. */
export const OTHER_TEXT: i32 = 0
/** An object or array that jsonb prints differently. */
export const DOCUMENT: i32 = 1
/** An object or array that jsonb prints unchanged. */
export const PRINTED: i32 = 2

const MOST_DEPTH: i32 = 24
export const MOST_KEYS: i32 = 128
/** Digits of a number: far fewer than numeric accepts. */
const MOST_DIGITS: i32 = 200
/** With so few, a document becomes at most twenty times as long when jsonb prints it. */
const MOST_EXPONENT_DIGITS: i32 = 2

const BRACE: u32 = 0x7b
const BRACKET: u32 = 0x5b
const QUOTE: u32 = 0x22
const COMMA: u32 = 0x2c
const COLON: u32 = 0x3a
const BLANK: u32 = 0x20
const DOLLAR: u32 = 0x24

let limit: i32 = 0
let isPrinted: bool = false
let isAscii: bool = false
/** Of the text that `jsonOf` accepted last. */
export let characters: i32 = 0
/** For each key of the open objects two 32-bit numbers: where it begins and ends. */
const keys = memory.data(1024)
let keyCount: i32 = 0

export function jsonOf(start: i32, end: i32): i32 {
  if (!mayBeDocument(start, end)) return OTHER_TEXT
  isPrinted = true
  isAscii = true
  keyCount = 0
  const at = afterValue(start, 0)
  if (at < 0 || afterBlanks(at) !== end) return OTHER_TEXT
  characters = isAscii ? end - start : countCharacters(start, end)
  if (characters < 0) return OTHER_TEXT
  return isPrinted ? PRINTED : DOCUMENT
}

/** Whether the text begins like an object or array, and its first key not like one that represents a value which JSON cannot. */
export function mayBeDocument(start: i32, end: i32): bool {
  limit = end
  return !isAt(start + 2, DOLLAR) && (isAt(start, BRACE) || isAt(start, BRACKET))
}

function isAt(at: i32, byte: u32): bool {
  return at < limit && <u32>load<u8>(at) === byte
}

/** Skips blanks that jsonb does not print. */
function afterBlanks(from: i32): i32 {
  let at = from
  for (; at < limit; at++) {
    const byte = <u32>load<u8>(at)
    if (byte > BLANK || (byte !== BLANK && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
    isPrinted = false
  }
  return at
}

/** Returns the position after a comma or colon, the one blank that jsonb prints after it, and any other blanks; -1 without it. */
function afterSeparator(from: i32, byte: u32): i32 {
  const at = afterBlanks(from)
  if (!isAt(at, byte)) return -1
  if (isAt(at + 1, BLANK)) return afterBlanks(at + 2)
  isPrinted = false
  return afterBlanks(at + 1)
}

/** Returns the position after a value, or -1; so do the functions below. */
function afterValue(at: i32, depth: i32): i32 {
  if (at >= limit) return -1
  const first = <u32>load<u8>(at)
  switch (first) {
    case QUOTE:
      return afterLiteral(at + 1, true)
    case BRACE:
    case BRACKET: {
      const inside = afterBlanks(at + 1)
      if (isAt(inside, first + 2)) return inside + 1
      if (depth === MOST_DEPTH) return -1
      return first === BRACE ? afterMembers(inside, depth + 1) : afterElements(inside, depth + 1)
    }
    case 0x74:
      return afterWord(at, 0x65757274)
    case 0x6e:
      return afterWord(at, 0x6c6c756e)
    case 0x66:
      return afterWord(at + 1, 0x65736c61)
    default:
      return afterNumber(at)
  }
}

/** The rest of an object, after its opening brace. */
function afterMembers(from: i32, depth: i32): i32 {
  const first = <i32>keys + (keyCount << 3)
  let isSorted = true
  let at = from
  do {
    const key = <i32>keys + (keyCount << 3)
    if (keyCount++ === MOST_KEYS || !isAt(at, QUOTE)) return -1
    store<i32>(key, at + 1)
    at = afterLiteral(at + 1, false)
    if (at < 0) return -1
    store<i32>(key, at - 1, 4)
    if (isSorted && key > first && order(key - 8, key) >= 0) isSorted = false
    if (!isSorted) {
      isPrinted = false
      for (let other = first; other < key; other += 8) if (order(other, key) === 0) return -1
    }
    at = afterSeparator(at, COLON)
    if (at >= 0) at = afterValue(at, depth)
    if (at < 0) return -1
    at = afterBlanks(at)
    if (isAt(at, BRACE + 2)) {
      keyCount = (first - <i32>keys) >> 3
      return at + 1
    }
    at = afterSeparator(at, COMMA)
  } while (at >= 0)
  return -1
}

/** The rest of an array, after its opening bracket. */
function afterElements(from: i32, depth: i32): i32 {
  let at = from
  do {
    at = afterValue(at, depth)
    if (at < 0) return -1
    at = afterBlanks(at)
    if (isAt(at, BRACKET + 2)) return at + 1
    at = afterSeparator(at, COMMA)
  } while (at >= 0)
  return -1
}

/**
 * Compares two keys, each by the addresses of its two 32-bit numbers. Returns a negative number, zero or a positive number, in jsonb's order:
 * the shorter first, then byte by byte.
 */
export function order(one: i32, other: i32): i32 {
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

/** Four bytes, the first of which is the lowest. */
function afterWord(at: i32, word: u32): i32 {
  return at + 4 <= limit && load<u32>(at) === word ? at + 4 : -1
}

/** The rest of a literal, after its opening quote. */
function afterLiteral(from: i32, takesEscapes: bool): i32 {
  let at = from
  while (at < limit) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(0x5c)))
    const odd = i8x16.bitmask(v128.or(i8x16.lt_u(bytes, i8x16.splat(<i8>BLANK)), ends))
    // A bit for each byte that is not ASCII and precedes the first odd one.
    if ((i8x16.bitmask(bytes) & (odd ^ (odd - 1))) !== 0) isAscii = false
    if (odd === 0) {
      at += 16
      continue
    }
    at += ctz<i32>(odd)
    if (at >= limit) return -1
    const byte = <u32>load<u8>(at++)
    if (byte === QUOTE) return at
    if (byte < BLANK || !takesEscapes || at >= limit) return -1
    if (<u32>load<u8>(at) === 0x75) at = afterHexEscape(at + 1)
    else if (!isShortEscape(<u32>load<u8>(at++))) return -1
    if (at < 0) return -1
  }
  return -1
}

/** The hex digits after \u; -1 for U+0000 and lone surrogates, which jsonb refuses. */
function afterHexEscape(from: i32): i32 {
  const point = readEscape(from, limit)
  if (point <= 0) return -1
  // Except for what has a short escape, control characters are printed with hex digits, in lower case.
  if (point >= 0x20 || hasShortEscape(point) || isCapital(<u32>load<u8>(from + 3))) isPrinted = false
  return escapeEnd
}

function isCapital(letter: u32): bool {
  return letter >= 0x41 && letter <= 0x5a
}

/** Of a control character. */
export function hasShortEscape(point: i32): bool {
  return point >= 8 && point <= 13 && point !== 11
}

function isShortEscape(letter: u32): bool {
  // jsonb prints a slash without an escape.
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

/** jsonb prints no negative zero, and no exponent. */
function afterNumber(from: i32): i32 {
  const isNegative = isAt(from, 0x2d)
  const start = isNegative ? from + 1 : from
  const end = afterShortNumber(start)
  // A negative number that begins with a zero may be one.
  if (end > 0 && !(isNegative && load<u8>(start) === 0x30)) return end
  let at = afterDigits(start)
  if (at === start || (at > start + 1 && load<u8>(start) === 0x30)) return -1
  if (isAt(at, 0x2e)) {
    const fraction = at + 1
    at = afterDigits(fraction)
    if (at === fraction) return -1
  }
  if (isNegative && isZero(start, at)) isPrinted = false
  if (at - start > MOST_DIGITS) return -1
  if (!isAt(at, 0x65) && !isAt(at, 0x45)) return at
  isPrinted = false
  if (isAt(++at, 0x2b) || isAt(at, 0x2d)) at++
  const exponent = at
  while (at < limit && <u32>load<u8>(at) - 0x30 <= 9) at++
  return at > exponent && at - exponent <= MOST_EXPONENT_DIGITS ? at : -1
}

/** Returns the position after a number of at most fifteen bytes without sign and exponent; 0 for any other text. */
function afterShortNumber(start: i32): i32 {
  const values = i8x16.sub(v128.load(start), i8x16.splat(0x30))
  const others = i8x16.bitmask(i8x16.ge_u(values, i8x16.splat(10)))
  const whole = ctz<i32>(others)
  if (whole === 0 || whole > 15 || (whole > 1 && load<u8>(start) === 0x30)) return 0
  let end = start + whole
  if (load<u8>(end) === 0x2e) {
    const length = ctz<i32>(others & (others - 1))
    if (length === whole + 1 || length > 15) return 0
    end = start + length
  }
  return end < limit && (load<u8>(end) | 0x20) !== 0x65 ? end : 0
}

/** Skips digits. */
function afterDigits(from: i32): i32 {
  for (let at = from; at < limit; at += 16) {
    const values = i8x16.sub(v128.load(at), i8x16.splat(0x30))
    const others = i8x16.bitmask(i8x16.ge_u(values, i8x16.splat(10)))
    if (others !== 0) return min(at + ctz<i32>(others), limit)
  }
  return limit
}

/** Whether everything is zeros and a point. */
function isZero(start: i32, end: i32): bool {
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at)
    if (byte !== 0x30 && byte !== 0x2e) return false
  }
  return true
}
