/** The outcome: the verdict, each table, and the next steps. */

import { type Report, type ReportTable, roundedIn, verdictSentence } from '../engine/door/index.ts'
import { formatCount, formatDuration, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Tone } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import type { Symbols } from '../ui/symbols.ts'
import { Table } from '../ui/table.tsx'
import type { TableCell, TableColumn } from '../ui/table-layout.ts'
import { wrapText } from '../ui/text.ts'
import { FilterField } from '../ui/text-field.tsx'
import { type NextStep, nextStepsOf } from '../wizard/acts/next-steps.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { passedTest } from '../wizard/steps/connection.ts'
import { listedTables, reportedName } from '../wizard/steps/summary.ts'
import { CutOver } from './cut-over-steps.tsx'
import { Following } from './following.tsx'
import { Frame } from './frame.tsx'
import { Queries } from './queries.tsx'
import { rowsOfSteps, StepLines, stepTexts } from './step-line.tsx'
import { AllRejects, ReportedTable } from './summary-table.tsx'

export function SummaryScreen({ state }: { readonly state: WizardState }) {
  const { report } = state.migration
  if (report === null) return null
  return (
    <Frame state={state} promise={promiseOf(state)}>
      <Body state={state} report={report} />
    </Frame>
  )
}

function Body({ state, report }: { readonly state: WizardState; readonly report: Report }) {
  switch (state.summary.view) {
    case 'tables':
      return <Verdicts state={state} report={report} />
    case 'table':
      return <ReportedTable state={state} report={report} />
    case 'rejects':
      return <AllRejects state={state} report={report} />
    case 'following':
      return <Following state={state} />
    case 'cut-over':
      return <CutOver state={state} />
    case 'queries':
      return <Queries state={state} />
    default:
      return state.summary.view satisfies never
  }
}

function promiseOf(state: WizardState): string {
  const { summary, cutOver } = state
  if (summary.view === 'following')
    return 'Safe to stop at any time: it resumes later where it stopped. The sources are only read.'
  if (summary.view === 'cut-over' && cutOver.phase !== 'ended') return cutOverPromise(cutOver)
  if (summary.view === 'queries') return 'Neither the snapshots nor the target are changed.'
  if (passedTest(state)?.embedded == null) return 'The same summary stays in the terminal after you quit.'
  return summary.keepRunning
    ? 'The embedded server keeps running after you quit.'
    : 'The embedded server stops when you quit; gpt-migrate serve starts it again.'
}

function cutOverPromise({ phase, stopping, progress }: WizardState['cutOver']): string {
  if (phase === 'running' && progress.switchedAt !== null)
    return 'It is switched: nothing is undone by itself from here on.'
  return stopping
    ? 'Stopping: the writers are let in again.'
    : 'Until the command is started every failure lets the writers in again, and nothing is lost.'
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
  const headline = wrapText(verdictSentence(report), width)
  const failing = [
    ...report.verify.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
    ...(report.error === undefined ? [] : [report.error.message, report.error.hint ?? '']),
  ].filter((text) => text !== '')
  const troubles = failing.flatMap((text) => wrapText(`  ${printable(text)}`, width)).slice(0, 3)
  const tables = listedTables(report, state.summary)
  const isFiltering = state.summary.filtering || state.summary.filter.text !== ''
  const room = bodyRows(look) - headline.length - troubles.length - 2 - (isFiltering ? 1 : 0)
  const steps = stepsWithin(nextStepsOf(report), width, room - Math.min(tables.length + 1, LEAST_OF_TABLE))
  const height = room - rowsOfSteps(steps, width)
  return (
    <>
      <Lines lines={headline} tone={toneOf(report)} />
      <Lines lines={troubles} tone="bad" />
      <Line />
      <Table
        columns={columns}
        rows={tables.map((table) => ({ cells: cellsOf(table, report, symbols) }))}
        cursor={state.summary.cursor}
        height={height}
        width={width}
      />
      {tables.length === 0 && <Line tone="quiet"> No table is named so.</Line>}
      {isFiltering && <FilterField filter={state.summary.filter} isFocused={state.summary.filtering} />}
      <Line />
      <StepLines steps={steps} width={width} />
    </>
  )
}

/** The rows that the table keeps beside the next steps, titles included. */
const LEAST_OF_TABLE = 5

/** The first steps that fit into `rows` rows; at least one. */
function stepsWithin(steps: readonly NextStep[], width: number, rows: number): readonly NextStep[] {
  let taken = 0
  return steps.filter((step, index) => {
    taken += stepTexts(step, width).length
    return index === 0 || taken <= rows
  })
}

const toneOf = ({ status }: Report): Tone =>
  status === 'ok' ? 'good' : status === 'quarantined' || status === 'stopped' ? 'warn' : 'bad'

function cellsOf(table: ReportTable, report: Report, symbols: Symbols): TableCell[] {
  const rounded = roundedIn(table)
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
