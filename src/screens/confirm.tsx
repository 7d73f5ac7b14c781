/** The confirmation before anything is written. */

import { forecastLines, forecastSentence, type Plan } from '../engine/door/index.ts'
import { type Fact, FactLines, factLines } from '../ui/facts.tsx'
import { formatBytes, formatCount, formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { wholeTexts, wrapText } from '../ui/text.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { passedTest } from '../wizard/steps/connection.ts'
import { countFindings } from '../wizard/steps/plan-findings.ts'
import { movedOf } from '../wizard/steps/plan-names.ts'
import { targetLabel } from '../wizard/steps/target-label.ts'

export function Confirm({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { preview, given } = state
  const { plan, folder } = preview.prepared!
  const test = passedTest(state)
  const { rows, databases, bytes } = movedOf(plan)
  const warnings = countFindings(plan, 'warning')
  const excluded = plan.tables.filter(({ fate }) => fate.kind === 'exclude').length
  const { resumed } = preview
  const unfinished = test?.unfinished ?? null
  const facts: readonly Fact[] = [
    {
      name: 'from',
      text: `${formatCounted(databases, 'database')}, ${formatBytes(bytes)}, by their snapshots`,
    },
    { name: 'to', text: test === null ? '' : printable(targetLabel(test)) },
    resumed === null
      ? {
          name: 'creates',
          text: `${formatCounted(plan.schema.tables.length, 'table')} in ${plan.schema.schemas.map(printable).join(', ')}, and gpt_migrate`,
        }
      : {
          name: 'moves',
          text: `the rest: ${formatCount(unfinished?.rowsDone ?? 0)} of ${formatCounted(rows, 'row')} are there`,
        },
    ...(excluded > 0 ? [{ name: 'leaves out', text: formatCounted(excluded, 'table') }] : []),
    {
      name: 'findings',
      text:
        warnings === 0
          ? 'none that need attention'
          : `${formatCounted(warnings, 'warning')}: esc, then f lists them`,
    },
    ...(plan.forecast === undefined ? [] : [{ name: 'forecast', text: forecastSentence(plan.forecast) }]),
    { name: 'verifies', text: verifyWords[given.verifyLevel] },
    { name: 'keeps', text: `snapshots for ${given.keepDays} days in ${printable(folder)}` },
  ]
  const width = bodyColumns(look)
  const isRoomy = bodyRows(look) >= 18
  const lines = factLines(facts, width, NAME_WIDTH)
  const closing = wrapText(isRoomy ? atLength : shortly, width)
  const room = bodyRows(look) - lines.length - closing.length - (isRoomy ? 4 : 2)
  return (
    <>
      <Line tone="strong">
        {resumed === null ? `Move ${formatCounted(rows, 'row')}?` : `Resume run ${resumed.run}?`}
      </Line>
      <Line />
      <FactLines lines={lines} nameWidth={NAME_WIDTH} />
      {isRoomy && <Line />}
      <ForecastLines plan={plan} rows={room} />
      <Lines lines={closing} />
    </>
  )
}

/** The cells for a fact's name. */
const NAME_WIDTH = 11

const atLength =
  'The source files stay as they are. It can be stopped and resumed at any time, and taken back afterwards with gpt-migrate rollback.'
const shortly = 'It can be stopped, resumed, and taken back.'

/** The forecast of what is not exact, one line each as far as there is room, then an empty row. */
function ForecastLines({ plan, rows }: { readonly plan: Plan; readonly rows: number }) {
  const width = bodyColumns(useLook()) - 2
  if (plan.forecast === undefined || rows < 2) return null
  const lines = wholeTexts(
    forecastLines(plan.forecast),
    width,
    rows - 1,
    (left) => `${formatCounted(left, 'line')} more: esc, then enter on a table`,
  )
  return (
    <>
      <Lines lines={lines.map((line) => `  ${line}`)} tone="warn" />
      {lines.length > 0 && <Line />}
    </>
  )
}

const verifyWords = {
  none: 'nothing (--verify none)',
  count: 'the counts of rows',
  checksum: 'every value, by checksum',
  full: 'every value, one by one',
} as const
