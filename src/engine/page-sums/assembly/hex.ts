/** uuid from 32 hex digits, with dashes in the usual places or without any. */
import { write4 } from './big-endian'
import { HEX_DIGITS } from './layout'
import { LEAVE } from './outcome'

/** The value for all other characters. */
const NO_DIGIT: u8 = 16

/** Must be called once before any UUID is written. */
export function fillDigits(): void {
  memory.fill(HEX_DIGITS, NO_DIGIT, 256)
  for (let value = 0; value < 10; value++) store<u8>(HEX_DIGITS + 0x30 + value, <u8>value)
  for (let value = 10; value < 16; value++) {
    store<u8>(HEX_DIGITS + 0x41 + value - 10, <u8>value)
    store<u8>(HEX_DIGITS + 0x61 + value - 10, <u8>value)
  }
}

export function writeUuidOfText(to: i32, start: i32, end: i32): i32 {
  const hasDashes = end - start === 36
  if (!hasDashes && end - start !== 32) return LEAVE
  let wrong: i32 = 0
  let at = start
  for (let byte = 0; byte < 16; byte++) {
    if (hasDashes && (byte === 4 || byte === 6 || byte === 8 || byte === 10)) {
      wrong |= <i32>load<u8>(at++) ^ 0x2d
    }
    const high = <i32>load<u8>(HEX_DIGITS + <i32>load<u8>(at))
    const low = <i32>load<u8>(HEX_DIGITS + <i32>load<u8>(at + 1))
    wrong |= (high | low) & <i32>NO_DIGIT
    store<u8>(to + 4 + byte, <u8>((high << 4) | low))
    at += 2
  }
  if (wrong !== 0) return LEAVE
  write4(to, 16)
  return to + 20
}
