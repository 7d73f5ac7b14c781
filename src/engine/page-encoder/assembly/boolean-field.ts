/** Fields of boolean: as in `encode/conversions/boolean.ts`. Anything but 0, 1 and the usual words is left to the row encoder. */
import { LEAVE, NORMALIZED } from './outcome'

export function writeBoolean(to: i32, value: i64, isIntegerForm: bool): i32 {
  if (value !== 0 && value !== 1) return LEAVE
  return fieldOf(to, <i32>value, isIntegerForm)
}

/** `exactTrue` and `exactFalse`: the texts of the form, up to five bytes, with the length in the highest one. */
export function writeBooleanText(to: i32, at: i32, end: i32, exactTrue: u64, exactFalse: u64): i32 {
  const length = end - at
  if (length < 1 || length > 5) return LEAVE
  const bits = length << 3
  const bytes = load<u64>(at) & (((<u64>1) << bits) - 1)
  const value = truthOf(bytes, length)
  if (value < 0) return LEAVE
  const spelling = bytes | ((<u64>length) << 56)
  return fieldOf(to, value, spelling === (value === 1 ? exactTrue : exactFalse))
}

function fieldOf(to: i32, value: i32, isExact: bool): i32 {
  store<i32>(to, bswap<i32>(1))
  store<u8>(to, <u8>value, 4)
  return isExact ? to + 5 : (to + 5) | NORMALIZED
}

/** Returns 1, 0, or -1 for anything else. The first of the bytes is the lowest. */
function truthOf(bytes: u64, length: i32): i32 {
  if (bytes === 0x31) return 1
  if (bytes === 0x30) return 0
  // With this bit set, a byte is a letter only when it was that letter or its capital.
  const first = <u32>bytes | (length > 3 ? 0x20202020 : <u32>0x202020 >> ((3 - length) << 3))
  switch (length) {
    case 1:
      // t and y, f and n
      return first === 0x74 || first === 0x79 ? 1 : first === 0x66 || first === 0x6e ? 0 : -1
    case 2:
      // on, no
      return first === 0x6e6f ? 1 : first === 0x6f6e ? 0 : -1
    case 3:
      // yes, off
      return first === 0x736579 ? 1 : first === 0x66666f ? 0 : -1
    case 4:
      // true
      return first === 0x65757274 ? 1 : -1
    default:
      // fals, e
      return first === 0x736c6166 && (<u32>(bytes >> 32) | 0x20) === 0x65 ? 0 : -1
  }
}
