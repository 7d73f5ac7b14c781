/** What a plan asks a snapshot about times: the months that a column spans, and its moments as text. */
import { type EpochUnit, isDigitsUnit, type TimeParameters } from '../../model/conversion.ts'
import type { EvidenceSource } from './evidence-source.ts'
import { isNumberText } from './questions.ts'

/** Returns the months, as `YYYY-MM` in UTC and in order, of a column's times; for a local time, every month in which it may lie. */
export function monthsOf({ table, sql, rows }: EvidenceSource, time: TimeParameters): readonly string[] {
  const found = rows(
    `select distinct case
       when typeof(${sql}) in ('integer', 'real') then ${numericMonth(sql, time)}
       ${time.epoch === null ? '' : `when ${isNumberText(sql)} then ${numericMonth(`cast(${sql} as numeric)`, time)}`}
       when typeof(${sql}) = 'text' then substr(trim(${sql}), 1, 7) end as month,
       ${mayLieInNeighbour(sql, time)} as near
     from ${table}`,
  )
  const months = new Set<string>()
  for (const [month, near] of found) {
    if (typeof month !== 'string' || !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) continue
    months.add(month)
    if (Number(near) < 0) months.add(addMonths(month, -1))
    if (Number(near) > 0) months.add(addMonths(month, 1))
  }
  return [...months].sort()
}

/** Returns SQL: -1 or 1 for a text whose zone may move it into the month before or after the written one, else 0. */
function mayLieInNeighbour(sql: string, { zone, epoch }: TimeParameters): string {
  const zoned = `${sql} glob '*[+-][0-9][0-9]:[0-9][0-9]' or ${sql} glob '*[+-][0-9][0-9][0-9][0-9]' or ${sql} glob '*:*[+-][0-9][0-9]'`
  const stays = zone === 'UTC' ? `not (${zoned})` : '0'
  // The cheap conditions first: most days are in the middle of a month.
  return `case
    when typeof(${sql}) <> 'text' or substr(trim(${sql}), 9, 2) between '02' and '27' then 0
    when substr(${sql}, -1) = 'Z' or ${stays} then 0
    ${epoch === null ? '' : `when ${isNumberText(sql)} then 0`}
    when substr(trim(${sql}), 9, 2) = '01' then -1 else 1 end`
}

function numericMonth(sql: string, { epoch }: TimeParameters): string {
  if (epoch === null) return 'null'
  if (epoch === 'julian-days') return `strftime('%Y-%m', ${sql})`
  if (isDigitsUnit(epoch)) {
    const digits = `cast(cast(${sql} as integer) as text)`
    return `substr(${digits}, 1, 4) || '-' || substr(${digits}, 5, 2)`
  }
  if (epoch === 'excel-days') return `strftime('%Y-%m', ${sql} * 86400.0 - 2209161600, 'unixepoch')`
  const { perSecond, zero } = secondsOf[epoch]
  return `strftime('%Y-%m', ${floorSeconds(sql, perSecond)} + ${zero}, 'unixepoch')`
}

/** Units per second, and the Unix time, in seconds, of the unit's 0. */
const secondsOf: Readonly<
  Record<
    Exclude<EpochUnit, 'julian-days' | 'excel-days' | `yyyy${string}`>,
    { readonly perSecond: number; readonly zero: number }
  >
> = {
  seconds: { perSecond: 1, zero: 0 },
  milliseconds: { perSecond: 1e3, zero: 0 },
  microseconds: { perSecond: 1e6, zero: 0 },
  nanoseconds: { perSecond: 1e9, zero: 0 },
  'core-data-seconds': { perSecond: 1, zero: 978_307_200 },
  'mac-seconds': { perSecond: 1, zero: -2_082_844_800 },
  'webkit-microseconds': { perSecond: 1e6, zero: -11_644_473_600 },
  filetime: { perSecond: 1e7, zero: -11_644_473_600 },
  'dotnet-ticks': { perSecond: 1e7, zero: -62_135_596_800 },
}

/** Returns SQL of the whole seconds since the unit's 0, rounded down also for negative numbers. */
function floorSeconds(sql: string, units: number): string {
  return `cast(${sql} / ${units} - (${sql} < 0 and ${sql} % ${units} <> 0) as integer)`
}

/** `uniform`: texts of one length and one zone, no finer than a microsecond. */
export type TimeShape = 'uniform' | 'texts' | 'numbers' | 'number-texts' | 'mixed'

/**
 * Returns SQL of a value that is equal for two cells that become the same instant in PostgreSQL. It may be equal for other cells, too
 * (texts of several shapes are compared by the millisecond, mixed storage classes not at all): then a key is widened without need.
 */
export function instantText(sql: string, { epoch }: TimeParameters, shape: TimeShape): string {
  switch (shape) {
    case 'mixed':
      return `case typeof(${sql}) when 'null' then null else 0 end`
    case 'uniform':
      return `replace(${sql}, 'T', ' ')`
    case 'texts':
      return `coalesce(round(julianday(${sql}) * 86400000), ${sql})`
    case 'number-texts':
      return instantText(`cast(${sql} as numeric)`, { zone: 'UTC', epoch, form: null }, 'numbers')
    case 'numbers':
      if (epoch !== null && isDigitsUnit(epoch)) return sql
      if (epoch === 'excel-days') return `round(${sql} * 86400000000)`
      if (epoch === null || epoch === 'julian-days') return `cast(${sql} * 86400000.0 + 0.5 as integer)`
      return microsecondsText(sql, secondsOf[epoch].perSecond)
    default:
      return shape satisfies never
  }
}

function microsecondsText(sql: string, perSecond: number): string {
  const finer = perSecond / 1e6
  if (finer <= 1) return `round(${sql} * ${1 / finer})`
  return `case typeof(${sql}) when 'integer' then (${sql} + ${finer / 2}) / ${finer} else round(${sql} / ${finer}) end`
}

export function addMonths(month: string, months: number): string {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + months
  const year = String(Math.floor(index / 12)).padStart(4, '0')
  return `${year}-${String((index % 12) + 1).padStart(2, '0')}`
}
