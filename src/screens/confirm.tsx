/** The last look before anything is written. */
import { forecastLines, forecastSentence, type Plan } from '../engine/door/index.ts'
import { formatBytes, formatCount, formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { cutEnd, wrapText } from '../ui/text.ts'
import { countFindings } from '../wizard/plan-findings.ts'
import { movedOf } from '../wizard/plan-names.ts'
import type { WizardState } from '../wizard/state.ts'
import { targetLabel } from '../wizard/target-label.ts'

export function Confirm({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { preview, connection, given } = state
  const { plan, folder } = preview.prepared!
  const test = connection.tested.kind === 'passed' ? connection.tested.test : null
  const { rows, databases, bytes } = movedOf(plan)
  const warnings = countFindings(plan, 'warning')
  const excluded = plan.tables.filter(({ fate }) => fate.kind === 'exclude').length
  const room = bodyColumns(look) - 13
  const fact = (name: string, text: string) =>
    wrapText(text, room).map((line, index) => (
      <Line key={`${name} ${line}`}>
        <Toned tone="quiet">{`  ${(index === 0 ? name : '').padEnd(11)}`}</Toned>
        {line}
      </Line>
    ))
  const { resumed } = preview
  const unfinished = test?.unfinished ?? null
  return (
    <>
      <Line tone="strong">
        {resumed === null ? `Move ${formatCounted(rows, 'row')}?` : `Go on with run ${resumed.run}?`}
      </Line>
      <Line />
      {fact('from', `${formatCounted(databases, 'database')}, ${formatBytes(bytes)}, by their snapshots`)}
      {fact('to', test === null ? '' : printable(targetLabel(test)))}
      {resumed !== null &&
        fact(
          'moves',
          `the rest: ${formatCount(unfinished?.rowsDone ?? 0)} of ${formatCounted(rows, 'row')} are there`,
        )}
      {resumed === null &&
        fact(
          'creates',
          `${formatCounted(plan.schema.tables.length, 'table')} in ${plan.schema.schemas.map(printable).join(', ')}, and gpt_migrate`,
        )}
      {excluded > 0 && fact('leaves out', formatCounted(excluded, 'table'))}
      {fact(
        'findings',
        warnings === 0
          ? 'none that need attention'
          : `${formatCounted(warnings, 'warning')}: esc, then f lists them`,
      )}
      {plan.forecast !== undefined && fact('foretold', forecastSentence(plan.forecast))}
      {fact('verifies', verifyWords[given.verifyLevel])}
      {fact('keeps', `snapshots for ${given.keepDays} days in ${printable(folder)}`)}
      {bodyRows(look) >= 18 && <Line />}
      <Foretold plan={plan} room={bodyRows(look) - 17} />
      {wrapText(bodyRows(look) < 18 ? shortly : atLength, bodyColumns(look)).map((line) => (
        <Line key={line}>{line}</Line>
      ))}
    </>
  )
}

const atLength =
  'The source files stay as they are. It can be stopped and resumed at any time, and taken back afterwards with gpt-migrate rollback.'
const shortly = 'It can be stopped, resumed, and taken back.'

/** What is not exact, line by line, as far as there is room. */
function Foretold({ plan, room }: { readonly plan: Plan; readonly room: number }) {
  const look = useLook()
  if (plan.forecast === undefined || room < 2) return null
  const lines = forecastLines(plan.forecast)
  const shown = lines.slice(0, lines.length > room ? room - 1 : room)
  return (
    <>
      {shown.map((line) => (
        <Line key={line} tone="warn">
          {`  ${cutEnd(line, bodyColumns(look) - 2, look.symbols.more)}`}
        </Line>
      ))}
      {lines.length > shown.length && (
        <Line tone="quiet">{`  ${formatCounted(lines.length - shown.length, 'line')} more: esc, then enter on a table`}</Line>
      )}
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
