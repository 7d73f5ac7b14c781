/**
 * Reads the digits of a date, with or without a time, as a number: 20240131, 202401311230, 20240131123059. Invariant: only the full number
 * of digits is accepted, and only dates and times that exist.
 */
import type { DigitsUnit } from '../../model/conversion.ts'
import { type CivilDate, dayOf, isDate, SECONDS_A_DAY, setDate } from './civil.ts'
import type { Instant } from './instant.ts'

const FORM = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?$/

/** Sets `instant` to the local time; returns false unless the text has the unit's digits and the time exists. */
export function readDateDigits(text: string, unit: DigitsUnit, instant: Instant): boolean {
  if (text.length !== unit.length) return false
  const found = FORM.exec(text)
  if (found === null) return false
  const [year, month, day, hour, minute, second] = found.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (year === 0 || !isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return false
  instant.second = dayOf(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second
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
