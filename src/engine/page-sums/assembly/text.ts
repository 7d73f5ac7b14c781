/**
 * text and varchar: UTF-8 (RFC 3629), unchanged. Invariant: invalid text, text with U+0000, and text that is too long are left to the
 * caller.
 */
import { countCharacters, ONES, TOPS } from '../../source/leaves/assembly/utf8'
import { write4 } from './big-endian'
import { LEAVE } from './outcome'

/** `most`: the most characters that the type allows. */
export function writeText(to: i32, start: i32, end: i32, most: i32): i32 {
  const bytes = end - start
  let characters = bytes
  let at = start
  let into = to + 4
  // Eight bytes at a time while all are ASCII and none is zero; what is written beyond the end is overwritten later.
  while (at < end) {
    let word = load<u64>(at)
    store<u64>(into, word)
    const rest = end - at
    // Replaces the bytes after the text with ones.
    if (rest < 8) word = (word & ~((<u64>-1) << ((<u64>rest) << 3))) | (ONES << ((<u64>rest) << 3))
    if ((((word - ONES) | word) & TOPS) !== 0) break
    at += 8
    into += 8
  }
  if (at < end) {
    characters = countCharacters(start, end)
    if (characters < 0) return LEAVE
    memory.copy(to + 4, start, bytes)
  }
  if (characters > most) return LEAVE
  write4(to, bytes)
  return to + 4 + bytes
}
