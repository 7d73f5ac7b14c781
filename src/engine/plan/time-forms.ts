import { formOfText } from '../encode/text-time-form.ts'
import type { CatalogColumn } from '../model/catalog.ts'
import type { ColumnCensus } from '../model/census.ts'
import type { EpochUnit, TimeForm, TimeParameters } from '../model/conversion.ts'
import { parseDeclaredType } from './declared-type.ts'

/**
 * How the times of a column are written, from its census: what a number means, and the usual spelling of a text.
 * Invariant: a unit is only named when the smallest and the largest number both say the same one; a mix gives none.
 */

/** Texts of a column that are plain numbers (digits, perhaps with a point), none of eight digits: those may be dates. */
export type NumberTexts = { readonly count: number; readonly smallest: number; readonly largest: number }

/**
 * The parameters by which the values of a column that is meant as a time are read, or null when nothing in it is a time.
 * Some values may still not be times (`timeTexts` counts those that are). A column without values gives parameters without unit and form.
 * `sample`: a usual text of the column, where the caller has one; otherwise the census' few distinct values are looked at.
 * `numberTexts`: its texts of digits, where the column is meant as a time whatever its declaration, so that they are read as numbers.
 */
export function recogniseTime(
  column: CatalogColumn,
  census: ColumnCensus,
  timezone: string,
  sample: string | null = null,
  numberTexts: NumberTexts | null = null,
): TimeParameters | null {
  const numbers = census.integers + census.reals
  const times = timeTexts(census) + census.textForms.time
  const epoch = numbers > 0 || numberTexts !== null ? epochUnitOf(column, census, numberTexts) : null
  if (numbers > 0 && epoch === null) return null
  if (numbers === 0 && times === 0 && epoch === null && census.texts + census.blobs > 0) return null
  return { zone: timezone, epoch, form: usualForm(census, sample) }
}

/** Texts that are a date, or a date and a time. */
export function timeTexts(census: ColumnCensus): number {
  const { textForms } = census
  return textForms.date + textForms.instant + textForms['zoned-instant']
}

const seconds = [1e8, 1e11] as const
const milliseconds = [1e11, 1e14] as const
const microseconds = [1e14, 1e17] as const
const nanoseconds = [1e17, 9.3e18] as const
/** Seconds from the beginning of the year 1 to 1970: the target's times begin there. */
const yearOne = 62_135_596_800
/** Julian day numbers from the year 1 to about 3500. */
const julianDays = [1_721_425.5, 3e6] as const
/** The year 0001 to about 4060 in seconds since 2001, the distant future of Apple's frameworks included. */
const coreDataSeconds = [-63_113_904_000, 6.5e10] as const

/** What the numbers of a time column mean, by their magnitude; null when the two ends of the range disagree or say nothing. */
export function epochUnitOf(
  column: CatalogColumn,
  census: ColumnCensus,
  numberTexts: NumberTexts | null = null,
): EpochUnit | null {
  if (census.infinities > 0) return null
  const ends: number[] = []
  if (census.integerRange !== null) {
    ends.push(Number(census.integerRange.min), Number(census.integerRange.max))
  }
  if (census.realRange !== null) ends.push(census.realRange.min, census.realRange.max)
  if (numberTexts !== null) ends.push(numberTexts.smallest, numberTexts.largest)
  const telling = ends.filter((end) => end !== 0)
  if (telling.length === 0) return null
  if (isCoreData(column)) {
    return telling.every((end) => within(end, coreDataSeconds)) ? 'core-data-seconds' : null
  }
  if (census.reals > 0 && ends.every((end) => within(end, julianDays))) return 'julian-days'
  const units = new Set(telling.map(unitOf))
  return units.size === 1 ? units.values().next().value! : null
}

function unitOf(end: number): EpochUnit | null {
  const magnitude = Math.abs(end)
  if (within(magnitude, seconds)) return end < -yearOne ? null : 'seconds'
  if (within(magnitude, milliseconds)) return end < -yearOne * 1e3 ? null : 'milliseconds'
  if (within(magnitude, microseconds)) return end < -yearOne * 1e6 ? null : 'microseconds'
  if (within(magnitude, nanoseconds)) return 'nanoseconds'
  return null
}

function within(value: number, range: readonly [number, number]): boolean {
  return value >= range[0] && value < range[1]
}

/** Core Data names its columns in capitals with a leading Z and declares its times TIMESTAMP. */
function isCoreData(column: CatalogColumn): boolean {
  return /^Z[A-Z0-9_]+$/.test(column.name) && column.declaredType.toUpperCase() === 'TIMESTAMP'
}

/** The spelling that prevails in the column, as far as the census and the sample tell. */
function usualForm(census: ColumnCensus, sample: string | null): TimeForm {
  const { integers, reals, texts, textForms } = census
  if (texts === 0) {
    if (integers + reals === 0) return null
    return { storage: integers >= reals ? 'integer' : 'real' }
  }
  if (integers > texts && integers >= reals) return { storage: 'integer' }
  if (reals > texts) return { storage: 'real' }
  if (textForms.date === texts) {
    return { storage: 'text', separator: 'date-only', fraction: 0, zone: '' }
  }
  const texted = [sample, ...(census.values ?? []).map(({ value }) => value)]
  for (const text of texted) {
    const form = text === null ? null : formOfText(text)
    if (form !== null) return form
  }
  return null
}

/**
 * SQL, true for a text in the form of a time that no calendar or clock has (2024-02-30, 24:00:00, 0000-00-00, an offset of 99 hours),
 * or that its zone moves out of the years 1 to 9999. `text`: SQL of the value.
 */
export function impossibleTime(text: string): string {
  const day = `substr(${text}, 1, 10)`
  const clock = `substr(${text}, case when ${text} like '____-__-__%' then 12 else 1 end)`
  const sign = (from: number) => `substr(${text}, ${from}, 1) in ('+', '-')`
  const offset = `case when ${sign(-6)} then substr(${text}, -5, 2) || substr(${text}, -2)
    when ${sign(-5)} then substr(${text}, -4) when ${sign(-3)} then substr(${text}, -2) || '00' else '' end`
  return `typeof(${text}) = 'text' and (
    (${text} like '____-__-__%' and (date(${day}) is not ${day} or ${text} < '0001'))
    or (${clock} <> '' and (substr(${clock}, 1, 2) > '23' or substr(${clock}, 4, 2) > '59'))
    or (substr(${clock}, 6, 1) = ':' and substr(${clock}, 7, 2) > '59')
    or (length(${text}) > 16 and (
      ${offset} > '1459' or substr(${offset}, 3) > '59'
      or ${offset} <> '' and (${text} < '0001-01-02' or ${text} > '9999-12-31'))))`
}

const timeWord =
  /(?:^|[_\s])(?:at|ts|time|timestamp|datetime|date|created|updated|modified|deleted|expires|expiry)$/i
const timeCamel = /(?:[a-z0-9])(?:At|Time|Timestamp|DateTime|Date|Ts)$/

/** Whether a column's declaration or, failing that, its name says that it holds times. */
export function looksLikeTime(name: string, declaredType: string): boolean {
  const { family } = parseDeclaredType({ declaredType, affinity: 'numeric' })
  if (family === 'date' || family === 'timestamp' || family === 'time') return true
  return timeWord.test(name) || timeCamel.test(name)
}
