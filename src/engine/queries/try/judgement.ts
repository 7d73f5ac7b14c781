/**
 * Turns the tries of a statement into a verdict, codes and sentences. Pure. Invariant: a verdict states what was seen, or what is certain.
 */

import { formatCounted } from '../../model/format-count.ts'
import type { QueryExample } from '../../model/queries.ts'
import { type RowDifference, shownKey, shownRow } from '../compare/compare-outcomes.ts'
import type { TryResult } from '../compare/try-sides.ts'
import { differenceOf } from '../differences/differences.ts'
import { reasonOfRefusal } from '../differences/refusals.ts'
import type { Hazard } from '../tables/hazard.ts'
import { type Judgement, judged, type ReadCase } from '../trial/judge-ground.ts'
import { shownParameters } from '../trial/parameter-text.ts'
import type { ParameterList } from '../trial/parameters.ts'

export type Tries = {
  readonly tried: number
  /** The weightiest difference found, as `heavier` compares them; null when there is none. */
  readonly worst: Finding | null
  readonly time: { readonly sqliteMs: number; readonly postgresMs: number } | null
  /** The parameters with which the server took longest. */
  readonly slowestList: ParameterList | null
  /** Trial rows were tried, and enough of them were in the result to show a difference. */
  readonly isTrialConclusive: boolean
  /** The result's columns whose names PostgreSQL returns in lower case. */
  readonly renamed: readonly string[]
  /** SQLite's message when it fails in every try. */
  readonly noAnswer: string | null
}

export type Finding = {
  readonly result: Exclude<TryResult, { kind: 'same' | 'no-answer' }>
  readonly list: ParameterList
  readonly isOnRealRows: boolean
}

/**
 * Returns the weightier finding. Weights ascend: a tie at LIMIT, so that it hides nothing else; the refusal of a value; any other difference;
 * the refusal of the statement.
 */
export function heavier(one: Finding | null, other: Finding): Finding {
  const weight = ({ result }: Finding) => {
    if (result.kind === 'refused') return result.sqlstate.startsWith('22') ? 1 : 3
    return isOpenAtLimit(result) ? 0 : 2
  }
  return one === null || weight(other) > weight(one) ? other : one
}

/** Judges the unchanged statement by its tries. */
export function judgementOf(tries: Tries, one: ReadCase): Judgement {
  const { hazards } = one
  const base = { parametersTried: tries.tried, time: tries.time }
  if (tries.noAnswer !== null)
    return judged('not-judged', ['no-answer'], `SQLite itself fails: ${tries.noAnswer}.`, base)
  const { worst } = tries
  if (worst === null) {
    const certain = hazards.filter(
      ({ isCertain, isBeyondTrials }) => isCertain && (isBeyondTrials === true || !tries.isTrialConclusive),
    )
    if (certain.length === 0) return sameJudgement(one, base, tries.renamed)
    const detail = `Today’s rows are the same, but ${certain.map((hazard) => hazard.detail).join('; ')}.`
    return judged('differs', [...new Set(certain.map(({ code }) => code))], detail, base)
  }
  const shown = { ...base, example: exampleOf(worst) }
  if (worst.result.kind === 'refused') {
    const { code, detail } = reasonOfRefusal(worst.result, hazards)
    const where = worst.isOnRealRows ? '' : ' This concerns rows that may be added, not today’s.'
    return judged('fails', [code], `${detail}${where}`, shown)
  }
  const reasons = reasonsOf(worst.result.difference, hazards)
  const today = worst.isOnRealRows ? '' : ' Today’s rows do not show it; others do.'
  const sentence = sentenceOf(worst.result.difference)
  return judged('differs', reasons, `${sentence}${explanationOf(reasons)}${today}`, shown)
}

/** Judges a statement with the same rows, with notes on what the program must observe. */
export function sameJudgement(
  { meetings }: Pick<ReadCase, 'meetings'>,
  base: Partial<Judgement>,
  renamed: readonly string[] = [],
): Judgement {
  const truths = new Set(
    meetings.parameters.flatMap(({ met }) =>
      met?.column.target?.conversion.kind === 'boolean' ? [`${met.table.name}.${met.column.name}`] : [],
    ),
  )
  const notes: (readonly [string, string])[] = []
  if (renamed.length > 0)
    notes.push([
      'column-name',
      `In the result ${renamed.join(', ')} comes in lower case, unless it is quoted.`,
    ])
  if (truths.size > 0)
    notes.push([
      'boolean-parameter',
      `${[...truths].join(', ')} is a boolean in the target: a driver that sends types needs true or false for it.`,
    ])
  const detail = notes.map(([, note]) => note).join(' ')
  return judged(
    'same',
    notes.map(([code]) => code),
    detail,
    base,
  )
}

function exampleOf({ result, list, isOnRealRows }: Finding): QueryExample {
  const parameters = shownParameters(list)
  if (result.kind === 'refused') {
    return {
      parameters,
      isOnRealRows,
      sqlite: formatCounted(result.sqliteRows, 'row'),
      postgres: `error ${result.sqlstate}: ${result.message}`,
    }
  }
  const { difference } = result
  switch (difference.kind) {
    case 'columns':
    case 'count':
      return {
        parameters,
        isOnRealRows,
        sqlite: String(difference.sqlite),
        postgres: String(difference.postgres),
      }
    case 'rows':
    case 'order': {
      const cell = difference.kind === 'rows' ? difference.cell : null
      const show = (row: readonly string[]) => (cell === null ? shownRow(row) : shownKey(row[cell]))
      return {
        parameters,
        isOnRealRows,
        sqlite: show(difference.sqlite),
        postgres: show(difference.postgres),
      }
    }
    default:
      return difference satisfies never
  }
}

function sentenceOf(difference: RowDifference): string {
  switch (difference.kind) {
    case 'columns':
      return `It has ${difference.postgres} columns in PostgreSQL, and ${difference.sqlite} in SQLite.`
    case 'count':
      return difference.isCut
        ? 'LIMIT cuts between rows that ORDER BY does not distinguish: any of them may be returned.'
        : `It returns ${formatCounted(difference.postgres, 'row')} in PostgreSQL, and ${difference.sqlite} in SQLite.`
    case 'rows':
      return typesDiffer(difference)
        ? `It returns a value of another type: ${typeName(difference.sqlite[difference.cell!])} in SQLite, ${typeName(difference.postgres[difference.cell!])} in PostgreSQL.`
        : 'It returns other values.'
    case 'order':
      return 'It returns the same rows in another order.'
    default:
      return difference satisfies never
  }
}

function explanationOf([code]: readonly string[]): string {
  const known = code === undefined ? undefined : differenceOf(code)
  return known === undefined ? '' : ` In PostgreSQL ${known.what}.`
}

const orderCodes = new Set(['text-order', 'null-order', 'nocase'])

/** Whether the only difference is a tie at LIMIT: ORDER BY does not decide which rows are left. */
export function isOpenAtLimit(result: TryResult): boolean {
  return result.kind === 'different' && result.difference.kind === 'count' && result.difference.isCut
}

/** Adds to the judgement that a rewrite differs only by a tie at LIMIT. */
export function withOpenLimit(judgement: Judgement): Judgement {
  if (judgement.reasons.includes('tie-at-limit')) return judgement
  return {
    ...judgement,
    reasons: [...judgement.reasons, 'tie-at-limit'],
    detail: `${judgement.detail} A rewrite returns the same rows except where LIMIT cuts between rows that ORDER BY does not distinguish: also order by a key, and it is proposed.`,
  }
}

/** Returns the codes of hazards that can cause the difference, else a code for the difference itself. */
function reasonsOf(difference: RowDifference, hazards: readonly Hazard[]): string[] {
  const isSilent = (code: string) => differenceOf(code)?.isSilent === true || code === 'nocase'
  const codes = [...new Set(hazards.map(({ code }) => code))].filter(isSilent)
  switch (difference.kind) {
    case 'columns':
      return ['columns-differ']
    case 'count':
      if (difference.isCut) return ['tie-at-limit']
      return codes.length > 0 ? codes : ['rows-differ']
    case 'order':
      return codes.some((code) => orderCodes.has(code))
        ? codes.filter((code) => orderCodes.has(code))
        : ['order-differs']
    case 'rows':
      return codes.length > 0 ? codes : typesDiffer(difference) ? ['types-differ'] : ['values-differ']
    default:
      return difference satisfies never
  }
}

/** Returns the type of a value by the first letter of its key. */
function typeName(key: string | undefined): string {
  const names: Readonly<Record<string, string>> = {
    '-': 'NULL',
    n: 'a number',
    t: 'a time',
    b: 'bytes',
    j: 'JSON',
    u: 'a UUID',
  }
  return names[key?.[0] ?? ''] ?? 'a text'
}

function typesDiffer({ sqlite, postgres, cell }: Extract<RowDifference, { kind: 'rows' }>): boolean {
  return cell !== null && sqlite[cell]?.[0] !== postgres[cell]?.[0]
}
