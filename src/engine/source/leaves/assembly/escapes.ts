/** Escapes of JSON with hex digits (RFC 8259, section 7). */

/** Where the escape ends that `readEscape` read last. */
export let escapeEnd: i32 = 0

/** Returns the code point of the escape, or of the two, whose four hex digits begin at `start`; -1 when it is none, or half of a pair. */
export function readEscape(start: i32, limit: i32): i32 {
  const unit = fourDigits(start, limit)
  escapeEnd = start + 4
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const next = start + 6
  if (unit > 0xdbff || next > limit || load<u8>(start, 4) !== 0x5c || load<u8>(start, 5) !== 0x75) return -1
  const low = fourDigits(next, limit)
  escapeEnd = next + 4
  return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00)
}

function fourDigits(start: i32, limit: i32): i32 {
  if (start + 4 > limit) return -1
  const first = hexValue(load<u8>(start))
  const second = hexValue(load<u8>(start, 1))
  const third = hexValue(load<u8>(start, 2))
  const fourth = hexValue(load<u8>(start, 3))
  // Any that is no digit is -1, and so has all bits.
  return (first | second | third | fourth) < 0 ? -1 : (first * 16 + second) * 256 + third * 16 + fourth
}

function hexValue(digit: u8): i32 {
  if (digit >= 0x30 && digit <= 0x39) return <i32>digit - 0x30
  if (digit >= 0x41 && digit <= 0x46) return <i32>digit - 0x37
  return digit >= 0x61 && digit <= 0x66 ? <i32>digit - 0x57 : -1
}
