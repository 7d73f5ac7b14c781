/** Rows in quarantine as lines, each of which can be opened in full. Pure. */
import {
  formatCount,
  type QuarantineEntry,
  type ReportTable,
  type StoredCell,
  tableIdOf,
} from '../../engine/door/index.ts'
import type { WizardState } from '../state/state.ts'
import { listedTables, reportedTable } from '../steps/summary.ts'
import { judgedStatements } from './judging.ts'

export type RejectLine = {
  readonly kind: 'reason' | 'culprit' | 'cell'
  readonly text: string
  /** What opening the line shows. */
  readonly title: string
  readonly whole: string
}

/** The lines of the open table, or of all tables; none until the rejects are fetched. */
export function rejectLines({ summary, migration }: WizardState): readonly RejectLine[] {
  if (summary.rejects?.kind !== 'ready') return []
  const table =
    summary.view === 'table' && migration.report !== null ? reportedTable(migration.report, summary) : null
  const id = table === null ? null : tableIdOf(table.database, table.table)
  return summary.rejects.value
    .filter(({ tableId }) => id === null || tableId === id)
    .flatMap((entry) => linesOf(entry, id === null))
}

function linesOf(
  { tableId, ordinal, column, reason, code, cells }: QuarantineEntry,
  namesTable: boolean,
): RejectLine[] {
  const title = namesTable ? `${tableId}, row ${formatCount(ordinal)}` : `Row ${formatCount(ordinal)}`
  const where = column === null ? '' : `, column ${column}`
  const said = `${title}${where}: ${reason} (${code})`
  return [
    { kind: 'reason', text: said, title: `${title}${where}`, whole: `${reason} (${code})` },
    ...Object.entries(cells).map(([name, cell]): RejectLine => {
      const whole = cellText(cell)
      const kind = name === column ? 'culprit' : 'cell'
      return { kind, text: `  ${name} = ${whole}`, title: `${title}, ${name}`, whole }
    }),
  ]
}

function cellText(cell: StoredCell): string {
  if (cell === null) return 'null'
  if ('text' in cell) return JSON.stringify(cell.text)
  if ('integer' in cell) return cell.integer
  if ('real' in cell) return cell.real
  return 'blob' in cell ? `blob ${cell.blob}` : `text (base64) ${cell.textBase64}`
}

/** The number of lines in the summary's current view. */
export function countSummaryLines(state: WizardState): number {
  const { summary, migration, following } = state
  if (migration.report === null) return 0
  if (summary.view === 'following') return following.progress.tables.length
  if (summary.view === 'queries') return judgedStatements(state).length
  if (summary.view === 'tables') return listedTables(migration.report, summary).length
  const table = summary.view === 'table' ? reportedTable(migration.report, summary) : null
  return isListedByCells(table) ? table.columns.length : rejectLines(state).length
}

/** Whether a table's view lists its columns; it does when none of its rows are in quarantine. */
export const isListedByCells = (table: ReportTable | null): table is ReportTable =>
  table !== null && table.rows.quarantined === 0
