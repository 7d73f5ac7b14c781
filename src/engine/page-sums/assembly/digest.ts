/**
 * The sum of all rows' hashes: the 128-bit MurmurHash3 (x86 variant, by Austin Appleby, in the public domain) of each, added lane by lane,
 * as defined in `encode/rows/row-hash.ts`. Written independently of the page encoder's, so that a fault in either is noticed.
 */

/** From byte 16 - n on, this has n bytes of ones, and then zeros. */
const ONES_THEN_ZEROS = memory.data<u64>([u64.MAX_VALUE, u64.MAX_VALUE, 0, 0])

/** Adds the row at `[start, end)` to the four numbers at `sum`. */
export function addRow(start: i32, end: i32, sum: i32): void {
  let one: u32 = 0
  let two: u32 = 0
  let three: u32 = 0
  let four: u32 = 0
  const length = <u32>(end - start)
  let at = start
  for (; end - at >= 16; at += 16) {
    one = (rotl<u32>(one ^ first(load<u32>(at)), 19) + two) * 5 + 0x561ccd1b
    two = (rotl<u32>(two ^ second(load<u32>(at, 4)), 17) + three) * 5 + 0x0bcaa747
    three = (rotl<u32>(three ^ third(load<u32>(at, 8)), 15) + four) * 5 + 0x96cd1c35
    four = (rotl<u32>(four ^ fourth(load<u32>(at, 12)), 13) + one) * 5 + 0x32ac3b17
  }
  // With zeros after the row's end, the incomplete group adds nothing to the hash.
  const mask = <i32>ONES_THEN_ZEROS + 16 - (end - at)
  const left = load<u64>(at) & load<u64>(mask)
  const right = load<u64>(at, 8) & load<u64>(mask, 8)
  one ^= first(<u32>left) ^ length
  two ^= second(<u32>(left >> 32)) ^ length
  three ^= third(<u32>right) ^ length
  four ^= fourth(<u32>(right >> 32)) ^ length
  one += two + three + four
  two = mixed(two + one)
  three = mixed(three + one)
  four = mixed(four + one)
  one = mixed(one)
  one += two + three + four
  store<u32>(sum, load<u32>(sum) + one)
  store<u32>(sum, load<u32>(sum, 4) + two + one, 4)
  store<u32>(sum, load<u32>(sum, 8) + three + one, 8)
  store<u32>(sum, load<u32>(sum, 12) + four + one, 12)
}

function first(word: u32): u32 {
  return rotl<u32>(word * 0x239b961b, 15) * 0xab0e9789
}

function second(word: u32): u32 {
  return rotl<u32>(word * 0xab0e9789, 16) * 0x38b34ae5
}

function third(word: u32): u32 {
  return rotl<u32>(word * 0x38b34ae5, 17) * 0xa1e38b93
}

function fourth(word: u32): u32 {
  return rotl<u32>(word * 0xa1e38b93, 18) * 0x239b961b
}

function mixed(word: u32): u32 {
  let bits = word
  bits = (bits ^ (bits >> 16)) * 0x85ebca6b
  bits = (bits ^ (bits >> 13)) * 0xc2b2ae35
  return bits ^ (bits >> 16)
}
