/**
 * Whether jsonb accepts a text, and prints it (JsonbToCString in PostgreSQL's jsonb.c) byte for byte as it is written. Invariant: the
 * answers are those of `scanJson` in `encode/json/json-text.ts`; text with \u escapes, exponents, keys with escapes, or anything that jsonb
 * may refuse is OTHER_TEXT.
 */
import { countCharacters } from './utf8'

/** The results of `jsonOf`. */
export const OTHER_TEXT: i32 = 0
/** An object or array that jsonb prints differently. */
export const DOCUMENT: i32 = 1
/** An object or array that jsonb prints unchanged. */
export const PRINTED: i32 = 2

const MOST_DEPTH: i32 = 24
const MOST_KEYS: i32 = 128
/** Digits of a number: far fewer than numeric accepts. */
const MOST_DIGITS: i32 = 200

const BRACE: u32 = 0x7b
const BRACKET: u32 = 0x5b
const QUOTE: u32 = 0x22
const COMMA: u32 = 0x2c
const COLON: u32 = 0x3a
const BLANK: u32 = 0x20
const DOLLAR: u32 = 0x24

let cursor: i32 = 0
let limit: i32 = 0
let isPrinted: bool = false
let isAscii: bool = false
/** For each key of the open objects two 32-bit numbers: where it begins and ends. */
const keys = memory.data(1024)
let keyCount: i32 = 0

export function jsonOf(start: i32, end: i32): i32 {
  cursor = start
  limit = end
  isPrinted = true
  isAscii = true
  keyCount = 0
  // A key with a dollar sign may represent a value that JSON cannot express.
  if (end - start < 2 || <u32>load<u8>(start, 2) === DOLLAR) return OTHER_TEXT
  const isContainer = takes(BRACE) ? members(1) : takes(BRACKET) && elements(1)
  if (!isContainer) return OTHER_TEXT
  skipBlanks()
  if (cursor !== limit || (!isAscii && countCharacters(start, end) < 0)) return OTHER_TEXT
  return isPrinted ? PRINTED : DOCUMENT
}

/** Skips the byte if it is the next one. */
function takes(byte: u32): bool {
  if (cursor >= limit || <u32>load<u8>(cursor) !== byte) return false
  cursor++
  return true
}

/** Skips blanks that jsonb does not print. */
function skipBlanks(): void {
  const start = cursor
  while (cursor < limit) {
    const byte = <u32>load<u8>(cursor)
    if (byte !== BLANK && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    cursor++
  }
  if (cursor > start) isPrinted = false
}

function takesAfterBlanks(byte: u32): bool {
  if (takes(byte)) return true
  skipBlanks()
  return takes(byte)
}

/** Skips a comma or colon, the one blank that jsonb prints after it, and any further blanks. */
function separates(byte: u32): bool {
  if (!takesAfterBlanks(byte)) return false
  if (!takes(BLANK)) isPrinted = false
  skipBlanks()
  return true
}

/** The rest of an object, after its opening brace. */
function members(depth: i32): bool {
  if (takesAfterBlanks(BRACE + 2)) return true
  if (depth > MOST_DEPTH) return false
  const first = <i32>keys + (keyCount << 3)
  let isSorted = true
  do {
    const key = <i32>keys + (keyCount << 3)
    if (keyCount++ === MOST_KEYS || !takes(QUOTE)) return false
    store<i32>(key, cursor)
    if (!literal(false)) return false
    store<i32>(key, cursor - 1, 4)
    if (isSorted && key > first && order(key - 8, key) >= 0) isSorted = false
    if (!isSorted) {
      isPrinted = false
      for (let other = first; other < key; other += 8) if (order(other, key) === 0) return false
    }
    if (!separates(COLON) || !value(depth)) return false
    if (takesAfterBlanks(BRACE + 2)) {
      keyCount = (first - <i32>keys) >> 3
      return true
    }
  } while (separates(COMMA))
  return false
}

/** The rest of an array, after its opening bracket. */
function elements(depth: i32): bool {
  if (takesAfterBlanks(BRACKET + 2)) return true
  if (depth > MOST_DEPTH) return false
  do {
    if (!value(depth)) return false
    if (takesAfterBlanks(BRACKET + 2)) return true
  } while (separates(COMMA))
  return false
}

/** Returns a negative number, zero or a positive number, in jsonb's order of keys: the shorter first, then byte by byte. */
function order(one: i32, other: i32): i32 {
  let left = load<i32>(one)
  let right = load<i32>(other)
  const end = load<i32>(one, 4)
  const difference = end - left - (load<i32>(other, 4) - right)
  if (difference !== 0) return difference
  for (; left < end; left++, right++) {
    const step = <i32>load<u8>(left) - <i32>load<u8>(right)
    if (step !== 0) return step
  }
  return 0
}

function value(depth: i32): bool {
  if (takes(QUOTE)) return literal(true)
  if (takes(BRACE)) return members(depth + 1)
  if (takes(BRACKET)) return elements(depth + 1)
  if (takes(0x74)) return spells(0x657572)
  if (takes(0x6e)) return spells(0x6c6c75)
  if (takes(0x66)) return takes(0x61) && spells(0x65736c)
  return number()
}

/** Skips the last three bytes of a word, the first of which is the lowest. */
function spells(bytes: u32): bool {
  return takes(bytes & 0xff) && takes((bytes >> 8) & 0xff) && takes(bytes >> 16)
}

/** The rest of a literal, after its opening quote. */
function literal(takesEscapes: bool): bool {
  while (cursor < limit) {
    const bytes = v128.load(cursor)
    const ends = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(0x5c)))
    const odd = i8x16.bitmask(v128.or(i8x16.lt_u(bytes, i8x16.splat(<i8>BLANK)), ends))
    // A bit for each non-ASCII byte before the first odd one.
    if ((i8x16.bitmask(bytes) & (odd ^ (odd - 1))) !== 0) isAscii = false
    if (odd === 0) {
      cursor += 16
      continue
    }
    cursor += ctz<i32>(odd) + 1
    if (cursor > limit) return false
    const byte = <u32>load<u8>(cursor - 1)
    if (byte === QUOTE) return true
    if (byte < BLANK || !takesEscapes || cursor >= limit || !isShortEscape(<u32>load<u8>(cursor++)))
      return false
  }
  return false
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

/** A number without an exponent; jsonb prints no negative zero. */
function number(): bool {
  const isNegative = takes(0x2d)
  const start = cursor
  const startsWithZero = cursor < limit && load<u8>(cursor) === 0x30
  const whole = digits()
  if (whole === 0 || (startsWithZero && whole > 1)) return false
  if (takes(0x2e) && digits() === 0) return false
  if (isNegative && isZero(start)) isPrinted = false
  return cursor - start <= MOST_DIGITS
}

/** Skips digits; returns their number. */
function digits(): i32 {
  const start = cursor
  while (cursor < limit && <u32>load<u8>(cursor) - 0x30 <= 9) cursor++
  return cursor - start
}

/** Whether everything from `start` to the cursor is zeros and a point. */
function isZero(start: i32): bool {
  for (let at = start; at < cursor; at++) {
    const byte = load<u8>(at)
    if (byte !== 0x30 && byte !== 0x2e) return false
  }
  return true
}
