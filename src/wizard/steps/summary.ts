/** The last step: the outcome of the run, the worst first. Pure. */
import {
  type QuarantineEntry,
  type Report,
  type ReportTable,
  roundedIn,
  targetNameOf,
} from '../../engine/door/index.ts'
import { editText, noText, type TextEdit, type TextValue } from '../../ui/text-edit.ts'
import { filterByName } from './list-search.ts'
import { sourceNameOf } from './plan-names.ts'
import type { Loaded } from './preview.ts'

export type SummaryState = {
  readonly view: 'tables' | 'table' | 'rejects' | 'following' | 'cut-over' | 'queries'
  /** The cursor in the list of tables. */
  readonly cursor: number
  /** The cursor line in an opened table, or in the rows in quarantine. */
  readonly line: number
  readonly filter: TextValue
  readonly filtering: boolean
  readonly rejects: Loaded<readonly QuarantineEntry[]> | null
  readonly keepRunning: boolean
  /** How many next steps have been copied. */
  readonly copied: number
}

export function beginSummary(keepRunning: boolean): SummaryState {
  return {
    view: 'tables',
    cursor: 0,
    line: 0,
    filter: noText,
    filtering: false,
    rejects: null,
    keepRunning,
    copied: 0,
  }
}

export const reportedName = (table: ReportTable): string => targetNameOf(table) ?? sourceNameOf(table)

/** Tables that differ come first, then those with quarantined rows, then those with rounded cells, then the rest in the plan's order. */
export function listedTables(report: Report, { filter }: SummaryState): readonly ReportTable[] {
  const rank = (table: ReportTable): number => {
    if (table.checksum !== null && !table.checksum.match) return 0
    if (table.rows.quarantined > 0) return 1
    if (table.target === null) return 4
    return roundedIn(table) > 0 ? 2 : 3
  }
  const found = filterByName(report.tables, filter.text, (table) => ({
    own: `${ownName(table)} ${table.table}`,
    whole: `${reportedName(table)} ${table.database}/${table.table}`,
  }))
  return found.toSorted((a, b) => rank(a) - rank(b))
}

function ownName({ target }: ReportTable): string {
  if (target === null) return ''
  return 'fold' in target ? `${target.fold.table}.${target.fold.column}` : target.table
}

export function reportedTable(report: Report, summary: SummaryState): ReportTable | null {
  return listedTables(report, summary)[summary.cursor] ?? null
}

export function editSummaryFilter(state: SummaryState, edit: TextEdit): SummaryState {
  return { ...state, filter: editText(state.filter, edit), cursor: 0 }
}
