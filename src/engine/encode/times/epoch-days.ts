/**
 * Converts fractional days to times and back. Invariant: a Julian day is the millisecond that SQLite's date functions read
 * (https://www.sqlite.org/src/file/src/date.c, setRawDateNumber), exact if that millisecond converts back to the same double; an Excel day
 * is the nearest microsecond, exact if it converts back to the same double.
 */
import { UNIX_SECONDS_AT_EPOCH } from './civil.ts'
import { type Instant, isInRange } from './instant.ts'

type DaysUnit = 'julian-days' | 'excel-days'

const SECONDS_A_DAY = 86_400
const MILLIS_A_DAY = 86_400_000
const MICROS_A_DAY = 86_400_000_000
/** The Unix seconds of day 0: the Unix epoch is Julian day 2440587.5; Excel's days begin at 1899-12-30. */
const zeroSeconds = { 'julian-days': -210_866_760_000, 'excel-days': -2_209_161_600 } as const

/** Sets `instant` to a Julian day; returns false outside the years 1 to 9999. */
export function readJulianDay(number: number, instant: Instant): boolean {
  const millis = Math.floor(number * MILLIS_A_DAY + 0.5)
  const second = Math.floor(millis / 1000)
  instant.second = second + zeroSeconds['julian-days'] - UNIX_SECONDS_AT_EPOCH
  instant.micro = (millis - second * 1000) * 1000
  instant.error = millis / MILLIS_A_DAY === number ? '' : errorOf(number, millis, MILLIS_A_DAY)
  return isInRange(instant.second)
}

/** Sets `instant` to the local time of an Excel day; returns false outside the years 1 to 9999. */
export function readExcelDay(number: number, instant: Instant): boolean {
  const day = Math.floor(Math.abs(number))
  const fraction = Math.abs(number) - day
  // Exact in 60 bits; further bits do not affect the rounding.
  const ofDay = Number((BigInt(Math.floor(fraction * 2 ** 60)) * BigInt(MICROS_A_DAY) + 2n ** 59n) >> 60n)
  const ofSecond = ofDay % 1e6
  let second = day * SECONDS_A_DAY + (ofDay - ofSecond) / 1e6
  let micro = ofSecond
  if (number < 0) {
    second = -second - (micro > 0 ? 1 : 0)
    micro = micro > 0 ? 1e6 - micro : 0
  }
  instant.second = second + zeroSeconds['excel-days'] - UNIX_SECONDS_AT_EPOCH
  instant.micro = micro
  instant.error = ''
  if (!isInRange(instant.second)) return false
  if (daysOf(instant, 'excel-days') !== number) instant.error = errorOf(fraction, ofDay, MICROS_A_DAY)
  return true
}

/** The double nearest to a time in days. */
export function daysOf({ second, micro }: Instant, unit: DaysUnit): number {
  const fromZero = second + UNIX_SECONDS_AT_EPOCH - zeroSeconds[unit]
  if (micro % 1000 === 0) {
    // Below 2^53 for the years 1 to 9999, so one division is correctly rounded.
    return (fromZero * 1000 + micro / 1000) / MILLIS_A_DAY
  }
  const day = Math.floor(fromZero / SECONDS_A_DAY)
  return day + ((fromZero - day * SECONDS_A_DAY) * 1e6 + micro) / MICROS_A_DAY
}

/**
 * The distance in seconds, as decimal text, between a number of days and a whole number of units, `unitsADay` of which make a day; at least
 * one nanosecond.
 */
function errorOf(days: number, units: number, unitsADay: number): string {
  const seconds = (Math.abs(days * unitsADay - units) / unitsADay) * SECONDS_A_DAY
  return Math.max(seconds, 1e-9).toFixed(9).replace(/0+$/, '')
}
