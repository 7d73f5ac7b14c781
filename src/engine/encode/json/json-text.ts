/**
 * Checks whether text is JSON (RFC 8259, as PostgreSQL's json) and whether jsonb accepts and preserves it, reading it as bytes. Invariant:
 * no strings are made, no recursion, time linear in the text except for sorting keys.
 */
import { isDigit } from '../text/digits.ts'
import { OpenKeys } from './json-keys.ts'
import { hexAt, meaningOfEscape, utf8LengthAt } from './json-strings.ts'

export const NOT_JSON = 1
/** Equal keys, of which jsonb keeps only the last. */
export const DUPLICATE_KEYS = 2
/** `\u0000`, which jsonb refuses. */
const NUL_ESCAPE = 4
/** Half of a surrogate pair as `\u` escape, which jsonb refuses. */
const LONE_SURROGATE = 8
/** A number out of numeric's range: more than 131,072 digits before the point or 16,383 after it. */
const NUMBER_RANGE = 16
/** Containers nested more than MAX_DEPTH deep. */
const TOO_DEEP = 32
/** Beyond limits of jsonb, or of its output, on length or number. */
const TOO_LARGE = 64
/** Not byte for byte what jsonb prints, which alone is no problem. */
export const NOT_CANONICAL = 128

export const REFUSED_BY_JSON = NOT_JSON | TOO_DEEP
/** jsonb refuses it, or would lose part of it. */
export const REFUSED_BY_JSONB =
  REFUSED_BY_JSON | DUPLICATE_KEYS | NUL_ESCAPE | LONE_SURROGATE | NUMBER_RANGE | TOO_LARGE

/** PostgreSQL 15 and 18 accept 10,000 with their default max_stack_depth of 2 MB, but not 20,000. */
const MAX_DEPTH = 1000
/** JENTRY_OFFLENMASK in jsonb.h: the most bytes in one string, and in all elements of a container together. */
export const MAX_JSONB_BYTES = 0x0fffffff
/** PostgreSQL doubles its arrays of 32-byte elements and 72-byte pairs while parsing, each below 1 GB. */
const MAX_ELEMENTS = 1 << 24
const MAX_PAIRS = 1 << 23
/** Numeric's limits, in decimal digits (manual, section 8.1.2). */
const MAX_WHOLE_DIGITS = 131072
const MAX_FRACTION_DIGITS = 16383

const isBlank = new Uint8Array(256)
for (const blank of [0x20, 0x09, 0x0a, 0x0d]) isBlank[blank] = 1
/** The ASCII characters that need no escape in a literal. */
const isPlain = new Uint8Array(256).fill(1, 0x20, 0x80)
isPlain[0x22] = 0
isPlain[0x5c] = 0
const TRUE = Buffer.from('true', 'latin1')
const FALSE = Buffer.from('false', 'latin1')
const NULL_WORD = Buffer.from('null', 'latin1')

const keys = new OpenKeys()
const frameIsObject = new Uint8Array(MAX_DEPTH)
const frameIsSorted = new Uint8Array(MAX_DEPTH)
const frameFirstKey = new Int32Array(MAX_DEPTH)
const frameCommas = new Int32Array(MAX_DEPTH)

let flags = 0
/** Whether the last literal contained an escape. */
let hasEscape = false
/** The bytes that are added when jsonb prints exponents as digits. */
let expansion = 0

/**
 * Returns the flags of `bytes[start, end)`: 0 when it is exactly what jsonb prints. With NOT_JSON or TOO_DEEP, the other flags are
 * meaningless.
 */
export function scanJson(bytes: Uint8Array, start: number, end: number): number {
  flags = 0
  expansion = 0
  keys.begin(bytes)
  let at = start
  let depth = 0
  let scalars = 0
  let containers = 0
  let wantsKey = false
  for (;;) {
    if (at < end && isBlank[bytes[at]!] === 1) at = skipBlanks(bytes, at, end)
    if (at >= end) return NOT_JSON
    if (wantsKey) {
      if (bytes[at] !== 0x22) return NOT_JSON
      const inside = at + 1
      at = scanString(bytes, inside, end)
      if (at < 0) return NOT_JSON
      if (at - inside > MAX_JSONB_BYTES) flags |= TOO_LARGE
      pushKey(depth - 1, inside, at - 1)
      scalars++
      if (at < end && isBlank[bytes[at]!] === 1) at = skipBlanks(bytes, at, end)
      if (at >= end || bytes[at] !== 0x3a) return NOT_JSON
      at = afterSeparator(bytes, at + 1, end)
      if (at >= end) return NOT_JSON
      wantsKey = false
    }
    const first = bytes[at]!
    if (first === 0x22) {
      const inside = at + 1
      at = scanString(bytes, inside, end)
      if (at - inside > MAX_JSONB_BYTES) flags |= TOO_LARGE
      scalars++
    } else if (first === 0x7b || first === 0x5b) {
      if (depth === MAX_DEPTH) return TOO_DEEP
      const isObject = first === 0x7b
      frameIsObject[depth] = isObject ? 1 : 0
      frameIsSorted[depth] = 1
      frameFirstKey[depth] = keys.count
      frameCommas[depth] = 0
      depth++
      containers++
      at++
      if (at < end && isBlank[bytes[at]!] === 1) at = skipBlanks(bytes, at, end)
      if (at >= end) return NOT_JSON
      if (bytes[at] !== first + 2) {
        wantsKey = isObject
        continue
      }
      depth--
      at++
    } else if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      at = scanNumber(bytes, at, end)
      scalars++
    } else {
      at = scanWord(bytes, at, end)
    }
    if (at < 0) return NOT_JSON
    for (;;) {
      if (depth === 0) {
        if (at < end) at = skipBlanks(bytes, at, end)
        if (at < end) return NOT_JSON
        const large = end - start
        if (large + 17 * scalars + 11 * containers > MAX_JSONB_BYTES) flags |= TOO_LARGE
        if (2 * large + expansion > MAX_JSONB_BYTES * 2) flags |= TOO_LARGE
        return flags
      }
      if (at < end && isBlank[bytes[at]!] === 1) at = skipBlanks(bytes, at, end)
      if (at >= end) return NOT_JSON
      const frame = depth - 1
      const next = bytes[at]!
      if (next === 0x2c) {
        at = afterSeparator(bytes, at + 1, end)
        wantsKey = frameIsObject[frame] === 1
        frameCommas[frame]!++
        break
      }
      if (next !== (frameIsObject[frame] === 1 ? 0x7d : 0x5d)) return NOT_JSON
      at++
      closeFrame(frame)
      depth--
    }
  }
}

function pushKey(frame: number, start: number, end: number): void {
  keys.push(start, end, hasEscape)
  if (frameIsSorted[frame] === 0) return
  const key = keys.count - 1
  if (key === frameFirstKey[frame]) return
  if (keys.compare(key - 1, key) >= 0) {
    frameIsSorted[frame] = 0
    flags |= NOT_CANONICAL
  }
}

function closeFrame(frame: number): void {
  const count = frameCommas[frame]! + 1
  if (frameIsObject[frame] === 0) {
    if (count > MAX_ELEMENTS) flags |= TOO_LARGE
    return
  }
  if (count > MAX_PAIRS) flags |= TOO_LARGE
  const first = frameFirstKey[frame]!
  if (frameIsSorted[frame] === 0 && keys.hasDuplicates(first)) flags |= DUPLICATE_KEYS
  keys.count = first
}

/** Skips blanks that jsonb would not print. */
function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && isBlank[bytes[at]!] === 1) at++
  if (at > from) flags |= NOT_CANONICAL
  return at
}

/** Skips the one space that jsonb prints after a comma or colon, and any further blanks. */
function afterSeparator(bytes: Uint8Array, at: number, end: number): number {
  if (at < end && bytes[at] === 0x20) {
    return at + 1 < end && isBlank[bytes[at + 1]!] === 1 ? skipBlanks(bytes, at + 1, end) : at + 1
  }
  flags |= NOT_CANONICAL
  return skipBlanks(bytes, at, end)
}

/** Returns the position after the closing quote, -1 when it is no literal; `from` is after the opening quote. */
function scanString(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  hasEscape = false
  for (;;) {
    while (at < end && isPlain[bytes[at]!] === 1) at++
    if (at >= end) return -1
    const byte = bytes[at]!
    if (byte === 0x22) return at + 1
    if (byte >= 0x80) {
      const length = utf8LengthAt(bytes, at, end)
      if (length === 0) return -1
      at += length
    } else if (byte === 0x5c) {
      hasEscape = true
      at = scanEscape(bytes, at, end)
      if (at < 0) return -1
    } else {
      return -1
    }
  }
}

function scanEscape(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return -1
  const letter = bytes[at + 1]!
  if (letter !== 0x75) {
    if (meaningOfEscape[letter] === 0) return -1
    if (letter === 0x2f) flags |= NOT_CANONICAL
    return at + 2
  }
  const unit = hexAt(bytes, at + 2, end)
  if (unit < 0) return -1
  if (!isCanonicalEscape(bytes, at, unit)) flags |= NOT_CANONICAL
  if (unit === 0) flags |= NUL_ESCAPE
  if (unit < 0xd800 || unit > 0xdfff) return at + 6
  if (unit < 0xdc00 && at + 7 < end && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75) {
    const low = hexAt(bytes, at + 8, end)
    if (low < 0) return -1
    if (low >= 0xdc00 && low <= 0xdfff) return at + 12
  }
  flags |= LONE_SURROGATE
  return at + 6
}

/** Whether jsonb would print this escape: control characters without a short escape, in lower case. */
function isCanonicalEscape(bytes: Uint8Array, at: number, unit: number): boolean {
  if (unit >= 0x20 || (unit >= 8 && unit <= 13 && unit !== 11)) return false
  return bytes[at + 5]! < 0x41 || bytes[at + 5]! > 0x46
}

function scanWord(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]
  const word = first === 0x74 ? TRUE : first === 0x66 ? FALSE : first === 0x6e ? NULL_WORD : null
  if (word === null || at + word.length > end) return -1
  for (let i = 1; i < word.length; i++) {
    if (bytes[at + i] !== word[i]) return -1
  }
  return at + word.length
}

function scanNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  const negative = bytes[at] === 0x2d
  if (negative) at++
  const whole = at
  while (at < end && isDigit(bytes[at]!)) at++
  const wholeDigits = at - whole
  if (wholeDigits === 0 || (wholeDigits > 1 && bytes[whole] === 0x30)) return -1
  let fractionDigits = 0
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1
    at = fraction
    while (at < end && isDigit(bytes[at]!)) at++
    fractionDigits = at - fraction
    if (fractionDigits === 0) return -1
  }
  const digitsEnd = at
  let exponent = 0
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    at++
    const sign = at < end ? bytes[at]! : 0
    if (sign === 0x2b || sign === 0x2d) at++
    const exponentStart = at
    while (at < end && isDigit(bytes[at]!)) {
      exponent = Math.min(exponent * 10 + bytes[at]! - 0x30, 2e9)
      at++
    }
    if (at === exponentStart) return -1
    if (sign === 0x2d) exponent = -exponent
    flags |= NOT_CANONICAL
  } else if (!negative && wholeDigits <= MAX_WHOLE_DIGITS && fractionDigits <= MAX_FRACTION_DIGITS) {
    return at
  }
  checkNumber(bytes, whole, digitsEnd, wholeDigits, fractionDigits, exponent, negative)
  return at
}

function checkNumber(
  bytes: Uint8Array,
  whole: number,
  digitsEnd: number,
  wholeDigits: number,
  fractionDigits: number,
  exponent: number,
  negative: boolean,
): void {
  let significant = whole
  while (significant < digitsEnd && (bytes[significant] === 0x30 || bytes[significant] === 0x2e))
    significant++
  const isZero = significant === digitsEnd
  if (isZero && negative) flags |= NOT_CANONICAL
  const point = whole + wholeDigits
  const firstPlace = significant < point ? point - significant : point + 1 - significant
  const outside = isZero ? exponent > 1e9 : firstPlace + exponent > MAX_WHOLE_DIGITS
  if (outside || fractionDigits - exponent > MAX_FRACTION_DIGITS) flags |= NUMBER_RANGE
  else if (exponent < 0 || !isZero) expansion += Math.abs(exponent)
}
