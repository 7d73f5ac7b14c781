/**
 * The hash of `encode/rows/row-hash.ts`: the 128-bit MurmurHash3 (x86 variant, by Austin Appleby, in the public domain) of each row, summed
 * in four lanes. Invariant: the sums are those of `RowSum`.
 */
import { LANES } from './memory'

const C1: i32 = 0x239b961b
const C2: i32 = <i32>0xab0e9789
const C3: i32 = 0x38b34ae5
const C4: i32 = <i32>0xa1e38b93

export function addRow(start: i32, end: i32): void {
  let h1: i32 = 0
  let h2: i32 = 0
  let h3: i32 = 0
  let h4: i32 = 0
  const length = end - start
  let at = start
  for (; at + 16 <= end; at += 16) {
    h1 ^= scramble(load<i32>(at), C1, 15, C2)
    h1 = (rotl(h1, 19) + h2) * 5 + 0x561ccd1b
    h2 ^= scramble(load<i32>(at, 4), C2, 16, C3)
    h2 = (rotl(h2, 17) + h3) * 5 + 0x0bcaa747
    h3 ^= scramble(load<i32>(at, 8), C3, 17, C4)
    h3 = (rotl(h3, 15) + h4) * 5 + <i32>0x96cd1c35
    h4 ^= scramble(load<i32>(at, 12), C4, 18, C1)
    h4 = (rotl(h4, 13) + h1) * 5 + 0x32ac3b17
  }
  // Zeros in place of the bytes beyond the row: a word of zeros changes nothing.
  const isOfRow = i8x16.lt_u(
    i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    i8x16.splat(<i8>(end - at)),
  )
  const rest = v128.and(v128.load(at), isOfRow)
  h1 ^= scramble(i32x4.extract_lane(rest, 0), C1, 15, C2)
  h2 ^= scramble(i32x4.extract_lane(rest, 1), C2, 16, C3)
  h3 ^= scramble(i32x4.extract_lane(rest, 2), C3, 17, C4)
  h4 ^= scramble(i32x4.extract_lane(rest, 3), C4, 18, C1)
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 += h2 + h3 + h4
  h2 += h1
  h3 += h1
  h4 += h1
  h1 = finalMix(h1)
  h2 = finalMix(h2)
  h3 = finalMix(h3)
  h4 = finalMix(h4)
  h1 += h2 + h3 + h4
  store<i32>(LANES, load<i32>(LANES) + h1)
  store<i32>(LANES, load<i32>(LANES, 4) + h2 + h1, 4)
  store<i32>(LANES, load<i32>(LANES, 8) + h3 + h1, 8)
  store<i32>(LANES, load<i32>(LANES, 12) + h4 + h1, 12)
}

function scramble(value: i32, first: i32, rotation: i32, second: i32): i32 {
  return rotl(value * first, rotation) * second
}

function finalMix(value: i32): i32 {
  let mixed: u32 = value
  mixed = (mixed ^ (mixed >>> 16)) * 0x85ebca6b
  mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35
  return mixed ^ (mixed >>> 16)
}
