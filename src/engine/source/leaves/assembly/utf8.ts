/** UTF-8 (RFC 3629), checked by decoding code points. */

/** A one in each byte, and the top bit of each. */
export const ONES: u64 = ((<u64>0x01010101) << 32) | 0x01010101
export const TOPS: u64 = ONES << 7

/** Returns the number of characters; -1 when the text is invalid or contains U+0000. */
export function countCharacters(start: i32, end: i32): i32 {
  let count = 0
  for (let at = start; at < end; count++) {
    for (; at + 8 <= end && isPlain(load<u64>(at)); at += 8) count += 8
    if (at === end) break
    const lead = <u32>load<u8>(at++)
    if (lead === 0) return -1
    if (lead < 0x80) continue
    // The number of leading ones in the lead byte is the character's length in bytes.
    const more = clz<u32>(~(lead << 24)) - 1
    if (more < 1 || more > 3 || <u32>(end - at) < more) return -1
    let point = lead & (0x3f >> more)
    for (let i: u32 = 0; i < more; i++) {
      const next = <u32>load<u8>(at++)
      if ((next & 0xc0) !== 0x80) return -1
      point = (point << 6) | (next & 0x3f)
    }
    if (point < leastOf(more) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return -1
  }
  return count
}

/** Whether eight bytes are ASCII without U+0000. */
function isPlain(word: u64): bool {
  return (((word - ONES) | word) & TOPS) === 0
}

/** The smallest code point that takes `more` bytes after the first. */
function leastOf(more: u32): u32 {
  return more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000
}
