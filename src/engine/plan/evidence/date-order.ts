/**
 * Which number is the day in texts such as 05/01/2024: decided by the whole column, or not at all. Invariant: an order is chosen only when
 * every text is a valid date in it and at least one is not valid in the other.
 */
import type { ColumnCensus } from '../../model/census.ts'
import type { DateOrder } from '../../model/conversion.ts'
import type { EvidenceSource } from './evidence-source.ts'

export type DateOrderEvidence = {
  /** `open`: every text is a valid date in both orders. */
  readonly order: DateOrder | 'open'
  /** Number of texts that are valid dates in this order only. */
  readonly deciding: number
  readonly hasClock: boolean
}

export function beginsAsOrdered(text: string): boolean {
  return /^\d\d?[/.-]\d\d?[/.-]\d{4}(?: |$)/.test(text)
}

/** Returns null unless every text is such a date. `sample`: one of the texts. */
export function orderOfDates(
  { table, sql, rows }: EvidenceSource,
  census: ColumnCensus,
  sample: string | null,
): DateOrderEvidence | null {
  if (census.texts === 0 || sample === null || !beginsAsOrdered(sample)) return null
  const digits = (text: string) => `(${text} glob '[0-9]' or ${text} glob '[0-9][0-9]')`
  const isDay = (day: string, month: string) =>
    `date(year || '-' || substr('0' || ${month}, -2) || '-' || substr('0' || ${day}, -2)) is year || '-' || substr('0' || ${month}, -2) || '-' || substr('0' || ${day}, -2)`
  const found = rows(`
    with one as (
      select ${sql} as text, replace(replace(substr(${sql}, 1, 10), '.', '/'), '-', '/') as marked
      from ${table} where typeof(${sql}) = 'text'),
    two as (select *, instr(marked, '/') as first_at from one),
    three as (
      select *, substr(marked, 1, first_at - 1) as first, first_at + instr(substr(marked, first_at + 1), '/') as second_at from two),
    four as (
      select text, first, substr(marked, first_at + 1, second_at - first_at - 1) as second, substr(text, second_at + 1, 4) as year,
             substr(text, second_at + 5) as clock, substr(text, first_at, 1) = substr(text, second_at, 1) as is_even
      from three),
    five as (
      select *, first <> '' and second <> '' and is_even and ${digits('first')} and ${digits('second')}
                and year glob '[0-9][0-9][0-9][0-9]' and year > '0000'
                and (clock = '' or clock = ' ' || strftime('%H:%M', substr(clock, 2)) or clock = ' ' || strftime('%H:%M:%S', substr(clock, 2))) as is_written
      from four)
    select count(*), sum(is_written and ${isDay('first', 'second')}), sum(is_written and ${isDay('second', 'first')}), sum(clock <> '')
    from five`)
  const [texts = 0, dayFirst = 0, monthFirst = 0, clocks = 0] = [0, 1, 2, 3].map((at) =>
    found.reduce((sum, row) => sum + Number(row[at] ?? 0), 0),
  )
  const hasClock = clocks > 0
  if (dayFirst === texts && monthFirst === texts) return { order: 'open', deciding: 0, hasClock }
  if (dayFirst === texts) return { order: 'day-first', deciding: texts - monthFirst, hasClock }
  return monthFirst === texts ? { order: 'month-first', deciding: texts - dayFirst, hasClock } : null
}
