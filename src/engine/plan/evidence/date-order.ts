/**
 * Which number is the day in texts such as 05/01/2024: decided by the whole column, or not at all. Invariant: an order is chosen only when
 * every text is a valid date in it and at least one is not valid in the other.
 */
import { readOrderedDate } from '../../encode/times/ordered-date.ts'
import { READ, TimeText } from '../../encode/times/time-text.ts'
import type { ColumnCensus } from '../../model/census.ts'
import type { DateOrder } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
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

/** Columns with more spellings of days are not examined: 300 years have fewer, in two spellings each. */
const MOST_DAYS = 250_000

/** Returns null unless every text is such a date. `sample`: one of the texts. */
export function orderOfDates(
  { table, sql, rows }: EvidenceSource,
  census: ColumnCensus,
  sample: string | null,
): DateOrderEvidence | null {
  if (census.texts === 0 || sample === null || !beginsAsOrdered(sample)) return null
  // A clock that is none, or a text too long for a date, makes the day null.
  const clock = 'substr(written, blank_at + 1)'
  const days = rows(`
    select case when octet_length(written) > 19 then null
                when blank_at = 0 then written
                when ${clock} in (strftime('%H:%M', ${clock}), strftime('%H:%M:%S', ${clock})) then substr(written, 1, blank_at - 1)
           end as day, count(*), sum(blank_at > 0)
    from (select ${sql} as written, instr(${sql}, ' ') as blank_at from ${table} where typeof(${sql}) = 'text')
    group by day limit ${MOST_DAYS + 1}`)
  if (days.length > MOST_DAYS) return null
  let [texts, dayFirst, monthFirst, clocks] = [0, 0, 0, 0]
  for (const [day, count, withClock] of days) {
    const isIn = (order: DateOrder): boolean => isOrderedDate(day ?? null, order)
    texts += Number(count)
    if (isIn('day-first')) dayFirst += Number(count)
    if (isIn('month-first')) monthFirst += Number(count)
    clocks += Number(withClock)
  }
  const hasClock = clocks > 0
  if (dayFirst === texts && monthFirst === texts) return { order: 'open', deciding: 0, hasClock }
  if (dayFirst === texts) return { order: 'day-first', deciding: texts - monthFirst, hasClock }
  return monthFirst === texts ? { order: 'month-first', deciding: texts - dayFirst, hasClock } : null
}

const found = new TimeText()

function isOrderedDate(day: SqliteValue, order: DateOrder): boolean {
  if (typeof day !== 'string') return false
  const bytes = Buffer.from(day)
  return readOrderedDate(bytes, 0, bytes.length, order, found) === READ
}
