/** Tables that a plan would create although they exist in the target: reported with the plan, refused by the run. */
import type { Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { Plan } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { isSameTable } from '../../model/target-schema.ts'

/** The code of the finding, and of the error with which a run refuses. */
export const TARGET_NOT_EMPTY = 'target-not-empty'

/** Hint with the alternatives when tables are in the way. */
export const waysOut =
  'To fill tables that are there: --data-only. To create others: --schema NAME. To leave a table out: --exclude TABLE.'

/** Returns at most one finding, which names all such tables. */
export function occupiedFindings(schema: Plan['schema'], probe: TargetProbe | null): readonly Finding[] {
  if (probe === null) return []
  const taken = schema.tables.filter(
    (table) => !table.existing && probe.existing.some((one) => isSameTable(one, table)),
  )
  if (taken.length === 0) return []
  return [
    {
      severity: 'warning',
      code: TARGET_NOT_EMPTY,
      message: `${occupiedMessage(taken.map(({ schema: name, table }) => `${name}.${table}`))} The run would be refused (exit code 4).`,
      hint: `${waysOut} An earlier run is removed by gpt-migrate rollback.`,
      count: taken.length,
    },
  ]
}

const MOST_NAMES = 8

export function occupiedMessage(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES
  const shown = rest > 1 ? names.slice(0, MOST_NAMES) : names
  return `The target already holds ${shown.join(', ')}${rest > 1 ? ` and ${formatCounted(rest, 'other')}` : ''}.`
}
