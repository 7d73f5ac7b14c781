/**
 * UUIDs as people write them: 8-4-4-4-12 hex digits or 32 of them, in any case; optionally in braces or as a URN (RFC 9562). Invariant:
 * nothing else is a UUID (no dashes elsewhere), and writing a UUID in the form it was read in yields the same bytes.
 */
import type { UuidForm } from '../../model/conversion.ts'

const LOWER = 0x20
const UPPER = 0x40
const NOT_HEX = 0x80
const DASH = 0x2d

/** By byte: the value of the hex digit, with LOWER or UPPER for a letter, or NOT_HEX. */
const hexDigits = new Uint8Array(256).fill(NOT_HEX)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  hexDigits[digit.charCodeAt(0)] = value < 10 ? value : value | LOWER
  if (value >= 10) hexDigits[digit.toUpperCase().charCodeAt(0)] = value | UPPER
}

/** The 16 bytes of the text last read by `readUuid`. */
export const uuidBytes = new Uint8Array(16)

export const NOT_A_UUID = -1
/** Flags that `readUuid` returns; a UUID with only decimal digits has neither. */
const HAS_LOWER = 1
const HAS_UPPER = 2
const IS_BARE = 4

/** Reads `bytes[start, end)` into `uuidBytes` and returns how it was spelled, or NOT_A_UUID. */
export function readUuid(bytes: Uint8Array, start: number, end: number): number {
  return readUuidInto(bytes, start, end, uuidBytes, 0)
}

/** Like `readUuid`, into `target[to, to + 16)`, which may be overwritten even if it is no UUID. */
export function readUuidInto(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
): number {
  const length = end - start
  let seen: number
  if (length === 36) {
    if (
      bytes[start + 8] !== DASH ||
      bytes[start + 13] !== DASH ||
      bytes[start + 18] !== DASH ||
      bytes[start + 23] !== DASH
    ) {
      return NOT_A_UUID
    }
    seen =
      readHex(bytes, start, 4, target, to) |
      readHex(bytes, start + 9, 2, target, to + 4) |
      readHex(bytes, start + 14, 2, target, to + 6) |
      readHex(bytes, start + 19, 2, target, to + 8) |
      readHex(bytes, start + 24, 6, target, to + 10)
  } else if (length === 32) {
    seen = readHex(bytes, start, 16, target, to)
  } else {
    return NOT_A_UUID
  }
  if ((seen & NOT_HEX) !== 0) return NOT_A_UUID
  return (
    ((seen & LOWER) !== 0 ? HAS_LOWER : 0) |
    ((seen & UPPER) !== 0 ? HAS_UPPER : 0) |
    (length === 32 ? IS_BARE : 0)
  )
}

const OPENING = 0x7b
const CLOSING = 0x7d
const URN = Buffer.from('urn:uuid:')

/** Like `readUuidInto`, for a UUID in braces or after `urn:uuid:`; returns false when it is none. No `UuidForm` is spelled so. */
export function readWrappedUuidInto(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
): boolean {
  if (bytes[start] === OPENING && bytes[end - 1] === CLOSING)
    return readUuidInto(bytes, start + 1, end - 1, target, to) !== NOT_A_UUID
  const first = start + URN.length
  if (end - first !== 36) return false
  for (let at = 0; at < URN.length; at++) {
    const byte = bytes[start + at]!
    if ((byte >= 0x41 && byte <= 0x5a ? byte | LOWER : byte) !== URN[at]) return false
  }
  return readUuidInto(bytes, first, end, target, to) !== NOT_A_UUID
}

/** Reads two hex digits per byte and returns the flags of all of them. */
function readHex(bytes: Uint8Array, start: number, count: number, target: Uint8Array, to: number): number {
  let seen = 0
  for (let i = 0, at = start; i < count; i++, at += 2) {
    const high = hexDigits[bytes[at]!]!
    const low = hexDigits[bytes[at + 1]!]!
    seen |= high | low
    target[to + i] = (high << 4) | (low & 15)
  }
  return seen
}

/** Whether the inverse for `form` writes the spelling that `readUuid` returned. */
export function isSpelledAs(spelling: number, form: UuidForm): boolean {
  switch (form) {
    case 'none':
    case 'lower':
      return (spelling & (IS_BARE | HAS_UPPER)) === 0
    case 'upper':
      return (spelling & (IS_BARE | HAS_LOWER)) === 0
    case 'lower-bare':
      return (spelling & (IS_BARE | HAS_UPPER)) === IS_BARE
    case 'upper-bare':
      return (spelling & (IS_BARE | HAS_LOWER)) === IS_BARE
    case 'blob':
      return false
    default:
      return form satisfies never
  }
}

/** Writes a field's 16 bytes in `form`; `none` is written as `lower`. */
export function writeUuidAs(field: Buffer, form: UuidForm): string | Uint8Array {
  if (form === 'blob') return new Uint8Array(field)
  const hex = field.toString('hex')
  if (form === 'lower-bare') return hex
  if (form === 'upper-bare') return hex.toUpperCase()
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return form === 'upper' ? text.toUpperCase() : text
}
