/**
 * Reads the digits of a date, with or without a time, as a number: 20240131, 202401311230, 20240131123059. Invariant: only the full number
 * of digits is accepted, and only dates and times that exist.
 */
import type { DigitsUnit } from '../../model/conversion.ts'
import { type CivilDate, dayOf, isDate, SECONDS_A_DAY, setDate } from './civil.ts'
import type { Instant } from './instant.ts'

/** Sets `instant` to the local time; returns false unless the text has the unit's digits and the time exists. */
export function readDateDigits(text: string, unit: DigitsUnit, instant: Instant): boolean {
  return text.length === unit.length && /^\d+$/.test(text) && readFullDigits(Number(text), unit, instant)
}

/** `readDateDigits` of a number, which has no leading zero. */
export function readDateNumber(number: number, unit: DigitsUnit, instant: Instant): boolean {
  const least = 10 ** (unit.length - 1)
  return number >= least && number < least * 10 && readFullDigits(number, unit, instant)
}

/** `number`: a whole one of no more than the unit's digits. */
function readFullDigits(number: number, unit: DigitsUnit, instant: Instant): boolean {
  const clock = number * 10 ** ('yyyymmddhhmmss'.length - unit.length)
  const day = Math.floor(clock / 1e6)
  const ofDay = clock - day * 1e6
  const year = Math.floor(day / 1e4)
  const month = Math.floor(day / 100) % 100
  const hour = Math.floor(ofDay / 1e4)
  const minute = Math.floor(ofDay / 100) % 100
  const second = ofDay % 100
  if (year === 0 || !isDate(year, month, day % 100) || hour > 23 || minute > 59 || second > 59) return false
  instant.second = dayOf(year, month, day % 100) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second
  instant.micro = 0
  instant.error = ''
  return true
}

const date: CivilDate = { year: 0, month: 0, day: 0 }

/** The digits; for a time that is finer than they are, ISO 8601 text. */
export function digitsOfDate({ second, micro }: Instant, unit: DigitsUnit): string {
  const day = Math.floor(second / SECONDS_A_DAY)
  const ofDay = second - day * SECONDS_A_DAY
  setDate(date, day)
  const parts = [
    padded(date.year, 4),
    padded(date.month, 2),
    padded(date.day, 2),
    padded(Math.floor(ofDay / 3600), 2),
    padded(Math.floor(ofDay / 60) % 60, 2),
    padded(ofDay % 60, 2),
  ]
  const all = parts.join('')
  const digits = all.slice(0, unit.length)
  if (micro === 0 && /^0*$/.test(all.slice(unit.length))) return digits
  const [years, months, days, hours, minutes, seconds] = parts
  const fraction = micro === 0 ? '' : `.${padded(micro, 6).replace(/0+$/, '')}`
  return `${years}-${months}-${days}T${hours}:${minutes}:${seconds}${fraction}`
}

function padded(number: number, width: number): string {
  return String(number).padStart(width, '0')
}
