import type { DateOrder } from '../../model/conversion.ts'

/**
 * Days with the year at the end: 31/12/2024, 12/31/2024, 31.12.2024, alone or with a clock behind them. Invariant: which number is the day
 * is never guessed: the column says so.
 */

const written = /^(\d\d?)([/.-])(\d\d?)\2(\d{4})(?: (\d\d:\d\d(?::\d\d)?))?$/

/** What the text says, as ISO 8601, whether or not a calendar has the day; null for any other text. */
export function isoOfOrdered(text: string, order: DateOrder): string | null {
  const match = written.exec(text)
  if (match === null) return null
  const [, one, , other, year, clock] = match
  const [day, month] = order === 'day-first' ? [one, other] : [other, one]
  return `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}${clock === undefined ? '' : ` ${clock}`}`
}

/** Of the longest form. */
export const LONGEST_ORDERED = 19
