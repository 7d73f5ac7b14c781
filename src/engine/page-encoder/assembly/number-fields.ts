/**
 * Fields of int2, int4, int8, float8 and bytea: as in `integer.ts`, `double.ts` and `bytes.ts` of
 * `encode/conversions`.
 */
import { storeDouble, storeInteger } from './big-endian'
import { LEAVE, NORMALIZED } from './outcome'

export function writeInteger(to: i32, value: i64, bytes: i32, isTextForm: bool): i32 {
  store<i32>(to, bswap<i32>(bytes))
  if (bytes === 8) {
    storeInteger(to + 4, value)
  } else if (bytes === 4) {
    if (value !== <i64>(<i32>value)) return LEAVE
    store<i32>(to, bswap<i32>(<i32>value), 4)
  } else {
    if (value !== <i64>(<i16>value)) return LEAVE
    store<i16>(to, bswap<i16>(<i16>value), 4)
  }
  const end = to + 4 + bytes
  return isTextForm ? end | NORMALIZED : end
}

export function writeDouble(to: i32, value: f64): i32 {
  // True for NaN.
  if (!(value <= Infinity)) return LEAVE
  store<i32>(to, bswap<i32>(8))
  storeDouble(to + 4, value)
  return to + 12
}

/** The largest integer that a double, and so a JavaScript number, holds exactly. */
export const MAX_EXACT: i64 = 9007199254740992

export function writeDoubleOfInteger(to: i32, value: i64): i32 {
  if (value > MAX_EXACT || value < -MAX_EXACT) return LEAVE
  return writeDouble(to, <f64>value) | NORMALIZED
}

export function writeBytes(to: i32, at: i32, end: i32): i32 {
  store<i32>(to, bswap<i32>(end - at))
  memory.copy(to + 4, at, end - at)
  return to + 4 + end - at
}
