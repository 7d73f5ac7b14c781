/** The type of numbers that are times. Invariant: a unit is chosen by evidence or by the user, never by a guess. */

import { type EpochUnit, isDigitsUnit, isWallUnit } from '../../model/conversion.ts'
import { EPOCH_RECOGNISED } from '../../model/finding.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { epochUnitOf, epochWords, offeredUnits, type TimeEvidence } from '../evidence/epoch-units.ts'
import { beforeAndAfter } from '../evidence/time-evidence.ts'
import { timeTexts } from '../evidence/time-forms.ts'
import { type Choice, count, differs, type Question, type Reason } from './choice.ts'
import { haveDecimals } from './number-ranges.ts'

/** Numbers become times when their unit is certain and none is finer than PostgreSQL's microseconds. */
export function chooseNumericTime(question: Question, natural: string): Choice {
  const { column, census, declared, evidence } = question
  const unit = epochUnitOf(column, census, evidence)
  if (unit === null) return { type: natural, reason: undecided(question, natural) }
  if (isFinerThanKept(question, unit)) {
    return {
      type: natural,
      reason: {
        severity: 'notice',
        code: 'time-kept-as-number',
        message: `is declared ${declared.base} and holds ${epochWords[unit]} with more digits than PostgreSQL's microseconds${exampleOf(evidence, unit)}; it stays a number (${natural}) so that nothing is rounded`,
        count: census.integers + census.reals,
        units: [unit],
      },
    }
  }
  return ofUnit(question, unit, `is declared ${declared.base} and holds numbers`)
}

/** The user's choice overrides the declaration; values that don't fit are refused row by row. Null when it does not apply. */
export function chooseNamedUnit(question: Question, unit: EpochUnit): Choice | null {
  const { census, evidence } = question
  const numbers = census.integers + census.reals
  const others = census.texts - timeTexts(census) - (evidence?.numberTexts?.count ?? 0)
  if (numbers + (evidence?.numberTexts?.count ?? 0) === 0 || others > 0) return null
  return ofUnit(question, unit, 'holds numbers')
}

function ofUnit(question: Question, unit: EpochUnit, what: string): Choice {
  const { census, evidence } = question
  const zeros = evidence?.numbers === null ? 0 : (question.ask?.(isZero(question)) ?? 0)
  const beginning = zeros === 0 ? '' : `; ${count(zeros, 'zero')} ${zeros === 1 ? 'is' : 'are'} its beginning`
  const example = evidence === null ? null : beforeAndAfter(evidence, unit)
  return {
    type: typeOfUnit(question, unit),
    reason: {
      severity: 'notice',
      code: EPOCH_RECOGNISED,
      message: `${what}; they are read as ${epochWords[unit]}${example === null ? '' : `: ${example}`}${beginning}`,
      count: census.integers + census.reals,
    },
  }
}

function isZero({ column }: Question): string {
  const sql = quoteSqlite(column.name)
  return `typeof(${sql}) in ('integer', 'real') and ${sql} = 0`
}

/** Returns `date` only when the declaration says so and no value has a time of day. */
function typeOfUnit({ declared, options, evidence }: Question, unit: EpochUnit): string {
  if (declared.family === 'date') {
    const isDays = unit === 'yyyymmdd' || evidence?.midnights.includes(unit)
    if (isDays === true && (isWallUnit(unit) || options.timezone === 'UTC')) return 'date'
  }
  return isWallUnit(unit) ? 'timestamp without time zone' : 'timestamp with time zone'
}

/** Whether values have more digits than a moment keeps; true where the values cannot be queried. */
function isFinerThanKept(question: Question, unit: EpochUnit): boolean {
  const { column, census, ask } = question
  const { integers, reals, wholeReals } = census
  const sql = quoteSqlite(column.name)
  const isNumber = `typeof(${sql}) in ('integer', 'real')`
  if (isDigitsUnit(unit) || unit === 'excel-days') return false
  if (unit === 'julian-days') {
    // The last binary place of a Julian day is 40 µs, and arithmetic leaves an error of one or two such places.
    const millis = `cast(${sql} * 86400000.0 + 0.5 as integer) / 86400000.0`
    return ask !== null && ask(`${isNumber} and abs(${millis} - ${sql}) > 1e-9`) > 0
  }
  const finer = unit === 'nanoseconds' ? 1000 : unit === 'filetime' || unit === 'dotnet-ticks' ? 10 : 1
  if (
    finer > 1 &&
    (ask === null || reals > 0 || ask(`typeof(${sql}) = 'integer' and ${sql} % ${finer} <> 0`) > 0)
  )
    return integers + reals > 0
  const decimals = unit === 'milliseconds' ? 3 : unit.endsWith('microseconds') ? 0 : 6
  return reals - wholeReals > 0 && !haveDecimals(question, decimals)
}

/** Returns why the numbers do not become times, and the units that they may be in. */
function undecided({ column, census, declared, evidence }: Question, natural: string): Reason {
  const units = offeredUnits(column, census, evidence)
  if (units.length === 0 || evidence === null) {
    return differs(declared, 'holds numbers that no one unit of time explains', natural)
  }
  const readings = units.map((unit) => `${epochWords[unit]} (${beforeAndAfter(evidence, unit)})`)
  return {
    severity: 'warning',
    code: 'time-unit-unknown',
    message: `is declared ${declared.base} and holds numbers that may be ${readings.join(' or ')}, and nothing decides it; it stays a number (${natural})`,
    count: census.integers + census.reals,
    units,
  }
}

function exampleOf(evidence: TimeEvidence | null, unit: EpochUnit): string {
  const example = evidence === null ? null : beforeAndAfter(evidence, unit)
  return example === null ? '' : ` (${example})`
}
