/**
 * Strict UTF-8, exactly as PostgreSQL accepts it in a UTF8 database (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF;
 * and no U+0000, which PostgreSQL cannot store). Invariant: bytes are checked without decoding them.
 */
import { isAscii, isUtf8 } from 'node:buffer'

export const INVALID_UTF8 = -1
export const NUL_IN_TEXT = -2

/**
 * Returns the number of code points in `bytes[start, end)`, or INVALID_UTF8, or NUL_IN_TEXT. Text with both faults is INVALID_UTF8, so that
 * the result does not depend on which comes first.
 */
export function countCharacters(bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= LONG_TEXT) return countValidCharacters(bytes, start, end)
  let at = start
  let continuations = 0
  let hasNul = false
  while (at + 4 <= end) {
    const a = bytes[at]!
    const b = bytes[at + 1]!
    const c = bytes[at + 2]!
    const d = bytes[at + 3]!
    if ((a | b | c | d) >= 0x80 || a === 0 || b === 0 || c === 0 || d === 0) break
    at += 4
  }
  while (at < end) {
    const first = bytes[at]!
    if (first < 0x80) {
      if (first === 0) hasNul = true
      at++
      continue
    }
    const length = sequenceLength(bytes, at, end, first)
    if (length === 0) return INVALID_UTF8
    continuations += length - 1
    at += length
  }
  return hasNul ? NUL_IN_TEXT : end - start - continuations
}

/** From so many bytes on, Node's own checks are faster than ours in spite of their calls. */
const LONG_TEXT = 1000

function countValidCharacters(bytes: Uint8Array, start: number, end: number): number {
  const text = bytes.subarray(start, end)
  if (!isUtf8(text)) return INVALID_UTF8
  if (text.includes(0)) return NUL_IN_TEXT
  return isAscii(text) ? text.length : text.length - countContinuations(text)
}

/** As many words as can be added up in bytes, four of which are then added up in one. */
const MOST_WORDS = 63

/** The number of bytes that continue a sequence (10xxxxxx), counted in four bytes at a time. */
function countContinuations(text: Uint8Array): number {
  const head = Math.min(-text.byteOffset & 3, text.length)
  const words = new Uint32Array(text.buffer, text.byteOffset + head, (text.length - head) >> 2)
  let continuations = 0
  for (let from = 0; from < words.length; from += MOST_WORDS) {
    const to = Math.min(from + MOST_WORDS, words.length)
    let ones = 0
    for (let at = from; at < to; at++) {
      const word = words[at]!
      ones += (word >>> 7) & (~word >>> 6) & 0x01010101
    }
    continuations += Math.imul(ones, 0x01010101) >>> 24
  }
  for (let at = 0; at < head; at++) if (isContinuation(text[at]!)) continuations++
  for (let at = head + words.length * 4; at < text.length; at++)
    if (isContinuation(text[at]!)) continuations++
  return continuations
}

/** The same for text in pieces, which may be cut anywhere. */
export function countLongCharacters(pieces: Iterable<Buffer>): number {
  let characters = 0
  let hasNul = false
  let carried: Buffer = Buffer.alloc(0)
  for (const piece of pieces) {
    const bytes = carried.length === 0 ? piece : Buffer.concat([carried, piece])
    const whole = bytes.length - unfinishedBytes(bytes)
    const count = countCharacters(bytes, 0, whole)
    if (count === INVALID_UTF8) return INVALID_UTF8
    if (count === NUL_IN_TEXT) hasNul = true
    else characters += count
    carried = Buffer.from(bytes.subarray(whole))
  }
  if (carried.length > 0) return INVALID_UTF8
  return hasNul ? NUL_IN_TEXT : characters
}

/** The number of bytes at the end that begin a sequence which more bytes could complete. */
function unfinishedBytes(bytes: Buffer): number {
  for (let count = 1; count <= 3 && count <= bytes.length; count++) {
    const byte = bytes[bytes.length - count]!
    if (isContinuation(byte)) continue
    const wanted = byte < 0xc2 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 1
    return wanted > count ? count : 0
  }
  return 0
}

/** The length of the well-formed sequence at `at`, where `first` ≥ 0x80; 0 when there is none (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number, end: number, first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0
  if (first < 0xe0) return at + 1 < end && isContinuation(bytes[at + 1]!) ? 2 : 0
  if (at + 2 >= end) return 0
  const second = bytes[at + 1]!
  if (!isContinuation(second) || !isContinuation(bytes[at + 2]!)) return 0
  if (first < 0xf0) {
    if (first === 0xe0 && second < 0xa0) return 0
    if (first === 0xed && second > 0x9f) return 0
    return 3
  }
  if (at + 3 >= end || !isContinuation(bytes[at + 3]!)) return 0
  if (first === 0xf0 && second < 0x90) return 0
  if (first === 0xf4 && second > 0x8f) return 0
  return 4
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** Counts characters in any bytes like SQLite's length(), but beyond U+0000: a byte from 0xc0 on with its continuation is one. */
export function countAnyCharacters(pieces: Iterable<Uint8Array>): number {
  let characters = 0
  let isWithin = false
  for (const piece of pieces) {
    for (const byte of piece) {
      const proceeds = (byte & 0xc0) === 0x80
      if (!proceeds) isWithin = byte >= 0xc0
      if (!proceeds || !isWithin) characters++
    }
  }
  return characters
}
