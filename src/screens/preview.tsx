/** What would be done: the list of tables, with what there is to know of each. */
import type { Plan, TablePlan } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { bodyColumns, bodyRows, type Look, useLook } from '../ui/look.ts'
import type { Symbols } from '../ui/symbols.ts'
import { Table } from '../ui/table.tsx'
import type { TableCell, TableColumn, TableRow } from '../ui/table-layout.ts'
import { toWidth, widest } from '../ui/text.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { planObstacle } from '../wizard/confirm.ts'
import {
  countFindings,
  findingsOf,
  isExcludedByHand,
  openedTable,
  shownTables,
  sourceNameOf,
  targetNameOf,
} from '../wizard/preview.ts'
import type { WizardState } from '../wizard/state.ts'
import { Confirm } from './confirm.tsx'
import { Findings } from './findings.tsx'
import { Frame } from './frame.tsx'
import { phaseTitles } from './phases.ts'
import { OpenedTable } from './preview-table.tsx'

const promise = 'Nothing has been written to the target yet.'

export function PreviewScreen({ state }: { readonly state: WizardState }) {
  const { preview } = state
  const isBare = preview.view === 'confirm'
  return (
    <Frame
      state={state}
      promise={
        preview.resumed !== null
          ? 'Nothing more is written before you confirm.'
          : isBare
            ? 'Enter begins; until then nothing is written to the target.'
            : promise
      }
    >
      {preview.phase !== 'ready' || preview.prepared === null ? (
        <Waiting state={state} />
      ) : preview.view === 'confirm' ? (
        <Confirm state={state} />
      ) : preview.view === 'findings' ? (
        <Findings state={state} />
      ) : preview.view === 'table' && openedTable(preview) !== null ? (
        <OpenedTable state={state} />
      ) : (
        <Tables state={state} plan={preview.prepared.plan} />
      )}
    </Frame>
  )
}

/** Snapshots, inspection and planning, as they go. */
function Waiting({ state }: { readonly state: WizardState }) {
  const { symbols } = useLook()
  const { preview, migration } = state
  if (preview.phase === 'failed' && preview.error !== null) {
    return (
      <>
        <Line tone="strong">The plan could not be made</Line>
        <Line />
        <Trouble error={preview.error} />
      </>
    )
  }
  const { phases } = migration.progress
  const running = phases.findLast((phase) => phase.elapsedMs === null)
  return (
    <>
      <Line tone="strong">Making the plan</Line>
      <Line />
      {phases
        .filter((phase) => phase.elapsedMs !== null)
        .map(({ phase }) => (
          <Line key={phase}>
            <Toned tone="good">{symbols.done}</Toned> {phaseTitles[phase]}
          </Line>
        ))}
      <Busy>{running === undefined ? 'Beginning' : phaseTitles[running.phase]}</Busy>
      <Line />
      <Line tone="quiet">All reading is done from snapshots: your programs can go on working.</Line>
      {preview.confirmWhenReady && (
        <Line tone="quiet">The confirmation follows as soon as the plan is there.</Line>
      )}
    </>
  )
}

const columns: readonly TableColumn[] = [
  { title: 'source', least: 16, cut: 'name' },
  { title: 'target', least: 16, cut: 'name' },
  { title: 'rows', align: 'right' },
  { title: 'findings', least: 14 },
]

function Tables({ state, plan }: { readonly state: WizardState; readonly plan: Plan }) {
  const look = useLook()
  const { symbols } = look
  const { preview } = state
  const width = bodyColumns(look)
  const tables = shownTables(preview)
  const isFiltering = preview.filtering || preview.filter.text !== ''
  const isSaving = preview.view === 'saving'
  const extra = (isFiltering ? 1 : 0) + (isSaving ? 3 : 0) + (preview.editError === null ? 0 : 3)
  const onFirst = preview.cursor === 0
  return (
    <>
      <Heading plan={plan} look={look} state={state} />
      <Line />
      <Line tone={onFirst ? 'strong' : 'plain'}>
        <Toned tone="mark">{onFirst ? `${symbols.pointer} ` : '  '}</Toned>
        <GoOn state={state} plan={plan} />
      </Line>
      <Line />
      <Table
        columns={columns}
        rows={tables.map((table) => rowOf(table, state, plan, symbols))}
        cursor={onFirst ? null : preview.cursor - 1}
        height={bodyRows(look) - 4 - extra}
        width={width}
      />
      {tables.length === 0 && <Line tone="quiet"> No table is named so.</Line>}
      {isFiltering && (
        <TextField
          label="Filter"
          labelWidth={7}
          value={preview.filter}
          isFocused={preview.filtering}
          width={30}
        />
      )}
      {isSaving && <Saving state={state} />}
      {preview.editError !== null && <Trouble error={preview.editError} />}
    </>
  )
}

function Heading({
  plan,
  look,
  state,
}: {
  readonly plan: Plan
  readonly look: Look
  readonly state: WizardState
}) {
  const { symbols } = look
  const width = bodyColumns(look)
  const left = `${formatCounted(plan.tables.length, 'table')} ${symbols.to} ${formatCount(plan.schema.tables.length)} in ${formatCounted(plan.schema.schemas.length, 'schema')}`
  const parts = [
    [countFindings(plan, 'error'), 'error'],
    [countFindings(plan, 'warning'), 'warning'],
    [countFindings(plan, 'notice'), 'notice'],
    [plan.amendments.length, 'amendment'],
  ] as const
  const right = parts.filter(([count]) => count > 0).map(([count, word]) => formatCounted(count, word))
  // The least important go first where there is no room.
  const room = Math.max(0, width - widest([left]))
  const between = ` ${symbols.dot} `
  while (widest([right.join(between)]) > room - 2) right.pop()
  const shown = state.preview.replanning ? 'making the plan anew' : right.join(between)
  return (
    <Line>
      <Toned tone="strong">{left}</Toned>
      {toWidth(shown, room, 'right', symbols.more)}
    </Line>
  )
}

function GoOn({ state, plan }: { readonly state: WizardState; readonly plan: Plan }) {
  const obstacle = planObstacle(state)
  const rows = Object.values(plan.sourceRows).reduce((total, count) => total + count, 0)
  if (obstacle !== null) return <Toned tone="bad">{obstacle}</Toned>
  return state.preview.resumed === null
    ? `Continue: move ${formatCounted(rows, 'row')}`
    : `Continue: go on with run ${state.preview.resumed.run}`
}

function rowOf(table: TablePlan, state: WizardState, plan: Plan, symbols: Symbols): TableRow {
  const { fate } = table
  const rows = formatCount(plan.sourceRows[table.id] ?? 0)
  const target = printable(targetNameOf(table, plan))
  const edits = state.preview.edits.filter(({ tableId }) => tableId === table.id).length
  const excluded = fate.kind === 'exclude' || isExcludedByHand(state.preview, table.id)
  return {
    cells: [
      { text: printable(sourceNameOf(table)), ...(excluded ? { tone: 'quiet' as const } : {}) },
      excluded ? { text: 'left out', tone: 'quiet' } : { text: target },
      { text: rows },
      findingCell(table, plan, symbols, edits, excluded),
    ],
  }
}

function findingCell(
  table: TablePlan,
  plan: Plan,
  symbols: Symbols,
  edits: number,
  excluded: boolean,
): TableCell {
  if (excluded) return { text: symbols.none, tone: 'quiet' }
  const changed = edits > 0 ? ', changed' : ''
  const found = findingsOf(plan, table.id)
  const worst = found[0]
  const fate = table.fate.kind === 'fold' ? 'folded' : 'as it is'
  if (worst === undefined || worst.severity === 'notice') {
    const amended = plan.amendments.filter(
      (amendment) => amendment.table === targetNameOf(table, plan),
    ).length
    const words = [
      table.fate.kind === 'copy' && table.fate.copy.pivot !== null ? 'pivoted' : null,
      table.fate.kind === 'copy' && table.fate.copy.among?.kind === 'origins' ? 'merged' : null,
      isPartitioned(table, plan) ? 'partitioned' : null,
      amended > 0 ? 'amended' : null,
    ].filter((word) => word !== null)
    return { text: `${symbols.done} ${words[0] ?? fate}${changed}`, tone: 'good' }
  }
  const alike = found.filter(({ severity }) => severity === worst.severity).length
  const sign = worst.severity === 'error' ? symbols.error : symbols.warning
  return {
    text: `${sign} ${alike > 1 ? formatCounted(alike, worst.severity) : shortly(worst.code, worst.count)}${changed}`,
    tone: worst.severity === 'error' ? 'bad' : 'warn',
  }
}

const shortly = (code: string, count: number | undefined): string =>
  `${count === undefined ? '' : `${formatCount(count)} `}${code.replaceAll('-', ' ')}`

function isPartitioned({ fate }: TablePlan, plan: Plan): boolean {
  if (fate.kind !== 'copy') return false
  const { schema, table } = fate.copy.target
  return plan.schema.tables.some(
    (known) => known.schema === schema && known.table === table && known.partitioning !== null,
  )
}

function Saving({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const { saveTo, saved } = state.preview
  return (
    <>
      <Line />
      <TextField label="Save as" labelWidth={8} value={saveTo} isFocused width={bodyColumns(look) - 12} />
      {saved?.kind === 'ready' && (
        <Line tone="good">{`  ${symbols.done} saved: ${printable(saved.value)}`}</Line>
      )}
      {saved?.kind === 'failed' && (
        <Line tone="bad">{`  ${symbols.error} ${printable(saved.error.message)}`}</Line>
      )}
    </>
  )
}
