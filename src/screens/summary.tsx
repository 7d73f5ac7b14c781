/** What came of it: the verdict, table by table, and what can be done next. */
import { type Report, type ReportTable, whatIsMissing } from '../engine/door/index.ts'
import { formatCount, formatCounted, formatDuration, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, type Tone, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import type { Symbols } from '../ui/symbols.ts'
import { Table } from '../ui/table.tsx'
import type { TableCell, TableColumn } from '../ui/table-layout.ts'
import { cutMiddle, wrapText } from '../ui/text.ts'
import { TextField } from '../ui/text-field.tsx'
import { type NextStep, nextStepsOf } from '../wizard/next-steps.ts'
import type { WizardState } from '../wizard/state.ts'
import { listedTables, reportedName, roundedCells } from '../wizard/summary.ts'
import { Frame } from './frame.tsx'
import { AllRejects, ReportedTable } from './summary-table.tsx'

export function SummaryScreen({ state }: { readonly state: WizardState }) {
  const { report } = state.migration
  if (report === null) return null
  return (
    <Frame state={state} promise={promiseOf(state)}>
      {state.summary.view === 'table' ? (
        <ReportedTable state={state} report={report} />
      ) : state.summary.view === 'rejects' ? (
        <AllRejects state={state} report={report} />
      ) : (
        <Verdicts state={state} report={report} />
      )}
    </Frame>
  )
}

function promiseOf({ summary, connection }: WizardState): string {
  if (connection.tested.kind !== 'passed' || connection.tested.test.embedded === null)
    return 'The same summary stays in the terminal after you quit.'
  return summary.keepRunning
    ? 'The embedded server goes on running after you quit.'
    : 'The embedded server stops when you quit; gpt-migrate serve starts it again.'
}

const columns: readonly TableColumn[] = [
  { title: 'target', least: 14, cut: 'name' },
  { title: 'rows', align: 'right' },
  { title: 'verified' },
  { title: 'rounded', align: 'right' },
  { title: 'quarantine', align: 'right' },
  { title: 'time', align: 'right', drop: 1 },
]

function Verdicts({ state, report }: { readonly state: WizardState; readonly report: Report }) {
  const look = useLook()
  const { symbols } = look
  const width = bodyColumns(look)
  const headline = wrapText(verdictOf(report), width)
  const failing = [
    ...report.verify.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
    ...(report.error === undefined ? [] : [report.error.message, report.error.hint ?? '']),
  ].filter((text) => text !== '')
  const troubles = failing.flatMap((text) => wrapText(printable(text), width - 2)).slice(0, 3)
  const steps = nextStepsOf(report).slice(0, bodyRows(look) < 17 ? 2 : 7)
  const tables = listedTables(report, state.summary)
  const isFiltering = state.summary.filtering || state.summary.filter.text !== ''
  const height = bodyRows(look) - headline.length - troubles.length - steps.length - 2 - (isFiltering ? 1 : 0)
  return (
    <>
      {headline.map((line) => (
        <Line key={line} tone={toneOf(report)}>
          {line}
        </Line>
      ))}
      {troubles.map((line) => (
        <Line key={line} tone="bad">{`  ${line}`}</Line>
      ))}
      <Line />
      <Table
        columns={columns}
        rows={tables.map((table) => ({ cells: cellsOf(table, report, symbols) }))}
        cursor={state.summary.cursor}
        height={height}
        width={width}
      />
      {tables.length === 0 && <Line tone="quiet"> No table is named so.</Line>}
      {isFiltering && (
        <TextField
          label="Filter"
          labelWidth={7}
          value={state.summary.filter}
          isFocused={state.summary.filtering}
          width={30}
        />
      )}
      <Line />
      {steps.map((step) => (
        <StepLine key={`${step.word} ${step.text}`} step={step} width={width} />
      ))}
    </>
  )
}

/** A file is a link to it, where the terminal knows links. */
function StepLine({ step, width }: { readonly step: NextStep; readonly width: number }) {
  const { symbols, links } = useLook()
  const file = /^\/.*?\.(html|json|md)(?= |$)/.exec(step.text)?.[0]
  // What follows a file's name is for the scrollback, where there is room.
  const shown = cutMiddle(printable(file ?? step.text), width - 10, symbols.more)
  return (
    <Line>
      <Toned tone="quiet">{step.word.padEnd(10)}</Toned>
      {links && file !== undefined ? fileLink(file, shown) : shown}
    </Line>
  )
}

/** OSC 8 of xterm's control sequences: a terminal that does not know it shows the text alone. */
const fileLink = (path: string, shown: string): string =>
  `\u001b]8;;file://${encodeURI(path)}\u0007${shown}\u001b]8;;\u0007`

export function verdictOf(report: Report): string {
  const rows = formatCounted(
    report.tables.reduce((total, table) => total + table.rows.target, 0),
    'row',
  )
  const elapsed = formatDuration(Date.parse(report.finishedAt) - Date.parse(report.startedAt))
  const compared = {
    none: 'not verified',
    count: 'counted',
    checksum: 'every value compared',
    full: 'every value compared',
  }[report.verify.level]
  switch (report.status) {
    case 'ok':
      return `Moved and verified: ${rows}, ${compared}, in ${elapsed}.`
    case 'quarantined':
      return `Moved and verified: ${rows}, ${compared}, in ${elapsed}. ${whatIsMissing(report)}`
    case 'mismatch':
      return `Moved ${rows} in ${elapsed}, but verification found differences.`
    case 'failed':
      return `Failed after ${elapsed}, with ${rows} moved. It can be resumed.`
    case 'stopped':
      return `Stopped after ${elapsed}, with ${rows} moved. Run gpt-migrate again to go on.`
    default:
      return report.status satisfies never
  }
}

const toneOf = ({ status }: Report): Tone =>
  status === 'ok' ? 'good' : status === 'quarantined' || status === 'stopped' ? 'warn' : 'bad'

function cellsOf(table: ReportTable, report: Report, symbols: Symbols): TableCell[] {
  const rounded = roundedCells(table)
  const { quarantined } = table.rows
  const count = (value: number): string => (value === 0 ? symbols.none : formatCount(value))
  return [
    { text: printable(reportedName(table)) },
    { text: formatCount(table.rows.target) },
    verdictCell(table, report, symbols),
    { text: count(rounded), ...(rounded > 0 ? { tone: 'warn' as const } : {}) },
    { text: count(quarantined), ...(quarantined > 0 ? { tone: 'warn' as const } : {}) },
    { text: table.seconds === 0 ? symbols.none : formatDuration(table.seconds * 1000), tone: 'quiet' },
  ]
}

function verdictCell(table: ReportTable, report: Report, symbols: Symbols): TableCell {
  if (table.target === null) return { text: 'left out', tone: 'quiet' }
  if (table.checksum !== null)
    return table.checksum.match
      ? { text: `${symbols.done} yes`, tone: 'good' }
      : { text: `${symbols.error} DIFFERS`, tone: 'bad' }
  if ('fold' in table.target && report.verify.ok) return { text: `${symbols.done} folded`, tone: 'good' }
  if (report.status === 'stopped' || report.status === 'failed') return { text: 'not yet', tone: 'quiet' }
  return { text: report.verify.level === 'count' && report.verify.ok ? 'counted' : 'no', tone: 'quiet' }
}
