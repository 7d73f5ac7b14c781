/** uuid from 32 hex digits, with dashes in the usual places or without any: eight digits at a time, in the bytes of a word. */
import { ONES, TOPS } from '../../source/leaves/assembly/utf8'
import { write4 } from './big-endian'
import { LEAVE } from './outcome'

const DASH: u32 = 0x2d
/** The four bits of a hex digit's character that are its value, or for a letter the value less nine. */
const VALUES: u64 = ONES * 0x0f
const CASE: u64 = ONES * 0x20

export function writeUuidOfText(to: i32, start: i32, end: i32): i32 {
  const length = end - start
  const one = load<u64>(start)
  let two: u64
  let three: u64
  let four: u64
  if (length === 36) {
    const dashes =
      (<u32>load<u8>(start, 8) ^ DASH) |
      (<u32>load<u8>(start, 13) ^ DASH) |
      (<u32>load<u8>(start, 18) ^ DASH) |
      (<u32>load<u8>(start, 23) ^ DASH)
    if (dashes !== 0) return LEAVE
    two = <u64>load<u32>(start, 9) | ((<u64>load<u32>(start, 14)) << 32)
    three = <u64>load<u32>(start, 19) | ((<u64>load<u32>(start, 24)) << 32)
    four = load<u64>(start, 28)
  } else if (length === 32) {
    two = load<u64>(start, 8)
    three = load<u64>(start, 16)
    four = load<u64>(start, 24)
  } else {
    return LEAVE
  }
  const lettersOfOne = letters(one)
  const lettersOfTwo = letters(two)
  const lettersOfThree = letters(three)
  const lettersOfFour = letters(four)
  const hex =
    (lettersOfOne | digits(one)) &
    (lettersOfTwo | digits(two)) &
    (lettersOfThree | digits(three)) &
    (lettersOfFour | digits(four))
  if ((hex & TOPS & ~(one | two | three | four)) !== TOPS) return LEAVE
  write4(to, 16)
  store<u32>(to, packed(one, lettersOfOne), 4)
  store<u32>(to, packed(two, lettersOfTwo), 8)
  store<u32>(to, packed(three, lettersOfThree), 12)
  store<u32>(to, packed(four, lettersOfFour), 16)
  return to + 20
}

/** The top bit of each ASCII character that is one of 0 to 9; the results for words with other bytes are undefined. */
function digits(word: u64): u64 {
  return (word + ONES * (0x80 - 0x30)) & ~(word + ONES * (0x80 - 0x3a))
}

/** The same for a to f and A to F, which differ in one bit. */
function letters(word: u64): u64 {
  const small = word | CASE
  return (small + ONES * (0x80 - 0x61)) & ~(small + ONES * (0x80 - 0x67))
}

/** The bytes that eight digits stand for, the first in the lowest byte. `letters`: the top bit of each that is a letter. */
function packed(word: u64, letters: u64): u32 {
  const values = (word & VALUES) + ((letters & TOPS) >> 7) * 9
  let bytes = ((values << 4) | (values >> 8)) & (((<u64>0x00ff00ff) << 32) | 0x00ff00ff)
  bytes = (bytes | (bytes >> 8)) & (((<u64>0x0000ffff) << 32) | 0x0000ffff)
  return <u32>(bytes | (bytes >> 16))
}
