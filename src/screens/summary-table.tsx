/** One table of the report, column by column, and rows in quarantine; every line can be opened in full. */
import type { Report, ReportTable } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { CursorLines } from '../ui/cursor-lines.tsx'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Tone } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Table } from '../ui/table.tsx'
import { cutEnd, wrapText } from '../ui/text.ts'
import { isListedByCells, type RejectLine, rejectLines } from '../wizard/acts/reject-lines.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { reportedName, reportedTable } from '../wizard/steps/summary.ts'

type Props = { readonly state: WizardState; readonly report: Report }

export function ReportedTable({ state, report }: Props) {
  const look = useLook()
  const { symbols } = look
  const { summary } = state
  const table = reportedTable(report, summary)
  if (table === null) return null
  const { rows } = table
  const counts = [
    `${formatCounted(rows.source, 'row')} in the source`,
    `${formatCount(rows.target)} in the target`,
    `${formatCount(rows.quarantined)} in quarantine`,
    ...(rows.excluded > 0 ? [`${formatCount(rows.excluded)} left out`] : []),
  ]
  const said = wrapText(counts.join(` ${symbols.dot} `), bodyColumns(look))
  const height = bodyRows(look) - 2 - said.length
  return (
    <>
      <Line tone="strong">{`${printable(table.database)}/${printable(table.table)} ${symbols.to} ${printable(reportedName(table))}`}</Line>
      <Lines lines={said} />
      <Line />
      {isListedByCells(table) ? (
        <Cells table={table} height={height} width={bodyColumns(look)} cursor={summary.line} />
      ) : (
        <Rejects state={state} height={height} />
      )}
    </>
  )
}

/** All rows in quarantine, below the number for each reason. */
export function AllRejects({ state, report }: Props) {
  const look = useLook()
  const reasons = Object.entries(report.quarantine.byCode)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, rows]) => `${formatCount(rows)} ${code.replaceAll('-', ' ')}`)
  return (
    <>
      <Line tone="strong">{`${formatCounted(report.quarantine.rows, 'row')} in quarantine`}</Line>
      <Line>{cutEnd(reasons.join(', '), bodyColumns(look), look.symbols.more)}</Line>
      <Line />
      <Rejects state={state} height={bodyRows(look) - 3} />
    </>
  )
}

const tones: Readonly<Record<RejectLine['kind'], Tone>> = { reason: 'warn', culprit: 'strong', cell: 'quiet' }

function Rejects({ state, height }: { readonly state: WizardState; readonly height: number }) {
  const { symbols, ...look } = useLook()
  const { rejects, line } = state.summary
  if (rejects?.kind === 'failed') return <Line tone="bad">{printable(rejects.error.message)}</Line>
  if (rejects?.kind !== 'ready') return <Busy>Fetching the rows in quarantine</Busy>
  const lines = rejectLines(state)
  return (
    <CursorLines
      count={lines.length}
      cursor={line}
      height={height}
      lineAt={(index) => ({
        content: cutEnd(printable(lines[index]!.text), bodyColumns(look) - 2, symbols.more),
        tone: tones[lines[index]!.kind],
      })}
    />
  )
}

/** The columns with their counts of exact, normalized and rounded cells. */
function Cells({
  table,
  height,
  width,
  cursor,
}: {
  readonly table: ReportTable
  readonly height: number
  readonly width: number
  readonly cursor: number
}) {
  const { symbols } = useLook()
  const count = (value: number): string => (value === 0 ? symbols.none : formatCount(value))
  return (
    <Table
      columns={[
        { title: 'source', least: 8, cut: 'middle', drop: 1 },
        { title: 'target', least: 10, cut: 'middle' },
        { title: 'type', least: 8, drop: 3 },
        { title: 'exact', align: 'right' },
        { title: 'normalized', align: 'right' },
        { title: 'rounded', align: 'right' },
        { title: 'at most by', align: 'right', drop: 2 },
      ]}
      rows={table.columns.map(({ source, target, type, cells, maxError }) => ({
        cells: [
          { text: printable(source ?? symbols.none) },
          { text: printable(target ?? symbols.none) },
          { text: printable(type ?? ''), tone: 'quiet' },
          { text: count(cells.exact) },
          { text: count(cells.normalized) },
          { text: count(cells.rounded), ...(cells.rounded > 0 ? { tone: 'warn' as const } : {}) },
          { text: maxError ?? '' },
        ],
      }))}
      cursor={Math.min(cursor, table.columns.length - 1)}
      height={height}
      width={width}
    />
  )
}
