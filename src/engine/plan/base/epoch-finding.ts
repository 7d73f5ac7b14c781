/** The finding about numbers that fill a column of times: the unit in which they are read, or that no unit is certain. */
import { EPOCH_RECOGNISED } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import { epochOption } from '../evidence/declared-epoch.ts'
import { epochWords } from '../evidence/epoch-units.ts'
import { beforeAndAfter } from '../evidence/time-evidence.ts'
import type { FoundInTable } from './findings.ts'
import type { Fit } from './fit.ts'

type EpochPlace = {
  readonly tableId: string
  readonly table: string
  readonly column: string
  /** The target column, with its table. */
  readonly target: string
}

/** Returns null when no times of the column are numbers. `undecided`: the severity when no unit is certain. */
export function epochFinding(
  epoch: Fit['epoch'],
  { tableId, table, column, target }: EpochPlace,
  undecided: 'error' | 'warning',
): FoundInTable | null {
  if (epoch === null) return null
  const { unit, offered, evidence, count } = epoch
  if (unit !== null) {
    const example = beforeAndAfter(evidence, unit)
    return {
      severity: 'notice',
      code: EPOCH_RECOGNISED,
      message: `${table}.${column} holds ${formatCounted(count, 'number')} for ${target}; they are read as ${epochWords[unit]}${example === null ? '' : `: ${example}`}.`,
      column,
      count,
    }
  }
  const readings = offered.map((one) => `${epochWords[one]} (${beforeAndAfter(evidence, one)})`)
  const why =
    readings.length === 0
      ? `that no one unit of time explains${evidence.first === null ? '' : `, such as ${evidence.first}`}`
      : `that may be ${readings.join(' or ')}, and nothing decides it`
  return {
    severity: undecided,
    code: 'time-unit-unknown',
    message: `${table}.${column} holds ${formatCounted(count, 'number')} for ${target} ${why}.`,
    hint: `Say which unit it is: ${epochOption({ table, column }, offered)}.`,
    column,
    count,
    ...(offered.length === 0
      ? {}
      : {
          fixes: offered.map((one) => ({ tableId, column, change: { kind: 'epoch' as const, unit: one } })),
        }),
  }
}
