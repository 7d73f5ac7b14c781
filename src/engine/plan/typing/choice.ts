/** The input for choosing a column's type (declaration, census, queries), and the result (type and reason). */

import type { ColumnCensus } from '../../model/census.ts'
import type { EpochUnit } from '../../model/conversion.ts'
import type { Finding } from '../../model/finding.ts'
import type { ColumnFacts } from '../evidence/column-facts.ts'
import type { DeclaredType } from '../evidence/declared-type.ts'

export type Question = ColumnFacts & {
  readonly declared: DeclaredType
  /** Returns how many rows meet an SQL condition, which uses the column's quoted name; null without a snapshot. */
  readonly ask: ((condition: string) => number) | null
}

export type Choice = { readonly type: string; readonly reason?: Reason }

/** Why a column does not get its declared type, or what else to know of it. `message` continues after the column's name. */
export type Reason = {
  readonly severity: Finding['severity']
  readonly code: string
  readonly message: string
  readonly count?: number
  /** Another type to choose, at the cost that the message names, or with some rows in quarantine. */
  readonly otherwise?: string
  /** Units that the user may name instead. */
  readonly units?: readonly EpochUnit[]
}

export function mixed(census: ColumnCensus, type: string): Reason {
  const parts = [
    [census.integers, 'integer'],
    [census.reals, 'real'],
    [census.texts, 'text'],
    [census.blobs, 'blob'],
  ] as const
  const present = parts.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun))
  const minority = Math.min(...parts.map(([number]) => number).filter((number) => number > 0))
  return {
    severity: 'warning',
    code: 'mixed-classes',
    message: `holds values of several kinds (${present.join(', ')}); it becomes ${type}, which holds them all`,
    count: minority,
  }
}

export function differs(declared: DeclaredType, what: string, type: string): Reason {
  const spelled =
    declared.arguments.length > 0 ? `${declared.base}(${declared.arguments.join(',')})` : declared.base
  return {
    severity: 'warning',
    code: 'type-differs',
    message: `is declared ${spelled} and ${what}; it becomes ${type}`,
  }
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

export function texts(number: number): string {
  return count(number, 'text')
}
