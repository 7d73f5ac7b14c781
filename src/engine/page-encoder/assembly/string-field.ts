/** Fields of text and varchar: as in `encode/conversions/text.ts` and `utf8.ts`, sixteen bytes at a time. */
import { LEAVE } from './outcome'

/** `maxCharacters`: the declared maximum, or the largest i32. */
export function writeText(to: i32, at: i32, end: i32, maxCharacters: i32): i32 {
  const length = end - at
  let from = at
  let into = to + 4
  // The next field overwrites what is written beyond the text.
  while (from < end) {
    const bytes = v128.load(from)
    v128.store(into, bytes)
    // The sign bit of each byte that is not ASCII, or is zero.
    let odd = i8x16.bitmask(bytes) | i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0)))
    const rest = end - from
    if (rest < 16) odd &= (1 << rest) - 1
    if (odd !== 0) return writeUnicode(to, at, end, maxCharacters)
    from += 16
    into += 16
  }
  if (length > maxCharacters) return LEAVE
  store<i32>(to, bswap<i32>(length))
  return to + 4 + length
}

/** Strict UTF-8 (RFC 3629) without U+0000; the row encoder refuses anything else. */
function writeUnicode(to: i32, start: i32, end: i32, maxCharacters: i32): i32 {
  let at = start
  let continuations = 0
  while (at < end) {
    const first = <i32>load<u8>(at)
    if (first < 0x80) {
      if (first === 0) return LEAVE
      at++
      continue
    }
    const length = sequenceLength(at, end, first)
    if (length === 0) return LEAVE
    continuations += length - 1
    at += length
  }
  if (end - start - continuations > maxCharacters) return LEAVE
  store<i32>(to, bswap<i32>(end - start))
  memory.copy(to + 4, start, end - start)
  return to + 4 + end - start
}

/** The length of the well-formed sequence at `at`, where `first` ≥ 0x80; 0 when there is none (Unicode 15, table 3-7). */
export function sequenceLength(at: i32, end: i32, first: i32): i32 {
  if (first < 0xc2 || first > 0xf4) return 0
  if (first < 0xe0) return at + 1 < end && isContinuation(at + 1) ? 2 : 0
  if (at + 2 >= end) return 0
  const second = <i32>load<u8>(at + 1)
  if (!isContinuation(at + 1) || !isContinuation(at + 2)) return 0
  if (first < 0xf0) {
    if (first === 0xe0 && second < 0xa0) return 0
    if (first === 0xed && second > 0x9f) return 0
    return 3
  }
  if (at + 3 >= end || !isContinuation(at + 3)) return 0
  if (first === 0xf0 && second < 0x90) return 0
  if (first === 0xf4 && second > 0x8f) return 0
  return 4
}

function isContinuation(at: i32): bool {
  return (load<u8>(at) & 0xc0) === 0x80
}
