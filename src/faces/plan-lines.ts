/** A plan as plain text: what goes where, what is amended, what needs attention. Pure. */
import {
  constraintLines,
  describeOrigin,
  type Forecast,
  type ForecastTable,
  forecastLines,
  forecastSentence,
  outcomeWords,
  type Plan,
  type TablePlan,
  type Trial,
  tableForecastText,
  trialText,
} from '../engine/door/index.ts'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { alignColumns } from './table-text.ts'

export function planLines(plan: Plan): string[] {
  const rows = Object.values(plan.sourceRows).reduce((total, count) => total + count, 0)
  const lines = [
    `${formatCounted(plan.tables.length, 'source table')} of ${formatCounted(plan.sources.length, 'database')} into ${formatCounted(plan.schema.tables.length, 'target table')} in ${formatCounted(plan.schema.schemas.length, 'schema')}, ${formatCounted(rows, 'row')} (mapping ${plan.mapping})`,
    '',
    ...alignColumns(
      [
        ['source', 'target', 'rows'],
        ...plan.tables.map((table) => [
          printable(table.id),
          printable(fateOf(table, plan)),
          formatCount(plan.sourceRows[table.id] ?? 0),
        ]),
      ],
      [0, 1],
    ),
  ]
  for (const table of plan.tables) lines.push(...columnLines(table, plan.forecast))
  if (plan.forecast !== undefined) {
    lines.push('', 'What the run will do', `  ${forecastSentence(plan.forecast)}`)
    const about = [...forecastLines(plan.forecast), ...constraintLines(plan.forecast)]
    lines.push(...about.map((line) => `  ${line}`))
  }
  if (plan.trials !== undefined) {
    lines.push('', 'What the target allows')
    lines.push(...alignColumns(plan.trials.map(trialCells), [0, 1, 2]))
  }
  if (plan.amendments.length > 0) {
    lines.push('', 'Amendments to the planned schema')
    lines.push(...plan.amendments.map(({ table, message }) => `  ${printable(table)}: ${printable(message)}`))
  }
  lines.push('', plan.findings.length === 0 ? 'No findings.' : 'Findings')
  const order = { error: 0, warning: 1, notice: 2 }
  for (const finding of plan.findings.toSorted((a, b) => order[a.severity] - order[b.severity])) {
    lines.push(`  ${finding.severity}  ${printable(finding.message)}`)
    for (const { key, value } of finding.samples ?? [])
      lines.push(`           ${printable(key)}: ${printable(value)}`)
    if (finding.hint !== undefined) lines.push(`           ${printable(finding.hint)}`)
  }
  return lines
}

function trialCells(trial: Trial): string[] {
  return [`  ${trial.name}`, outcomeWords[trial.outcome], printable(trialText(trial))]
}

function fateOf({ fate }: TablePlan, plan: Plan): string {
  switch (fate.kind) {
    case 'copy':
      return `${fate.copy.target.schema}.${fate.copy.target.table}`
    case 'fold': {
      const parent = plan.tables.find((table) => table.id === fate.into)
      const into =
        parent?.fate.kind === 'copy'
          ? `${parent.fate.copy.target.schema}.${parent.fate.copy.target.table}`
          : fate.into
      return `folded into ${into}.${fate.column}`
    }
    case 'exclude':
      return `left out: ${fate.reason}`
    default:
      return fate satisfies never
  }
}

function columnLines({ id, fate }: TablePlan, forecast: Forecast | undefined): string[] {
  if (fate.kind !== 'copy') return []
  const foretold = forecast?.tables.find(({ tableId }) => tableId === id)
  const counts = new Map(foretold?.columns.map((column) => [column.target, column]))
  const cells = fate.copy.columns.map(({ target, from }) => [
    `  ${printable(target)}`,
    from.kind === 'column'
      ? printable(from.column)
      : from.kind === 'gather'
        ? printable(from.columns.join(', '))
        : '-',
    describeOrigin(from),
    ...countsOf(counts.get(target)),
  ])
  return [
    '',
    printable(`${id} → ${fate.copy.target.schema}.${fate.copy.target.table}`),
    ...alignColumns([...(foretold === undefined ? [] : [countTitles]), ...cells], [0, 1, 2]),
    ...(foretold === undefined ? [] : [`  ${tableForecastText(foretold)}`]),
  ]
}

const countTitles = ['  column', 'from', 'conversion', 'exact', 'normalized', 'rounded', 'largest error']

function countsOf(column: ForecastTable['columns'][number] | undefined): string[] {
  if (column === undefined) return []
  const { exact, normalized, rounded, maxError } = column
  return [
    ...[exact, normalized, rounded].map((count) => (count === 0 ? '-' : formatCount(count))),
    maxError ?? '',
  ]
}
