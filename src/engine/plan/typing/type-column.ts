/**
 * The PostgreSQL type of a column, from its declaration and its census together. Invariant: every value that the census counted
 * has an exact or a normalized image in the type; where the declaration cannot provide that, the values win and a finding says so.
 */

import type { Conversion, EpochUnit } from '../../model/conversion.ts'
import type { Finding } from '../../model/finding.ts'
import type { ColumnFacts } from '../evidence/column-facts.ts'
import { conversionTo } from '../evidence/conversion-to.ts'
import { parseDeclaredType } from '../evidence/declared-type.ts'
import { countIn, type EvidenceSource } from '../evidence/evidence-source.ts'
import { type Choice, type Question, texts } from './choice.ts'
import { chooseForBlobs } from './choose-for-blobs.ts'
import { chooseForNumbers } from './choose-for-numbers.ts'
import { chooseForTexts } from './choose-for-texts.ts'
import { chooseNamedUnit } from './choose-numeric-time.ts'
import { declaredTarget } from './declared-target.ts'

export type ColumnTyping = {
  readonly type: string
  readonly conversion: Conversion
  readonly findings: readonly Finding[]
  /** Units of time for the column's numbers of which the user has to, or may, choose one. */
  readonly units: readonly EpochUnit[]
  /** A type that the user may choose instead. */
  readonly otherwise: string | null
}

/**
 * Returns the declared type when it holds every value of the column, else the narrowest that does. Findings name the column; the caller
 * adds the table.
 */
export function typeColumn(facts: ColumnFacts, source: EvidenceSource | null): ColumnTyping {
  const { column, census, options } = facts
  const declared = parseDeclaredType(column)
  const ask = source === null ? null : (condition: string) => countIn(source, condition)
  const question = { ...facts, declared, ask }
  let choice = choose(question)
  const findings: Finding[] = []
  const isOpposed = choice.reason?.severity === 'warning' && declared.family !== 'none'
  if (choice.reason !== undefined && isOpposed && options.strictTypes) {
    const type = declaredTarget(declared, options)
    choice = {
      type,
      reason: {
        severity: 'warning',
        code: 'strict-types',
        message: `${choice.reason.message}; it stays ${type} as you asked for strict types, and the rows that don't fit go to quarantine`,
        ...(choice.reason.count === undefined ? {} : { count: choice.reason.count }),
      },
    }
  }
  if (choice.reason !== undefined) {
    const { message, units: _, otherwise: __, ...rest } = choice.reason
    findings.push({
      ...rest,
      message: `Column ${JSON.stringify(column.name)} ${message}.`,
      column: column.name,
    })
  }
  const conversion = conversionTo(choice.type, facts)
  if (conversion === null) throw new Error(`no conversion to ${choice.type}`)
  if (census.nulTexts > 0 && (conversion.kind === 'text' || conversion.kind === 'enumeration')) {
    findings.push({
      severity: 'warning',
      code: 'nul-in-text',
      message: `Column ${JSON.stringify(column.name)} has ${texts(census.nulTexts)} with the character U+0000, which PostgreSQL's text can't hold; those rows go to quarantine.`,
      hint: 'Give the column the type bytea to keep such texts as bytes.',
      column: column.name,
      count: census.nulTexts,
    })
  }
  const { units = [], otherwise = null } = choice.reason ?? {}
  return { type: choice.type, conversion, findings, units, otherwise }
}

function choose(question: Question): Choice {
  const { census, declared, options, evidence } = question
  const { integers, reals, texts, blobs } = census
  if (integers + reals + texts + blobs === 0) return { type: declaredTarget(declared, options) }
  if (evidence?.declared != null && blobs === 0) {
    const choice = chooseNamedUnit(question, evidence.declared)
    if (choice !== null) return choice
  }
  if (blobs > 0) return chooseForBlobs(question)
  if (texts === 0) return chooseForNumbers(question)
  return chooseForTexts(question)
}
