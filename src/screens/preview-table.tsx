/** One table of the plan: its columns, rows before and after, its DDL, its findings. */
import type { Plan, TablePlan } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { formatCounted, printable } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { bodyColumns, bodyRows, useLook } from '../ui/look.ts'
import { Table } from '../ui/table.tsx'
import type { TableColumn } from '../ui/table-layout.ts'
import { cutEnd } from '../ui/text.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import {
  listedOf,
  openedTable,
  shownColumns,
  sourceNameOf,
  type TableTab,
  tableTabs,
  targetNameOf,
} from '../wizard/preview.ts'
import type { WizardState } from '../wizard/state.ts'
import { FindingList } from './findings.tsx'

export function OpenedTable({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const { preview } = state
  const table = openedTable(preview)!
  const { plan } = preview.prepared!
  const width = bodyColumns(look)
  const title = `${printable(sourceNameOf(table))} ${symbols.to} ${printable(targetNameOf(table, plan))}`
  const rows = formatCounted(plan.sourceRows[table.id] ?? 0, 'row')
  return (
    <>
      <Line>
        <Toned tone="strong">{cutEnd(title, width - rows.length - 3, symbols.more)}</Toned>
        <Toned tone="quiet">{`   ${rows}`}</Toned>
      </Line>
      <Tabs tab={preview.tab} findings={listedOf(plan, table).length} />
      <Line />
      <Tab state={state} table={table} plan={plan} height={bodyRows(look) - 3} />
    </>
  )
}

const tabTitles: Readonly<Record<TableTab, string>> = {
  columns: 'Columns',
  sample: 'Sample rows',
  ddl: 'DDL',
  findings: 'Findings',
}

function Tabs({ tab, findings }: { readonly tab: TableTab; readonly findings: number }) {
  const { colours, spoken } = useLook()
  return (
    <Line>
      {tableTabs.map((known) => {
        const title = known === 'findings' ? `${tabTitles[known]} (${findings})` : tabTitles[known]
        const isCurrent = known === tab
        return (
          <Toned key={known} tone={isCurrent ? 'mark' : 'quiet'}>
            {isCurrent && (!colours || spoken) ? `[${title}]` : ` ${title} `}
            {'  '}
          </Toned>
        )
      })}
    </Line>
  )
}

type TabProps = {
  readonly state: WizardState
  readonly table: TablePlan
  readonly plan: Plan
  readonly height: number
}

function Tab(props: TabProps) {
  const { state, table, plan, height } = props
  const { tab, rowCursor } = state.preview
  if (tab === 'findings') {
    const findings = listedOf(plan, table)
    return findings.length === 0 ? (
      <Line tone="quiet"> Nothing to look at.</Line>
    ) : (
      <FindingList findings={findings} cursor={Math.min(rowCursor, findings.length - 1)} height={height} />
    )
  }
  if (table.fate.kind === 'exclude') return <Line>{`  Left out: ${printable(table.fate.reason)}`}</Line>
  if (table.fate.kind === 'fold') return <Folded {...props} />
  switch (tab) {
    case 'columns':
      return <Columns {...props} />
    case 'sample':
      return <Sample {...props} />
    case 'ddl':
      return <Ddl {...props} />
    default:
      return tab satisfies never
  }
}

function Folded({ table, plan }: TabProps) {
  return (
    <>
      <Line>{`  Its rows become JSON in ${printable(targetNameOf(table, plan))}:`}</Line>
      <Line> each row of the parent holds an array of its own, with all their columns.</Line>
    </>
  )
}

const columnColumns: readonly TableColumn[] = [
  { title: 'source', least: 10, cut: 'middle' },
  { title: 'target', least: 12, cut: 'middle' },
  { title: 'type', least: 10 },
  { title: 'null', drop: 2 },
  { title: 'how', least: 10, drop: 1 },
]

function Columns({ state, table, plan, height }: TabProps) {
  const look = useLook()
  const { symbols } = look
  const { preview } = state
  const { editing, rowCursor, editError } = preview
  const columns = shownColumns(plan, table, preview.edits)
  const below = (editing === null ? 0 : 2) + (editError === null ? 0 : 3) + (preview.replanning ? 1 : 0)
  return (
    <>
      <Table
        columns={columnColumns}
        rows={columns.map((column) => ({
          cells: [
            { text: column.source.length === 0 ? symbols.none : printable(column.source.join(', ')) },
            column.target === null
              ? { text: symbols.none, tone: 'quiet' }
              : { text: printable(column.target), ...(column.edited ? { tone: 'warn' as const } : {}) },
            { text: shortType(column.type) },
            { text: column.target === null ? '' : column.nullable ? 'yes' : 'no', tone: 'quiet' },
            {
              text: `${column.origin}${column.added ? ', added' : ''}${column.edited ? ', changed' : ''}`,
              tone: column.added ? 'warn' : 'quiet',
            },
          ],
        }))}
        cursor={Math.min(rowCursor, columns.length - 1)}
        height={height - below}
        width={bodyColumns(look)}
      />
      {preview.replanning && <Busy>Making the plan anew</Busy>}
      {editing !== null && (
        <>
          <Line />
          <TextField
            label={`${editing.change === 'type' ? 'Type of' : 'Name of'} ${printable(editing.column)}`}
            labelWidth={22}
            value={editing.value}
            isFocused
            width={bodyColumns(look) - 26}
          />
        </>
      )}
      {editError !== null && <Trouble error={editError} />}
    </>
  )
}

/** PostgreSQL's own short names of its long ones. */
function shortType(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('character varying', 'varchar')
    .replace('double precision', 'float8')
}

/** One row at a time, a column a line: before → after. */
function Sample({ state, table, height }: TabProps) {
  const look = useLook()
  const sample = state.preview.samples[table.id]
  if (sample === undefined || sample.kind === 'loading') return <Busy>Reading and converting rows</Busy>
  if (sample.kind === 'failed') return <Trouble error={sample.error} />
  const { rows } = sample.value
  const at = Math.min(state.preview.rowCursor, rows.length - 1)
  const row = rows[at]
  if (row === undefined) return <Line tone="quiet"> The table has no rows.</Line>
  return (
    <>
      <Line tone="quiet">{`  Row ${row.ordinal}, of ${rows.length} shown: ↑↓ goes to the next one`}</Line>
      {row.refused !== null && (
        <Line tone="warn">{`  This row would go to quarantine: ${printable(row.refused)}`}</Line>
      )}
      <Table
        columns={[
          { title: 'column', least: 12, cut: 'middle' },
          { title: 'before', least: 19 },
          { title: 'as', drop: 1 },
          { title: 'after', least: 22 },
        ]}
        rows={row.cells.map(({ target, before, after }) => ({
          cells: [
            { text: printable(target) },
            before === null
              ? { text: look.symbols.none, tone: 'quiet' }
              : {
                  text: printable(before.text),
                  ...(before.storage === 'null' ? { tone: 'quiet' as const } : {}),
                },
            { text: before === null ? '' : before.storage, tone: 'quiet' },
            after === null ? { text: 'null', tone: 'quiet' } : { text: printable(after) },
          ],
        }))}
        cursor={null}
        height={height - (row.refused === null ? 1 : 2)}
        width={bodyColumns(look)}
      />
    </>
  )
}

function Ddl({ state, table, height }: TabProps) {
  const { symbols, ...look } = useLook()
  const ddl = state.preview.ddl[table.id]
  if (ddl === undefined || ddl.kind === 'loading') return <Busy>Writing the statements</Busy>
  if (ddl.kind === 'failed') return <Trouble error={ddl.error} />
  const lines = ddl.value.trimEnd().split('\n')
  const from = Math.min(state.preview.rowCursor, Math.max(0, lines.length - height + 1))
  const seen = lines.slice(from, from + height - 1)
  const left = lines.length - from - seen.length
  return (
    <>
      {seen.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines stand by their place
        <Line key={from + index} tone={line.startsWith('--') ? 'quiet' : 'plain'}>
          {cutEnd(printable(line), bodyColumns(look), symbols.more)}
        </Line>
      ))}
      {left > 0 && <Line tone="quiet">{`${formatCounted(left, 'line')} below`}</Line>}
    </>
  )
}
