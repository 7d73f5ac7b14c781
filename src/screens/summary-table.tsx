/** One table of the report: how its cells came over, and its rows in quarantine. */
import type { QuarantineEntry, Report, ReportTable, StoredCell } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { formatCount, formatCounted, printable, withOrigin } from '../ui/format.ts'
import { Line } from '../ui/line.tsx'
import { bodyColumns, bodyRows, useLook } from '../ui/look.ts'
import { Table } from '../ui/table.tsx'
import { wrapText } from '../ui/text.ts'
import type { WizardState } from '../wizard/state.ts'
import { reportedTable } from '../wizard/summary.ts'

export function reportedName({
  target,
  origin,
  database,
  table,
}: Pick<ReportTable, 'target' | 'origin' | 'database' | 'table'>): string {
  if (target === null) return `${database}/${table}`
  if ('fold' in target) return `${target.fold.table}.${target.fold.column}`
  return withOrigin(`${target.schema}.${target.table}`, origin)
}

type Said = { readonly text: string; readonly tone: 'plain' | 'quiet' | 'warn' | 'strong' | 'bad' }

export function ReportedTable({ state, report }: { readonly state: WizardState; readonly report: Report }) {
  const look = useLook()
  const { symbols } = look
  const { summary } = state
  const table = reportedTable(report, summary)
  if (table === null) return null
  const width = bodyColumns(look)
  const { rows } = table
  const entries = entriesOf(state, table)
  const height = bodyRows(look) - 3
  const counts = [
    `${formatCounted(rows.source, 'row')} in the source`,
    `${formatCount(rows.target)} in the target`,
    `${formatCount(rows.quarantined)} in quarantine`,
    ...(rows.excluded > 0 ? [`${formatCount(rows.excluded)} left out`] : []),
  ]
  return (
    <>
      <Line tone="strong">{`${printable(table.database)}/${printable(table.table)} ${symbols.to} ${printable(reportedName(table))}`}</Line>
      <Line>{counts.join(` ${symbols.dot} `)}</Line>
      <Line />
      {rows.quarantined === 0 ? (
        <Cells table={table} height={height} width={width} from={summary.scroll} />
      ) : summary.rejects?.kind === 'loading' ? (
        <Busy>Fetching the rows in quarantine</Busy>
      ) : summary.rejects?.kind === 'failed' ? (
        <Line tone="bad">{printable(summary.rejects.error.message)}</Line>
      ) : (
        <Scrolled
          lines={entries.flatMap((entry) => entryLines(entry, width))}
          from={summary.scroll}
          height={height}
        />
      )}
    </>
  )
}

function entriesOf({ summary }: WizardState, { database, table }: ReportTable): readonly QuarantineEntry[] {
  if (summary.rejects?.kind !== 'ready') return []
  const encoded = table.replaceAll('%', '%25').replaceAll('/', '%2F')
  return summary.rejects.value.filter(({ tableId }) => tableId === `${database}/${encoded}`)
}

function entryLines({ ordinal, column, reason, code, cells }: QuarantineEntry, width: number): Said[] {
  const where = column === null ? '' : `, column ${printable(column)}`
  return [
    ...wrapText(`Row ${formatCount(ordinal)}${where}: ${printable(reason)} (${code})`, width).map(
      (text) => ({ text, tone: 'warn' }) as const,
    ),
    ...Object.entries(cells).map(
      ([name, cell]): Said => ({
        text: `  ${printable(name)} = ${printable(cellText(cell))}`,
        tone: name === column ? 'strong' : 'quiet',
      }),
    ),
    { text: ' ', tone: 'plain' },
  ]
}

function cellText(cell: StoredCell): string {
  if (cell === null) return 'null'
  if ('text' in cell) return JSON.stringify(cell.text)
  if ('integer' in cell) return cell.integer
  if ('real' in cell) return cell.real
  return 'blob' in cell ? `blob ${cell.blob}` : `text (base64) ${cell.textBase64}`
}

function Scrolled({
  lines,
  from,
  height,
}: {
  readonly lines: readonly Said[]
  readonly from: number
  readonly height: number
}) {
  const start = Math.min(from, Math.max(0, lines.length - height + 1))
  const seen = lines.slice(start, start + (lines.length > height ? height - 1 : height))
  const left = lines.length - start - seen.length
  return (
    <>
      {seen.map(({ text, tone }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines stand by their place
        <Line key={start + index} tone={tone}>
          {text}
        </Line>
      ))}
      {left > 0 && <Line tone="quiet">{`${formatCounted(left, 'line')} below`}</Line>}
    </>
  )
}

/** Column by column: exact, normalized, rounded. */
function Cells({
  table,
  height,
  width,
  from,
}: {
  readonly table: ReportTable
  readonly height: number
  readonly width: number
  readonly from: number
}) {
  const { symbols } = useLook()
  const count = (value: number): string => (value === 0 ? symbols.none : formatCount(value))
  return (
    <Table
      columns={[
        { title: 'source', least: 10, cut: 'middle' },
        { title: 'target', least: 10, cut: 'middle' },
        { title: 'type', least: 8, drop: 1 },
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
      cursor={null}
      from={from}
      height={height}
      width={width}
    />
  )
}
