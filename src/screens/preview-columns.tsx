/** The columns of a table in the plan, and the edit of one of them while it is typed. */

import type { Plan, TablePlan } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { CursorLines } from '../ui/cursor-lines.tsx'
import { formatCount, printable } from '../ui/format.ts'
import { bodyColumns } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Table } from '../ui/table.tsx'
import type { TableCell, TableColumn } from '../ui/table-layout.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { forecastOf, tallyOf } from '../wizard/steps/forecast.ts'
import { type ShownColumn, shownColumns } from '../wizard/steps/plan-columns.ts'
import { rowCursorOf } from '../wizard/steps/preview.ts'
import { type OfferedType, offeredFor } from '../wizard/steps/types.ts'
import type { TabProps } from './tab-props.ts'

const columnColumns: readonly TableColumn[] = [
  { title: 'source', least: 10, cut: 'middle' },
  { title: 'target', least: 12, cut: 'middle' },
  { title: 'type', least: 10 },
  { title: 'null', drop: 3 },
  { title: 'how', least: 10, drop: 2 },
  { title: 'cells', least: 19, drop: 1 },
]

export function Columns({ state, table, plan, height }: TabProps) {
  const look = useLook()
  const { symbols } = look
  const { preview } = state
  const { editing, editError } = preview
  const columns = shownColumns(plan, table, preview.edits)
  const offered = editing?.change === 'type' ? offeredFor(editing.value.text) : []
  const offeredRows = Math.min(offered.length, Math.max(2, Math.floor(height / 3)))
  const below =
    (editing === null ? 0 : 2 + offeredRows) + (editError === null ? 0 : 3) + (preview.replanning ? 1 : 0)
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
            cellsOf(plan, table, column, bodyColumns(look) >= 100),
          ],
        }))}
        cursor={Math.min(rowCursorOf(preview, table), columns.length - 1)}
        height={height - below}
        width={bodyColumns(look)}
      />
      {preview.replanning && <Busy>Making the plan again</Busy>}
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
          <OfferedTypes typed={editing.value.text} offered={offered} height={offeredRows} />
        </>
      )}
      {editError !== null && <Trouble error={editError} />}
    </>
  )
}

/** The forecast of the column's cells; only the worst is named. */
function cellsOf(plan: Plan, table: TablePlan, { source, target }: ShownColumn, hasRoom: boolean): TableCell {
  const refused = forecastOf(plan, table)?.quarantine.filter(
    ({ column }) => column !== null && source.includes(column),
  )
  const rows = refused?.reduce((total, refusal) => total + refusal.rows, 0) ?? 0
  if (rows > 0) return { text: `${formatCount(rows)} to quarantine`, tone: 'bad' }
  const tally = target === null ? null : tallyOf(plan, table, target)
  if (tally === null) return { text: '' }
  if (tally.rounded > 0)
    return {
      text: `${formatCount(tally.rounded)} rounded${hasRoom ? `, by ${tally.maxError ?? '0'}` : ''}`,
      tone: 'warn',
    }
  return tally.normalized > 0
    ? { text: `${formatCount(tally.normalized)} normalized`, tone: 'mark' }
    : { text: 'exact', tone: 'quiet' }
}

/** The types offered for a column; any other can be typed. */
function OfferedTypes({
  typed,
  offered,
  height,
}: {
  readonly typed: string
  readonly offered: readonly OfferedType[]
  readonly height: number
}) {
  return (
    <CursorLines
      count={offered.length}
      cursor={offered.findIndex(({ type }) => type === typed)}
      height={height}
      lineAt={(index) => {
        const { type, use } = offered[index]!
        const content = (
          <>
            {`  ${type.padEnd(30)}`}
            <Toned tone="quiet">{use}</Toned>
          </>
        )
        return { content }
      }}
    />
  )
}

/** Replaces PostgreSQL's long type names with its short ones. */
function shortType(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('character varying', 'varchar')
    .replace('double precision', 'float8')
}
