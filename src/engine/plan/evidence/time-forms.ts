import { formOfText } from '../../encode/times/text-time-form.ts'
import type { ColumnCensus } from '../../model/census.ts'
import type { TimeForm, TimeParameters } from '../../model/conversion.ts'
import type { ColumnFacts } from './column-facts.ts'
import { epochUnitOf } from './epoch-units.ts'

/**
 * How the times of a column are written, from its census: what a number means, and the usual spelling of a text.
 * Invariant: a spelling is only named where a text of the column has it.
 */

/**
 * Returns the parameters for reading a column that is meant as a time, or null when nothing in it is a time.
 * Some values may still not be times (`timeTexts` counts those that are). A column without values yields parameters without unit and form.
 * Without a usual text the census' few distinct values are examined.
 */
export function recogniseTime(facts: ColumnFacts): TimeParameters | null {
  const { column, census, sample, evidence } = facts
  const { timezone } = facts.options
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
