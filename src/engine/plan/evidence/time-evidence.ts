/**
 * Queries the snapshot about numbers that may be times. Invariant: every number of the column, and every text of digits, is examined.
 */
import { isReadable, momentText } from '../../encode/times/moment-text.ts'
import type { ColumnCensus } from '../../model/census.ts'
import { type DigitsUnit, type EpochUnit, epochUnits, isDigitsUnit } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { orderOfDates } from './date-order.ts'
import { type NumberTexts, noEvidence, type TimeEvidence } from './epoch-units.ts'
import { countIn, type EvidenceSource } from './evidence-source.ts'
import { isNumberText } from './questions.ts'

/** `withTexts`: reads texts of digits as numbers, too; for columns that are known to hold times. */
export function gatherEvidence(
  source: EvidenceSource,
  census: ColumnCensus,
  declared: EpochUnit | null,
  withTexts: boolean,
  sample: string | null = null,
): TimeEvidence {
  const { table, sql } = source
  const isNumber = `typeof(${sql}) in ('integer', 'real') and ${sql} <> 0`
  const isText = isNumberText(sql)
  const hasNumbers = census.integers + census.reals > 0
  const hasTexts = withTexts && (census.textForms.whole > 0 || census.textForms.decimal > 0)
  const numbers = hasNumbers ? endsOf(source, sql, isNumber) : null
  const numberTexts = hasTexts ? textsOf(source, isText) : null
  const dates = hasNumbers || hasTexts ? null : orderOfDates(source, census, sample)
  if (numbers === null && numberTexts === null) return { ...noEvidence, declared, dates }
  const examined = [...(hasNumbers ? [isNumber] : []), ...(hasTexts ? [isText] : [])]
    .map((condition) => `(${condition})`)
    .join(' or ')
  const [first] = source.rows(`select ${sql} from ${table} where ${examined} limit 1`)
  // Here 0 counts, too: in digits it is no date.
  const everything = `${examined} or typeof(${sql}) in ('integer', 'real')`
  const digits = epochUnits
    .filter((unit) => isDigitsUnit(unit))
    .filter((unit) => mayBeDigits(first?.[0] ?? null, unit) && all(source, everything, areDigits(sql, unit)))
  const midnights = (Object.keys(dayLengths) as (keyof typeof dayLengths)[]).filter(
    (unit) => hasNumbers && !hasTexts && all(source, examined, isMidnight(sql, unit)),
  )
  return {
    declared,
    numbers,
    numberTexts,
    digits,
    midnights,
    first: first?.[0] ?? null,
    dates,
    amounts: null,
  }
}

function all({ rows, table }: EvidenceSource, examined: string, condition: string): boolean {
  return rows(`select 1 from ${table} where (${examined}) and not (${condition}) limit 1`).length === 0
}

function endsOf({ rows, table }: EvidenceSource, value: string, condition: string): TimeEvidence['numbers'] {
  // One row per database.
  const found = rows(`select min(${value}), max(${value}) from ${table} where ${condition}`).filter(
    ([smallest]) => smallest !== null,
  )
  if (found.length === 0) return null
  return {
    smallest: Math.min(...found.map(([smallest]) => Number(smallest))),
    largest: Math.max(...found.map(([, largest]) => Number(largest))),
  }
}

function textsOf(source: EvidenceSource, condition: string): NumberTexts | null {
  const { sql } = source
  const count = countIn(source, condition)
  if (count === 0) return null
  const ends = endsOf(source, `cast(${sql} as real)`, `${condition} and cast(${sql} as real) <> 0`)
  return { count, smallest: ends?.smallest ?? 0, largest: ends?.largest ?? 0 }
}

function mayBeDigits(first: SqliteValue, unit: DigitsUnit): boolean {
  return first !== null && isReadable(first, unit)
}

/** Returns an SQL condition: the unit's number of digits, which are a valid date and time of day. */
function areDigits(sql: string, unit: DigitsUnit): string {
  const digits = `(case typeof(${sql}) when 'real' then cast(cast(${sql} as integer) as text) else cast(${sql} as text) end)`
  const part = (from: number): string => `substr(${digits}, ${from}, 2)`
  const day = `substr(${digits}, 1, 4) || '-' || ${part(5)} || '-' || ${part(7)}`
  const clock = [`${part(9)} < '24'`, `${part(11)} < '60'`, `${part(13)} < '60'`].slice(
    0,
    (unit.length - 8) / 2,
  )
  return [
    `length(${digits}) = ${unit.length}`,
    `${digits} not glob '*[^0-9]*'`,
    `(typeof(${sql}) <> 'real' or ${sql} = cast(${sql} as integer))`,
    `date(${day}) is ${day}`,
    ...clock,
  ].join(' and ')
}

/** Length of a day in each unit. */
const dayLengths = {
  seconds: 86_400,
  milliseconds: 86_400_000,
  microseconds: 86_400_000_000,
  'julian-days': 1,
  'excel-days': 1,
} as const

function isMidnight(sql: string, unit: keyof typeof dayLengths): string {
  if (unit === 'julian-days') return `${sql} + 0.5 = cast(${sql} + 0.5 as integer)`
  return `${sql} = cast(${sql} as integer) and cast(${sql} as integer) % ${dayLengths[unit]} = 0`
}

/** `1729862400123 → 2024-10-25 13:20:00.123 UTC`; null when there is no value, or when it is no time in that unit. */
export function beforeAndAfter({ first }: TimeEvidence, unit: EpochUnit): string | null {
  const moment = first === null ? null : momentText(first, unit)
  return moment === null ? null : `${first} → ${moment}`
}
