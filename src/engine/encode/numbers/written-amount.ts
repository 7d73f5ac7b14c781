import type { DecimalPoint } from '../../model/conversion.ts'
import { isDigit } from '../text/digits.ts'

/**
 * Amounts as people write them: $1,234.56, 1.234,56 €, -5 £. Invariant: which mark is the decimal point is never guessed but given for the
 * column; the other mark only separates groups of three digits.
 */

const LONGEST_AMOUNT = 64

/** The decimal that `writeDecimalOfAmount` wrote, in digits with a point. */
export const amountDecimal = Buffer.alloc(LONGEST_AMOUNT)

/** The currency sign of an amount; '' when it has none. */
export function currencyOf(amount: string): string {
  return /[$€£¥₹]/.exec(amount)?.[0] ?? ''
}

const BLANK = 0x20
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e

/**
 * Writes the decimal that an amount means into `amountDecimal`, and returns its length; 0 for any other text, and for more than 64
 * bytes. At most one minus stands before the digits, and at most one currency sign before or after them, a blank apart or not.
 */
export function writeDecimalOfAmount(
  bytes: Uint8Array,
  start: number,
  end: number,
  point: DecimalPoint,
): number {
  if (end - start > LONGEST_AMOUNT) return 0
  let at = start
  let isNegative = bytes[at] === MINUS
  if (isNegative) at++
  const sign = signAt(bytes, at, end)
  if (sign > 0) {
    at += sign
    if (bytes[at] === BLANK) at++
  }
  if (bytes[at] === MINUS && sign > 0 && !isNegative) {
    isNegative = true
    at++
  }
  let to = 0
  if (isNegative) amountDecimal[to++] = MINUS
  const digitsAt = at
  const mark = point === '.' ? POINT : COMMA
  const group = point === '.' ? COMMA : POINT
  /** Where the last group begins; the first has up to three digits where others follow. */
  let groupAt = at
  let hasGroups = false
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === group) {
      if (hasGroups ? at - groupAt !== 3 : at === digitsAt || at - digitsAt > 3) return 0
      hasGroups = true
      groupAt = at + 1
    } else if (isDigit(byte)) amountDecimal[to++] = byte
    else break
  }
  if (at === digitsAt || (hasGroups && at - groupAt !== 3)) return 0
  if (at < end && bytes[at] === mark) {
    amountDecimal[to++] = POINT
    const fractionAt = ++at
    for (; at < end && isDigit(bytes[at]!); at++) amountDecimal[to++] = bytes[at]!
    if (at === fractionAt) return 0
  }
  if (at === end) return to
  if (sign > 0) return 0
  if (bytes[at] === BLANK) at++
  return at + signAt(bytes, at, end) === end && at < end ? to : 0
}

/** The number of bytes of the currency sign at `at`: $, £, ¥, € or ₹; 0 for none. */
function signAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0
  const first = bytes[at]!
  if (first === 0x24) return 1
  const second = at + 1 < end ? bytes[at + 1]! : 0
  if (first === 0xc2) return second === 0xa3 || second === 0xa5 ? 2 : 0
  if (first !== 0xe2 || second !== 0x82 || at + 2 >= end) return 0
  return bytes[at + 2] === 0xac || bytes[at + 2] === 0xb9 ? 3 : 0
}
