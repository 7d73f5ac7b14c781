import type { DateOrder } from '../../model/conversion.ts'
import { isDigit } from '../text/digits.ts'
import { dayOf, isDate } from './civil.ts'
import { NOT_A_TIME, OUT_OF_RANGE, READ, readClockText, type TimeText } from './time-text.ts'

/**
 * Dates with the year at the end: 31/12/2024, 12/31/2024, 31.12.2024, alone or followed by a blank and HH:MM[:SS]. Invariant: which number
 * is the day is never guessed but given for the column.
 */

const BLANK = 0x20

/** Sets `found`, which is never `plain`, and returns READ, OUT_OF_RANGE for the year 0, or NOT_A_TIME for any other text. */
export function readOrderedDate(
  bytes: Uint8Array,
  start: number,
  end: number,
  order: DateOrder,
  found: TimeText,
): number {
  const mark = start + digitsAt(bytes, start, end)
  const sign = bytes[mark]!
  if (mark === start || mark >= end || (sign !== 0x2f && sign !== 0x2e && sign !== 0x2d)) return NOT_A_TIME
  const other = mark + 1 + digitsAt(bytes, mark + 1, end)
  const dateEnd = other + 5
  if (other === mark + 1 || dateEnd > end || bytes[other] !== sign) return NOT_A_TIME
  const one = numberOf(bytes, start, mark)
  const two = numberOf(bytes, mark + 1, other)
  if (digitsAt(bytes, other + 1, end) < 2 || digitsAt(bytes, other + 3, end) < 2) return NOT_A_TIME
  const year = numberOf(bytes, other + 1, dateEnd)
  const [day, month] = order === 'day-first' ? [one, two] : [two, one]
  if (!isDate(year, month, day)) return NOT_A_TIME
  if (dateEnd === end) {
    found.setMidnight()
  } else {
    const clock = end - dateEnd - 1
    if (bytes[dateEnd] !== BLANK || (clock !== 5 && clock !== 8)) return NOT_A_TIME
    if (readClockText(bytes, dateEnd + 1, end, found) !== READ) return NOT_A_TIME
    found.separator = BLANK
  }
  found.day = dayOf(year, month, day)
  found.plain = false
  return year === 0 ? OUT_OF_RANGE : READ
}

/** The number of digits at `at`, at most two. */
function digitsAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || !isDigit(bytes[at]!)) return 0
  return at + 1 < end && isDigit(bytes[at + 1]!) ? 2 : 1
}

function numberOf(bytes: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) number = number * 10 + bytes[at]! - 0x30
  return number
}
