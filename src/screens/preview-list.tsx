/** The tables of the plan, one per line, and below them facts about the one under the cursor. */
import {
  forecastLines,
  forecastSentence,
  type Plan,
  type TablePlan,
  tableForecastText,
} from '../engine/door/index.ts'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Said, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import type { Symbols } from '../ui/symbols.ts'
import { Table } from '../ui/table.tsx'
import type { TableCell, TableColumn, TableRow } from '../ui/table-layout.ts'
import { cutMiddle, toWidth, wholeTexts, widest, wrapText } from '../ui/text.ts'
import { FilterField, TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { planObstacle } from '../wizard/acts/confirm.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { forecastOf, roundedIn } from '../wizard/steps/forecast.ts'
import { glossary } from '../wizard/steps/glossary.ts'
import { isExcludedByHand } from '../wizard/steps/plan-edits.ts'
import { countFindings, findingsOf } from '../wizard/steps/plan-findings.ts'
import { movedOf, sourceNameOf, targetNameOf } from '../wizard/steps/plan-names.ts'
import { openedTable, shownTables } from '../wizard/steps/preview.ts'
import { isUnreadable, wordsOf } from '../wizard/steps/table-words.ts'

const markColumn: TableColumn = { title: '' }
const columns: readonly TableColumn[] = [
  { title: 'source', least: 13, cut: 'name' },
  { title: 'target', least: 12, cut: 'name' },
  { title: 'rows', align: 'right' },
  { title: 'findings', least: 22 },
]

export function TableList({ state, plan }: { readonly state: WizardState; readonly plan: Plan }) {
  const look = useLook()
  const { symbols } = look
  const { preview } = state
  const width = bodyColumns(look)
  const tables = shownTables(preview)
  const isFiltering = preview.filtering || preview.filter.text !== ''
  const isSaving = preview.view === 'saving'
  const onFirst = preview.cursor === 0
  const proceed = proceedLines(state, plan, width - 2)
  const other = (isFiltering ? 1 : 0) + (isSaving ? 3 : 0) + (preview.editError === null ? 0 : 3)
  const room = bodyRows(look) - 3 - proceed.length - other
  const hasRoom = !isSaving && preview.editError === null && room - aboutRows > LEAST_OF_LIST
  const about = hasRoom ? aboutLines(state, plan, width) : []
  return (
    <>
      <Heading state={state} plan={plan} width={width} />
      <Line />
      {proceed.map(({ text, tone = 'plain' }, index) => (
        <Line key={text} tone={onFirst && tone === 'plain' ? 'strong' : tone}>
          <Toned tone="mark">{onFirst && index === 0 ? `${symbols.pointer} ` : '  '}</Toned>
          {text}
        </Line>
      ))}
      <Line />
      <Table
        columns={preview.marked.length === 0 ? columns : [markColumn, ...columns]}
        rows={tables.map((table) => rowOf(table, state, plan, symbols))}
        cursor={onFirst ? null : preview.cursor - 1}
        height={room - about.length}
        width={width}
      />
      {tables.length === 0 && <Line tone="quiet"> No table is named so.</Line>}
      {isFiltering && <FilterField filter={preview.filter} isFocused={preview.filtering} />}
      {isSaving && <Saving state={state} />}
      <Lines lines={about} />
      {preview.editError !== null && <Trouble error={preview.editError} />}
    </>
  )
}

function Heading({
  state,
  plan,
  width,
}: {
  readonly state: WizardState
  readonly plan: Plan
  readonly width: number
}) {
  const { symbols } = useLook()
  const created = plan.schema.tables.filter(({ existing }) => !existing).length
  const left = `${formatCounted(movedOf(plan).tables, 'table')} ${symbols.to} ${
    created === 0
      ? `${formatCount(plan.schema.tables.length)} that are there`
      : `${formatCount(created)} in ${formatCounted(plan.schema.schemas.length, 'schema')}`
  }`
  const parts = [
    [countFindings(plan, 'error'), 'error'],
    [countFindings(plan, 'warning'), 'warning'],
    [plan.amendments.length, 'amendment'],
    [countFindings(plan, 'notice'), 'notice'],
  ] as const
  const right = parts.filter(([count]) => count > 0).map(([count, word]) => formatCounted(count, word))
  // When there is too little room, the least important are dropped first.
  const room = Math.max(0, width - widest([left]))
  const between = ` ${symbols.dot} `
  while (right.length > 0 && widest([right.join(between)]) > room - 2) right.pop()
  const shown = state.preview.replanning ? 'making the plan again' : right.join(between)
  return (
    <Line>
      <Toned tone="strong">{left}</Toned>
      {toWidth(shown, room, 'right', symbols.more)}
    </Line>
  )
}

/** The line that continues, or the obstacle as a sentence that is never cut. */
function proceedLines(state: WizardState, plan: Plan, width: number): readonly Said[] {
  const obstacle = planObstacle(state)
  if (obstacle !== null) return wrapText(obstacle, width).map((text) => ({ text, tone: 'bad' }))
  const { resumed } = state.preview
  const { rows } = movedOf(plan)
  const text =
    resumed === null ? `Continue: move ${formatCounted(rows, 'row')}` : `Continue: resume run ${resumed.run}`
  const { forecast } = plan
  const said = forecast === undefined ? [] : wrapText(forecastSentence(forecast), width).slice(0, 3)
  const tone = forecast !== undefined && forecast.exitCode !== 0 ? 'warn' : 'quiet'
  return [{ text, tone: 'plain' }, ...said.map((line): Said => ({ text: line, tone }))]
}

/** The number of lines about the table under the cursor. */
const aboutRows = 3
/** The rows that the list keeps, titles and count of hidden rows included. */
const LEAST_OF_LIST = 6

/**
 * What happens to the table under the cursor and what its words mean; on the line that continues, the plan's whole forecast. The number of
 * lines is always the same, so that the list does not jump.
 */
function aboutLines(state: WizardState, plan: Plan, width: number): readonly Said[] {
  const table = openedTable(state.preview)
  const lines =
    table === null
      ? plan.forecast === undefined
        ? []
        : wholeTexts(
            forecastLines(plan.forecast),
            width,
            aboutRows,
            (left) => `${formatCounted(left, 'line')} more, at the tables`,
          )
      : aboutTable(table, plan, width)
  const padded = [...lines.slice(0, aboutRows), ...Array.from({ length: aboutRows }, () => ' ')]
  return [' ', ...padded.slice(0, aboutRows)].map((text) => ({ text, tone: 'quiet' }))
}

function aboutTable(table: TablePlan, plan: Plan, width: number): readonly string[] {
  const forecast = forecastOf(plan, table)
  const worst = findingsOf(plan, table.id).find(({ severity }) => severity !== 'notice')
  const sentences = [
    ...(forecast === null ? [] : [tableForecastText(forecast)]),
    ...(worst === undefined ? [] : [printable(worst.message)]),
    ...wordsOf(table, plan).map((word) => `${word}: ${glossary[word]}`),
  ]
  const lines: string[] = []
  for (const sentence of sentences) {
    const more = wrapText(sentence, width)
    // Whole sentences only.
    if (lines.length + more.length <= aboutRows) lines.push(...more)
  }
  return lines
}

function rowOf(table: TablePlan, state: WizardState, plan: Plan, symbols: Symbols): TableRow {
  const { preview } = state
  const target = printable(targetNameOf(table, plan))
  const excluded = table.fate.kind === 'exclude' || isExcludedByHand(preview.edits, table.id)
  const mark = preview.marked.includes(table.id) ? symbols.chosen : symbols.notChosen
  return {
    cells: [
      ...(preview.marked.length === 0 ? [] : [{ text: mark }]),
      { text: printable(sourceNameOf(table)), ...(excluded ? { tone: 'quiet' as const } : {}) },
      excluded ? { text: 'left out', tone: 'quiet' } : { text: target },
      { text: formatCount(plan.sourceRows[table.id] ?? 0), ...(excluded ? { tone: 'quiet' as const } : {}) },
      excluded ? { text: symbols.none, tone: 'quiet' } : findingCell(table, state, plan, symbols),
    ],
  }
}

function findingCell(table: TablePlan, state: WizardState, plan: Plan, symbols: Symbols): TableCell {
  const edits = state.preview.edits.filter(({ tableId }) => tableId === table.id).length
  const changed = edits > 0 ? ', changed' : ''
  const found = findingsOf(plan, table.id)
  const worst = found[0]
  if (isUnreadable(table, state.preview.prepared!))
    return { text: `${symbols.error} no row can be read`, tone: 'bad' }
  const forecast = forecastOf(plan, table)
  const isError = worst?.severity === 'error'
  const quarantined = forecast?.rows.quarantined ?? 0
  if (quarantined > 0 && !isError)
    return { text: `${symbols.warning} ${formatCount(quarantined)} to quarantine${changed}`, tone: 'warn' }
  const rounded = roundedIn(forecast)
  if (rounded > 0 && !isError && worst?.severity !== 'warning')
    return { text: `${symbols.warning} ${formatCount(rounded)} rounded${changed}`, tone: 'warn' }
  if (worst === undefined || worst.severity === 'notice')
    return { text: `${symbols.done} ${wordsOf(table, plan)[0]}${changed}`, tone: 'good' }
  const alike = found.filter(({ severity }) => severity === worst.severity).length
  const sign = worst.severity === 'error' ? symbols.error : symbols.warning
  return {
    text: `${sign} ${alike > 1 ? formatCounted(alike, worst.severity) : shortly(worst.code, worst.count)}${changed}`,
    tone: worst.severity === 'error' ? 'bad' : 'warn',
  }
}

/** `orphans`, 1 → `1 orphan`. */
function shortly(code: string, count: number | undefined): string {
  const words = code.replaceAll('-', ' ')
  if (count === undefined) return words
  return `${formatCount(count)} ${count === 1 ? words.replace(/^(\w+)s$/, '$1') : words}`
}

function Saving({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const { saveTo, saved } = state.preview
  return (
    <>
      <Line />
      <TextField label="Save as" labelWidth={8} value={saveTo} isFocused width={bodyColumns(look) - 12} />
      {saved?.kind === 'ready' && (
        <Line tone="good">{`  ${symbols.done} saved: ${cutMiddle(printable(saved.value), bodyColumns(look) - 12, symbols.more)}`}</Line>
      )}
      {saved?.kind === 'failed' && (
        <Prose tone="bad">{`  ${symbols.error} ${printable(saved.error.message)}`}</Prose>
      )}
    </>
  )
}
