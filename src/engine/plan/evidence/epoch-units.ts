/**
 * The unit of time of a column's numbers. Invariant: it is chosen by evidence, never guessed: it is the only unit in which every number of
 * the column is a moment from 1980 to 2100.
 */

import { UNIX_SECONDS_AT_EPOCH } from '../../encode/times/civil.ts'
import { realOf } from '../../encode/times/epoch.ts'
import { Instant } from '../../encode/times/instant.ts'
import type { CatalogColumn } from '../../model/catalog.ts'
import type { ColumnCensus } from '../../model/census.ts'
import { type DigitsUnit, type EpochUnit, epochUnits, isDigitsUnit } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { AmountEvidence } from './amounts.ts'
import type { DateOrderEvidence } from './date-order.ts'

/** Texts of a column that are plain numbers, with or without a point; those of eight digits are left out, since they may be dates. */
export type NumberTexts = { readonly count: number; readonly smallest: number; readonly largest: number }

/** What queries on the snapshot add to the census about a column's times and amounts. */
export type TimeEvidence = {
  /** The unit that the user named. */
  readonly declared: EpochUnit | null
  /** Range of the numbers other than 0, which is valid in every unit; null when there are none. */
  readonly numbers: { readonly smallest: number; readonly largest: number } | null
  readonly numberTexts: NumberTexts | null
  /** Digit formats, such as YYYYMMDD, in which every number, and every text of digits, is a valid time. */
  readonly digits: readonly DigitsUnit[]
  /** Units in which every number is midnight in UTC. */
  readonly midnights: readonly EpochUnit[]
  /** The first number other than 0, or text of digits, as it is stored. */
  readonly first: SqliteValue
  /** Order of day and month in texts with the year at the end. */
  readonly dates: DateOrderEvidence | null
  /** Decimal point of texts in a column that is declared numeric. */
  readonly amounts: AmountEvidence | null
}

export const noEvidence: TimeEvidence = {
  declared: null,
  numbers: null,
  numberTexts: null,
  digits: [],
  midnights: [],
  first: null,
  dates: null,
  amounts: null,
}

/** The distant past and the distant future of Apple's frameworks, which Core Data stores: years 0001 to 4001, in seconds since 2001. */
const coreDataSeconds = [-63_113_904_000, 6.5e10] as const

const FIRST_YEAR = 1980
const LAST_YEAR = 2100

/** Read as nanoseconds, .NET ticks from 1980 to 2100 lie in 1989 and 1990, when no program stored nanoseconds yet. */
const firstYears: Partial<Record<EpochUnit, number>> = { nanoseconds: 1991 }

/** The range of each unit: `[0]` inclusive to `[1]` exclusive. */
const windows = new Map(
  epochUnits.map((unit) => [
    unit,
    [numberAt(firstYears[unit] ?? FIRST_YEAR, unit), numberAt(LAST_YEAR, unit)],
  ]),
)

const olderWindows = (['julian-days', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const).map(
  (unit) => [unit, [numberAt(1900, unit), numberAt(LAST_YEAR, unit)]] as const,
)

function numberAt(year: number, unit: EpochUnit): number {
  const instant = new Instant()
  instant.second = Date.UTC(year, 0, 1) / 1000 - UNIX_SECONDS_AT_EPOCH
  return realOf(instant, unit)
}

/** Returns the unit that the user named, else the only possible one; null when there is none or more than one. */
export function epochUnitOf(
  column: CatalogColumn,
  census: ColumnCensus,
  evidence: TimeEvidence | null = null,
): EpochUnit | null {
  if (evidence?.declared != null) return evidence.declared
  const units = possibleUnits(column, census, evidence)
  return units.length === 1 ? units[0]! : null
}

/** Returns all units in which every number of the column is a plausible moment; none for a column whose numbers are all 0. */
export function possibleUnits(
  column: CatalogColumn,
  census: ColumnCensus,
  evidence: TimeEvidence | null,
): readonly EpochUnit[] {
  if (census.infinities > 0) return []
  const ends = endsIn(census, evidence)
  if (ends.length === 0 || ends.includes(0)) return []
  if (isCoreData(column)) {
    return ends.every((end) => end >= coreDataSeconds[0] && end < coreDataSeconds[1])
      ? ['core-data-seconds']
      : []
  }
  return epochUnits.filter((unit) => {
    if (unit === 'core-data-seconds') return false
    if (isDigitsUnit(unit) && evidence?.digits.includes(unit) !== true) return false
    const [first = 0, after = 0] = windows.get(unit)!
    return ends.every((end) => end >= first && end < after)
  })
}

/**
 * Returns the units to offer when none is certain: the possible ones, else up to two in which every number is a moment from 1900 to 2100,
 * the longest unit first.
 */
export function offeredUnits(
  column: CatalogColumn,
  census: ColumnCensus,
  evidence: TimeEvidence | null,
): readonly EpochUnit[] {
  const possible = possibleUnits(column, census, evidence)
  const ends = evidence === null ? [] : endsIn(census, evidence)
  if (possible.length > 0 || ends.length === 0 || census.infinities > 0) return possible
  return olderWindows
    .filter(([, [first, after]]) => ends.every((end) => end >= first && end < after))
    .map(([unit]) => unit)
    .slice(0, 2)
}

function endsIn(census: ColumnCensus, evidence: TimeEvidence | null): readonly number[] {
  const ranges = [evidence?.numbers ?? endsOf(census, evidence), evidence?.numberTexts ?? null]
  return ranges.flatMap((range) => (range === null ? [] : [range.smallest, range.largest]))
}

/** Returns the range by the census. An end of 0 hides the next smallest or largest number, unless the distinct values are known. */
function endsOf(
  { integers, reals, texts, blobs, integerRange, realRange, values }: ColumnCensus,
  evidence: TimeEvidence | null,
): TimeEvidence['numbers'] {
  if (evidence !== null || integers + reals === 0) return null
  if (values !== null && reals + texts + blobs === 0) {
    const numbers = values.map(({ value }) => Number(value)).filter((value) => value !== 0)
    return numbers.length === 0 ? null : { smallest: Math.min(...numbers), largest: Math.max(...numbers) }
  }
  const ends = [integerRange?.min, integerRange?.max, realRange?.min, realRange?.max].flatMap((end) =>
    end === undefined ? [] : [Number(end)],
  )
  return ends.length === 0 ? null : { smallest: Math.min(...ends), largest: Math.max(...ends) }
}

/** Core Data names its columns in capitals with a leading Z and declares its times TIMESTAMP. */
function isCoreData(column: CatalogColumn): boolean {
  return /^Z[A-Z0-9_]+$/.test(column.name) && column.declaredType.toUpperCase() === 'TIMESTAMP'
}

/** What each unit is called in a sentence: "read as …". */
export const epochWords: Readonly<Record<EpochUnit, string>> = {
  seconds: 'seconds since 1970',
  milliseconds: 'milliseconds since 1970',
  microseconds: 'microseconds since 1970',
  nanoseconds: 'nanoseconds since 1970',
  'julian-days': 'Julian days',
  'core-data-seconds': 'seconds since 2001 (Core Data)',
  'mac-seconds': 'seconds since 1904 (Mac)',
  'webkit-microseconds': 'microseconds since 1601 (WebKit)',
  filetime: '100 ns since 1601 (Windows FILETIME)',
  'dotnet-ticks': '.NET ticks (100 ns since the year 1)',
  'excel-days': 'Excel days (since 1899-12-30)',
  yyyymmdd: 'digits YYYYMMDD',
  yyyymmddhhmm: 'digits YYYYMMDDHHMM',
  yyyymmddhhmmss: 'digits YYYYMMDDHHMMSS',
}
