/** Fields of uuid: as in `encode/conversions/uuid.ts` and `uuid-text.ts`, sixteen digits at a time. */
import { LEAVE, NORMALIZED } from './outcome'

/** The forms that are written back unchanged, in the order of `UuidForm`; every other spelling is NORMALIZED. */
const LOWER: i32 = 0
const UPPER: i32 = 1
const LOWER_BARE: i32 = 2
const UPPER_BARE: i32 = 3
const BLOB: i32 = 4

const DASH: u8 = 0x2d

let seesUpper: bool = false
let seesLower: bool = false

export function writeUuidText(to: i32, at: i32, end: i32, form: i32): i32 {
  const length = end - at
  let first: v128
  let second: v128
  if (length === 36) {
    if (load<u8>(at, 8) !== DASH || load<u8>(at, 13) !== DASH) return LEAVE
    if (load<u8>(at, 18) !== DASH || load<u8>(at, 23) !== DASH) return LEAVE
    const start = v128.load(at)
    const middle = v128.load(at, 16)
    const rest = v128.load(at, 20)
    first = v128.shuffle<u8>(start, middle, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17)
    second = v128.shuffle<u8>(middle, rest, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 28, 29, 30, 31)
  } else if (length === 32) {
    first = v128.load(at)
    second = v128.load(at, 16)
  } else {
    return LEAVE
  }
  // Upper- and lower-case letters differ in bit 5: with it set, `a` to `f` are ten to fifteen.
  const blank = i8x16.splat(0x20)
  const firstDigit = i8x16.sub(first, i8x16.splat(0x30))
  const secondDigit = i8x16.sub(second, i8x16.splat(0x30))
  const firstLetter = i8x16.sub(v128.or(first, blank), i8x16.splat(0x61))
  const secondLetter = i8x16.sub(v128.or(second, blank), i8x16.splat(0x61))
  const firstIsDigit = i8x16.lt_u(firstDigit, i8x16.splat(10))
  const secondIsDigit = i8x16.lt_u(secondDigit, i8x16.splat(10))
  const firstIsLetter = i8x16.lt_u(firstLetter, i8x16.splat(6))
  const secondIsLetter = i8x16.lt_u(secondLetter, i8x16.splat(6))
  const areHex = v128.and(v128.or(firstIsDigit, firstIsLetter), v128.or(secondIsDigit, secondIsLetter))
  if (!i8x16.all_true(areHex)) return LEAVE
  const firstValue = v128.bitselect(firstDigit, i8x16.add(firstLetter, i8x16.splat(10)), firstIsDigit)
  const secondValue = v128.bitselect(secondDigit, i8x16.add(secondLetter, i8x16.splat(10)), secondIsDigit)
  store<i32>(to, bswap<i32>(16))
  v128.store(to, i8x16.narrow_i16x8_u(pairs(firstValue), pairs(secondValue)), 4)
  const lower = v128.or(v128.and(firstIsLetter, first), v128.and(secondIsLetter, second))
  seesLower = v128.any_true(v128.and(lower, blank))
  const upper = v128.or(v128.andnot(firstIsLetter, first), v128.andnot(secondIsLetter, second))
  seesUpper = v128.any_true(v128.and(upper, blank))
  return isSpelledAs(length === 32, form) ? to + 20 : (to + 20) | NORMALIZED
}

/** For each two bytes, sixteen times the first digit plus the second, as a 16-bit number. */
function pairs(digits: v128): v128 {
  const high = i16x8.shl(v128.and(digits, i16x8.splat(0xff)), 4)
  return v128.or(high, i16x8.shr_u(digits, 8))
}

function isSpelledAs(isBare: bool, form: i32): bool {
  switch (form) {
    case LOWER:
      return !isBare && !seesUpper
    case UPPER:
      return !isBare && !seesLower
    case LOWER_BARE:
      return isBare && !seesUpper
    case UPPER_BARE:
      return isBare && !seesLower
    default:
      return false
  }
}

export function writeUuidBlob(to: i32, at: i32, end: i32, form: i32): i32 {
  if (end - at !== 16) return LEAVE
  store<i32>(to, bswap<i32>(16))
  v128.store(to, v128.load(at), 4)
  return form === BLOB ? to + 20 : (to + 20) | NORMALIZED
}
