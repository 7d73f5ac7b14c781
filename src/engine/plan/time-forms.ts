import { formOfText } from '../encode/text-time-form.ts'
import type { CatalogColumn } from '../model/catalog.ts'
import type { ColumnCensus } from '../model/census.ts'
import type { TimeForm, TimeParameters } from '../model/conversion.ts'
import { epochUnitOf, type TimeEvidence } from './epoch-units.ts'

/**
 * How the times of a column are written, from its census: what a number means, and the usual spelling of a text.
 * Invariant: a spelling is only named where a text of the column has it.
 */

/**
 * The parameters by which the values of a column that is meant as a time are read, or null when nothing in it is a time.
 * Some values may still not be times (`timeTexts` counts those that are). A column without values yields parameters without unit and form.
 * `sample`: a usual text of the column, where the caller has one; otherwise the census' few distinct values are examined.
 * `evidence`: what the snapshot says of its numbers, and of its texts of digits where those are read as numbers.
 */
export function recogniseTime(
  column: CatalogColumn,
  census: ColumnCensus,
  timezone: string,
  sample: string | null = null,
  evidence: TimeEvidence | null = null,
): TimeParameters | null {
  const numbers = census.integers + census.reals
  const order = evidence?.dates?.order ?? 'open'
  if (order !== 'open') return { zone: timezone, epoch: null, form: null, order }
  const times = timeTexts(census) + census.textForms.time
  const hasNumberTexts = (evidence?.numberTexts ?? null) !== null
  const epoch = numbers > 0 || hasNumberTexts ? epochUnitOf(column, census, evidence) : null
  if (numbers > 0 && epoch === null) return null
  if (numbers === 0 && times === 0 && epoch === null && census.texts + census.blobs > 0) return null
  return { zone: timezone, epoch, form: usualForm(census, sample) }
}

/** Texts that are a date, or a date and a time. */
export function timeTexts(census: ColumnCensus): number {
  const { textForms } = census
  return textForms.date + textForms.instant + textForms['zoned-instant']
}

/** The spelling that prevails in the column, as far as the census and the sample show it. */
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
  return `typeof(${text}) = 'text' and ${text} glob '[0-9]*' and ${text} not glob '* m=*' and ${text} not glob '*[A-Z][a-z][a-z]*' and (
    (${text} like '____-__-__%' and (date(${day}) is not ${day} or substr(${text}, 1, 4) = '0000'))
    or (${clock} <> '' and (substr(${clock}, 1, 2) > '23' or substr(${clock}, 4, 2) > '59'))
    or (substr(${clock}, 6, 1) = ':' and substr(${clock}, 7, 2) > '59')
    or (length(${text}) > 16 and (
      ${offset} > '1459' or substr(${offset}, 3) > '59'
      or ${offset} <> '' and (${text} < '0001-01-02' or ${text} > '9999-12-31'))))`
}

/** SQL, true for a text with a fraction of a second that PostgreSQL's microseconds don't hold. `text`: SQL of the value. */
export function finerTime(text: string): string {
  const finer = [6, 7, 8].map((digits) => `${text} glob '*[.,]${'[0-9]'.repeat(digits)}[1-9]*'`)
  return `typeof(${text}) = 'text' and (${finer.join(' or ')})`
}
