import type { DateOrder } from '../../model/conversion.ts'

/**
 * Dates with the year at the end: 31/12/2024, 12/31/2024, 31.12.2024, alone or followed by a time. Invariant: which number is the day is
 * never guessed but given for the column.
 */

const written = /^(\d\d?)([/.-])(\d\d?)\2(\d{4})(?: (\d\d:\d\d(?::\d\d)?))?$/

/** Returns ISO 8601 text, even for a day that does not exist; null for any other text. */
export function isoOfOrdered(text: string, order: DateOrder): string | null {
  const match = written.exec(text)
  if (match === null) return null
  const [, one, , other, year, clock] = match
  const [day, month] = order === 'day-first' ? [one, other] : [other, one]
  return `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}${clock === undefined ? '' : ` ${clock}`}`
}

/** The length of the longest form. */
export const LONGEST_ORDERED = 19
