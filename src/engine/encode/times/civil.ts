/**
 * The proleptic Gregorian calendar, as in PostgreSQL and ISO 8601, in whole numbers. Invariant: days count from 2000-01-01, PostgreSQL's
 * epoch, and only years 1 to 9999 are valid to callers.
 */

/** 2000-01-01T00:00:00Z in Unix seconds. */
export const UNIX_SECONDS_AT_EPOCH = 946684800
export const SECONDS_A_DAY = 86400
/** 0001-01-01 and 9999-12-31. */
export const FIRST_DAY = -730119
export const LAST_DAY = 2921939
export const FIRST_SECOND = FIRST_DAY * SECONDS_A_DAY
export const LAST_SECOND = LAST_DAY * SECONDS_A_DAY + SECONDS_A_DAY - 1

const monthLengths = new Uint8Array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

export function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  if (day <= 28) return true
  return day <= (month === 2 && isLeap(year) ? 29 : monthLengths[month]!)
}

function isLeap(year: number): boolean {
  return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** The days since 2000-01-01 of a valid date in year 0 or later. */
export function dayOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const monthFromMarch = month > 2 ? month - 3 : month + 9
  const century = Math.floor(shifted / 100)
  return (
    shifted * 365 +
    Math.floor(shifted / 4) -
    century +
    (century >> 2) +
    (((153 * monthFromMarch + 2) / 5) | 0) +
    day -
    730426
  )
}

export type CivilDate = { year: number; month: number; day: number }

/** Sets `date` to a day since 2000-01-01, for years 0 and later. */
export function setDate(date: CivilDate, dayNumber: number): void {
  const days = dayNumber + 730425
  const era = Math.floor(days / 146097)
  const dayOfEra = days - era * 146097
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0))
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0
  date.day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1
  date.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  date.year = yearOfEra + era * 400 + (date.month <= 2 ? 1 : 0)
}
