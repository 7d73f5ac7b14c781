/**
 * Rewrites text in UTF-16 as UTF-8 (RFC 3629), eight code units at a time. Invariant: a text that UTF-8 cannot represent, and one with half
 * a code unit at its end, is left to the row encoder.
 */
import { NARROW } from './memory'
import { LEAVE } from './outcome'

/** Of the text encodings, as a database's header numbers them (https://www.sqlite.org/fileformat2.html §1.3.13). */
const UTF8: i32 = 1
const UTF16BE: i32 = 3

export let isWide: bool = false
let isBig: bool = false

export function setEncoding(number: i32): void {
  isWide = number !== UTF8
  isBig = number === UTF16BE
}

/** The most bytes that a row's values of `size` bytes have in UTF-8: a character of two bytes has three. */
export function mostNarrow(size: i32): i32 {
  return isWide ? size + (size >> 1) : size
}

/** Writes the text at NARROW and returns its end there, or LEAVE. */
export function writeNarrow(at: i32, end: i32): i32 {
  if (((end - at) & 1) !== 0) return LEAVE
  let from = at
  let to = NARROW
  while (from < end) {
    const bytes = v128.load(from)
    const units = isBig
      ? v128.shuffle<u8>(bytes, bytes, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
      : bytes
    // A bit for each unit that is not ASCII.
    let others = i16x8.bitmask(i16x8.gt_u(units, i16x8.splat(0x7f)))
    const rest = min((end - from) >> 1, 8)
    if (rest < 8) others &= (1 << rest) - 1
    const plain = others === 0 ? rest : ctz<i32>(others)
    // What is written beyond the plain units is overwritten.
    v128.store64_lane(to, i8x16.narrow_i16x8_u(units, units), 0)
    from += plain * 2
    to += plain
    if (others === 0) continue
    const unit = unitAt(from)
    from += 2
    if (unit < 0x800) {
      store<u16>(to, <u16>(0x80c0 | (unit >> 6) | ((unit & 0x3f) << 8)))
      to += 2
    } else if (unit < 0xd800 || unit > 0xdfff) {
      store<u8>(to, <u8>(0xe0 | (unit >> 12)))
      store<u16>(to, <u16>(0x8080 | ((unit >> 6) & 0x3f) | ((unit & 0x3f) << 8)), 1)
      to += 3
    } else {
      if (unit > 0xdbff || from === end) return LEAVE
      const low = unitAt(from)
      if (low < 0xdc00 || low > 0xdfff) return LEAVE
      from += 2
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)
      store<u16>(to, <u16>(0x80f0 | (point >> 18) | (((point >> 12) & 0x3f) << 8)))
      store<u16>(to, <u16>(0x8080 | ((point >> 6) & 0x3f) | ((point & 0x3f) << 8)), 2)
      to += 4
    }
  }
  return to
}

function unitAt(at: i32): i32 {
  const unit = load<u16>(at)
  return <i32>(isBig ? bswap<u16>(unit) : unit)
}
