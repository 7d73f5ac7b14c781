/** A plan as plain text: what goes where, what is amended, what needs attention. Pure. */
import {
  constraintLines,
  describeOrigin,
  type Finding,
  type Forecast,
  type ForecastTable,
  forecastLines,
  forecastSentence,
  outcomeWords,
  type Plan,
  plannedNameOf,
  type TablePlan,
  type Trial,
  tableForecastText,
  trialText,
} from '../engine/door/index.ts'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { kindLines } from './finding-lines.ts'
import { notableTables } from './notable-tables.ts'
import { alignColumns } from './table-text.ts'

/** With `showsAll`, every table, column and finding is listed, however many there are. */
export function planLines(plan: Plan, showsAll: boolean): string[] {
  const rows = Object.values(plan.sourceRows).reduce((total, count) => total + count, 0)
  const { shown, left } = showsAll ? { shown: plan.tables, left: [] } : notablePlanTables(plan)
  const lines = [
    `${formatCounted(plan.tables.length, 'source table')} of ${formatCounted(plan.sources.length, 'database')} into ${formatCounted(plan.schema.tables.length, 'target table')} in ${formatCounted(plan.schema.schemas.length, 'schema')}, ${formatCounted(rows, 'row')} (mapping ${plan.mapping})`,
    '',
    ...alignColumns(
      [
        ['source', 'target', 'rows'],
        ...shown.map((table) => [
          printable(table.id),
          printable(fateOf(table, plan)),
          formatCount(rowsOf(plan, table)),
        ]),
      ],
      [0, 1],
    ),
  ]
  if (left.length > 0) lines.push(restLine(plan, left))
  for (const table of shown) lines.push(...columnLines(table, plan.forecast))
  if (plan.forecast !== undefined) {
    lines.push('', 'What the run will do', `  ${forecastSentence(plan.forecast)}`)
    const about = [...forecastLines(plan.forecast), ...constraintLines(plan.forecast)]
    lines.push(...firstOf(about, showsAll).map((line) => `  ${line}`))
  }
  if (plan.trials !== undefined) {
    lines.push('', 'What the target allows')
    lines.push(...alignColumns(plan.trials.map(trialCells), [0, 1, 2]))
  }
  if (plan.amendments.length > 0) {
    lines.push('', 'Amendments to the planned schema')
    const amendments = plan.amendments.map(
      ({ table, message }) => `${printable(table)}: ${printable(message)}`,
    )
    lines.push(...firstOf(amendments, showsAll).map((line) => `  ${line}`))
  }
  lines.push('', plan.findings.length === 0 ? 'No findings.' : 'Findings')
  return [...lines, ...kindLines(plan.findings, showsAll, findingLines)]
}

function findingLines({ severity, message, samples, hint }: Finding): string[] {
  const margin = ' '.repeat(11)
  return [
    `  ${severity}  ${printable(message)}`,
    ...(samples ?? []).map(({ key, value }) => `${margin}${printable(key)}: ${printable(value)}`),
    ...(hint === undefined ? [] : [margin + printable(hint)]),
  ]
}

const MOST_LINES = 40

function firstOf(lines: readonly string[], showsAll: boolean): readonly string[] {
  if (showsAll || lines.length <= MOST_LINES) return lines
  return [
    ...lines.slice(0, MOST_LINES),
    `… and ${formatCount(lines.length - MOST_LINES)} more; --verbose lists them`,
  ]
}

const rowsOf = ({ sourceRows }: Plan, { id }: TablePlan): number => sourceRows[id] ?? 0

function notablePlanTables(plan: Plan): ReturnType<typeof notableTables<TablePlan>> {
  const worst = new Map<string | undefined, number>()
  for (const { tableId, severity } of plan.findings)
    worst.set(tableId, Math.max(worst.get(tableId) ?? 0, { error: 4, warning: 1, notice: 0 }[severity]))
  for (const { tableId, rows, columns } of plan.forecast?.tables ?? []) {
    const weight = rows.quarantined > 0 ? 3 : columns.some(({ rounded }) => rounded > 0) ? 2 : 0
    worst.set(tableId, Math.max(worst.get(tableId) ?? 0, weight))
  }
  return notableTables(
    plan.tables,
    ({ id }) => worst.get(id) ?? 0,
    (table) => rowsOf(plan, table),
  )
}

function restLine(plan: Plan, left: readonly TablePlan[]): string {
  const rows = left.reduce((total, table) => total + rowsOf(plan, table), 0)
  const empty = left.filter((table) => rowsOf(plan, table) === 0).length
  const excluded = left.filter(({ fate }) => fate.kind === 'exclude').length
  const parts = [
    formatCounted(rows, 'row'),
    ...(empty > 0 ? [`${formatCount(empty)} empty`] : []),
    ...(excluded > 0 ? [`${formatCount(excluded)} left out`] : []),
  ]
  return `… and ${formatCounted(left.length, 'more table', 'more tables')}: ${parts.join(', ')}; --verbose lists them with their columns`
}

function trialCells(trial: Trial): string[] {
  return [`  ${trial.name}`, outcomeWords[trial.outcome], printable(trialText(trial))]
}

function fateOf(table: TablePlan, plan: Plan): string {
  const { fate } = table
  if (fate.kind === 'exclude') return `left out: ${fate.reason}`
  const name = plannedNameOf(table, plan)!
  return fate.kind === 'fold' ? `folded into ${name}` : name
}

function columnLines({ id, fate }: TablePlan, forecast: Forecast | undefined): string[] {
  if (fate.kind !== 'copy') return []
  const expected = forecast?.tables.find(({ tableId }) => tableId === id)
  const counts = new Map(expected?.columns.map((column) => [column.target, column]))
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
    ...alignColumns([...(expected === undefined ? [] : [countTitles]), ...cells], [0, 1, 2]),
    ...(expected === undefined ? [] : [`  ${tableForecastText(expected)}`]),
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
