/**
 * How a column spells its times as text, resolved once: the writer, and a test whether a parsed text is spelled as the writer would.
 * Invariant: a text for which `isWrittenSo` is true comes back byte for byte; the writer drops no digit, whatever the form says.
 */
import type { TimeForm } from '../../model/conversion.ts'
import { type CivilDate, SECONDS_A_DAY, setDate } from './civil.ts'
import { DATE_ONLY, NO_ZONE, type TimeText, zoneSpellings } from './time-text.ts'

export type TextForm = {
  /** `BLANK`, `LETTER_T` or `DATE_ONLY`. */
  readonly separator: number
  /** The least number of fraction digits, 0 for seconds without a fraction, -1 for no seconds. */
  readonly fraction: number
  /** Index into `zoneSpellings`. */
  readonly zone: number
}

/** The form to write in; ISO 8601 with as few digits as needed for columns without a prevailing text form. */
export function textFormOf(form: TimeForm, ownZone: '' | '+00:00'): TextForm {
  if (form === null || form.storage !== 'text') {
    return { separator: 0x54, fraction: 0, zone: zoneSpellings.indexOf(ownZone) }
  }
  // A date alone has no zone, even if a plan file names one.
  if (form.separator === 'date-only') return { separator: DATE_ONLY, fraction: form.fraction, zone: NO_ZONE }
  return {
    separator: form.separator === ' ' ? 0x20 : 0x54,
    fraction: form.fraction,
    zone: zoneSpellings.indexOf(form.zone),
  }
}

/** The number of fraction digits to write: the form's, or more if the time needs more. */
function digitsOf(form: TextForm, second: number, micro: number): number {
  if (micro === 0) {
    return form.fraction < 0 && second % 60 !== 0 ? 0 : form.fraction
  }
  return Math.max(form.fraction, digitsNeeded(micro))
}

function digitsNeeded(micro: number): number {
  if (micro === 0) return 0
  let needed = 6
  for (let rest = micro; rest % 10 === 0; rest /= 10) needed--
  return needed
}

/** A spelling that no form has, or one with digits beyond the microsecond. */
const OTHER_SPELLING = -1

/** The spelling of a date or time as one number: its separator, zone, number of fraction digits, and how many of them it needs. */
export function spellingOf({ plain, nano, separator, zone, fraction, micro }: TimeText): number {
  if (!plain || nano !== 0) return OTHER_SPELLING
  return (separator << 16) | (zone << 8) | ((fraction + 1) << 4) | digitsNeeded(micro)
}

/** Like `isWrittenSo`, from a time's spelling alone; null when that does not decide it. */
export function isSpelledSo(spelling: number, form: TextForm): boolean | null {
  if (spelling === OTHER_SPELLING) return null
  if (spelling >> 16 !== form.separator || zoneOfSpelling(spelling) !== form.zone) return false
  if (form.separator === DATE_ONLY) return true
  const fraction = ((spelling >> 4) & 15) - 1
  const needed = neededOf(spelling)
  if (needed > 0) return fraction === Math.max(form.fraction, needed)
  return form.fraction < 0 && fraction === 0 ? null : fraction === form.fraction
}

/** Index into `zoneSpellings`, or OTHER_ZONE. */
export function zoneOfSpelling(spelling: number): number {
  return (spelling >> 8) & 255
}

/** The number of fraction digits that times with this spelling need. */
export function neededOf(spelling: number): number {
  return spelling & 15
}

/** Whether the writer would spell `found` as it was; its fraction must not have been rounded. */
export function isWrittenSo(found: TimeText, form: TextForm): boolean {
  if (!found.plain || found.separator !== form.separator || found.zone !== form.zone) return false
  return found.separator === DATE_ONLY || found.fraction === digitsOf(form, found.second, found.micro)
}

const date: CivilDate = { year: 0, month: 0, day: 0 }

/** Writes the local time, in the form's zone, of `second` (from 2000-01-01) and `micro`. */
export function writeTimeText(second: number, micro: number, form: TextForm): string {
  const day = Math.floor(second / SECONDS_A_DAY)
  const ofDay = second - day * SECONDS_A_DAY
  setDate(date, day)
  const written = `${padded(date.year, 4)}-${padded(date.month, 2)}-${padded(date.day, 2)}`
  if (form.separator === DATE_ONLY && ofDay === 0 && micro === 0) return written
  const separator = form.separator === 0x20 ? ' ' : 'T'
  return `${written}${separator}${writeClockText(ofDay, micro, form)}${zoneSpellings[form.zone]}`
}

/** Writes HH:MM[:SS[.f]] for a second of the day. */
export function writeClockText(second: number, micro: number, form: TextForm): string {
  const digits = digitsOf(form, second, micro)
  const minutes = `${padded(Math.floor(second / 3600), 2)}:${padded(Math.floor(second / 60) % 60, 2)}`
  if (digits < 0) return minutes
  const whole = `${minutes}:${padded(second % 60, 2)}`
  return digits === 0 ? whole : `${whole}.${padded(micro, 6).padEnd(9, '0').slice(0, digits)}`
}

function padded(number: number, width: number): string {
  return String(number).padStart(width, '0')
}
