/**
 * JSON string literals and UTF-8, byte by byte. Invariant: `quoteJson` writes what PostgreSQL's escape_json writes
 * (src/backend/utils/adt/json.c): short escapes for \b \f \n \r \t " and \, \u00xx for other control characters, everything else unescaped.
 */

const HEX = Buffer.from('0123456789abcdef', 'latin1')

/** By byte: 0 when it needs no escape in a JSON string, 1 for \u00xx, else the letter of its escape. */
const escapeOf = new Uint8Array(256)
escapeOf.fill(1, 0, 0x20)
for (const [byte, letter] of Object.entries({
  8: 'b',
  9: 't',
  10: 'n',
  12: 'f',
  13: 'r',
  34: '"',
  92: '\\',
})) {
  escapeOf[Number(byte)] = letter.charCodeAt(0)
}

/** By letter after a backslash: the byte it stands for; 0 for `u` and for letters that are no escape. */
export const meaningOfEscape = new Uint8Array(256)
for (const [letter, byte] of Object.entries({
  b: 8,
  t: 9,
  n: 10,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
  '/': 47,
})) {
  meaningOfEscape[letter.charCodeAt(0)] = byte
}

/** By byte: the value of the hexadecimal digit; 255 when it is none. */
const hexValue = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit++) {
  hexValue[HEX[digit]!] = digit
  hexValue[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

/** The value of the four hexadecimal digits at `at`, or -1. */
export function hexAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  const a = hexValue[bytes[at]!]!
  const b = hexValue[bytes[at + 1]!]!
  const c = hexValue[bytes[at + 2]!]!
  const d = hexValue[bytes[at + 3]!]!
  if ((a | b | c | d) > 15) return -1
  return (a << 12) | (b << 8) | (c << 4) | d
}

/**
 * The length of the UTF-8 sequence at `at`, whose first byte must be 0x80 or more; 0 when it is invalid (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
export function utf8LengthAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!
  if (first < 0xc2 || first > 0xf4 || at + 1 >= end) return 0
  const second = bytes[at + 1]!
  if (first < 0xe0) return (second & 0xc0) === 0x80 ? 2 : 0
  if (at + 2 >= end || (bytes[at + 2]! & 0xc0) !== 0x80) return 0
  if (first < 0xf0) {
    if (first === 0xe0) return second >= 0xa0 && second <= 0xbf ? 3 : 0
    if (first === 0xed) return second >= 0x80 && second <= 0x9f ? 3 : 0
    return (second & 0xc0) === 0x80 ? 3 : 0
  }
  if (at + 3 >= end || (bytes[at + 3]! & 0xc0) !== 0x80) return 0
  if (first === 0xf0) return second >= 0x90 && second <= 0xbf ? 4 : 0
  if (first === 0xf4) return second >= 0x80 && second <= 0x8f ? 4 : 0
  return (second & 0xc0) === 0x80 ? 4 : 0
}

/** Whether PostgreSQL can store the bytes as text: valid UTF-8 without U+0000. */
export function isStorableText(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    if (byte < 0x80) {
      if (byte === 0) return false
      at++
    } else {
      const length = utf8LengthAt(bytes, at, end)
      if (length === 0) return false
      at += length
    }
  }
  return true
}

/** The length of the JSON literal for `bytes[start, end)`, without its quotes. */
export function quotedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = end - start
  for (let at = start; at < end; at++) {
    const letter = escapeOf[bytes[at]!]!
    if (letter !== 0) length += letter === 1 ? 5 : 1
  }
  return length
}

/** Writes the literal with its quotes at `to`, where there must be room, and returns the position after it. */
export function quoteJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
): number {
  let position = to
  target[position++] = 0x22
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    position = escapeOf[byte] === 0 ? put(target, position, byte) : putEscaped(target, position, byte)
  }
  target[position++] = 0x22
  return position
}

function put(target: Uint8Array, position: number, byte: number): number {
  target[position] = byte
  return position + 1
}

/** Writes one byte as it appears within a literal: itself, or its escape. */
function putEscaped(target: Uint8Array, position: number, byte: number): number {
  const letter = escapeOf[byte]!
  if (letter === 0) return put(target, position, byte)
  target[position] = 0x5c
  if (letter !== 1) return put(target, position + 1, letter)
  target[position + 1] = 0x75
  target[position + 2] = 0x30
  target[position + 3] = 0x30
  target[position + 4] = HEX[byte >> 4]!
  target[position + 5] = HEX[byte & 15]!
  return position + 6
}

/** Set by `codePointAt`: the end of the escape. A surrogate pair is one escape of twelve bytes. */
let escapeEnd = 0

/** Returns the code point of the escape whose backslash is at `at`, and sets `escapeEnd`. A lone surrogate is its own code point. */
function codePointAt(bytes: Uint8Array, at: number, end: number): number {
  const letter = bytes[at + 1]!
  escapeEnd = at + 2
  if (letter !== 0x75) return meaningOfEscape[letter]!
  const unit = hexAt(bytes, at + 2, end)
  escapeEnd = at + 6
  if (unit < 0xd800 || unit > 0xdbff || bytes[at + 6] !== 0x5c || bytes[at + 7] !== 0x75) return unit
  const low = hexAt(bytes, at + 8, end)
  if (low < 0xdc00 || low > 0xdfff) return unit
  escapeEnd = at + 12
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
}

/**
 * Writes the text that the inside of a valid literal stands for to `target` at `to`, where there must be room for as many bytes, and
 * returns the position after it. With `escaped`, characters that need an escape get one, in PostgreSQL's spelling. A lone surrogate becomes
 * three bytes.
 */
export function unescapeJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
  escaped: boolean,
): number {
  let position = to
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    if (byte !== 0x5c) {
      target[position++] = byte
      at++
      continue
    }
    const code = codePointAt(bytes, at, end)
    at = escapeEnd
    if (code < 0x80) {
      position = escaped ? putEscaped(target, position, code) : put(target, position, code)
      continue
    }
    if (code < 0x800) {
      target[position++] = 0xc0 | (code >> 6)
    } else {
      if (code < 0x10000) {
        target[position++] = 0xe0 | (code >> 12)
      } else {
        target[position++] = 0xf0 | (code >> 18)
        target[position++] = 0x80 | ((code >> 12) & 63)
      }
      target[position++] = 0x80 | ((code >> 6) & 63)
    }
    target[position++] = 0x80 | (code & 63)
  }
  return position
}
