/** Opens a value, a line of DDL, a column or a finding in full, wrapped, over the current screen; one key copies it. Pure. */

import {
  formatCount,
  formatCounted,
  printable,
  rejectSentences,
  type TablePlan,
} from '../../engine/door/index.ts'
import { bodyColumns, bodyRows } from '../../ui/layout.ts'
import { wrapText } from '../../ui/text.ts'
import { placeOf } from '../state/place.ts'
import type { Detail, WizardState } from '../state/state.ts'
import { forecastOf, tallyOf } from '../steps/forecast.ts'
import type { ShownColumn } from '../steps/plan-columns.ts'
import { sourceNameOf } from '../steps/plan-names.ts'
import { openedTable, rowCursorOf, sampleRowOf, shownColumnAt } from '../steps/preview.ts'
import { reportedName, reportedTable } from '../steps/summary.ts'
import { judgedStatements, statementDetail } from './judging.ts'
import { isListedByCells, rejectLines } from './reject-lines.ts'

/** Opens what is under the cursor; returns the same state when there is nothing to open. */
export function openDetail(state: WizardState): WizardState {
  const found = detailAt(state)
  return found === null ? state : { ...state, detail: { ...found, scroll: 0 } }
}

function detailAt(state: WizardState): Omit<Detail, 'scroll'> | null {
  const place = placeOf(state)
  if (place === 'table') return detailOfTab(state)
  if (place === 'summary-table' || place === 'summary-rejects') return detailOfReport(state)
  if (place === 'queries') {
    const statement = judgedStatements(state)[state.summary.line]
    return statement === undefined ? null : statementDetail(statement)
  }
  return null
}

function detailOfTab(state: WizardState): Omit<Detail, 'scroll'> | null {
  const { preview } = state
  const table = openedTable(preview)
  if (table === null) return null
  const source = sourceNameOf(table)
  const at = rowCursorOf(preview, table)
  switch (preview.tab) {
    case 'columns': {
      const column = shownColumnAt(preview, table)
      if (column === null) return null
      const lines = [
        `source   ${column.source.join(', ') || 'no column of the source'}`,
        `target   ${column.target ?? 'none'}`,
        `type     ${column.type}${column.target === null ? '' : column.nullable ? ', may be null' : ', not null'}`,
        `how      ${column.origin}`,
        ...tallyLines(state, table, column),
        ...(column.comment === null ? [] : ['', column.comment]),
      ]
      return { title: `${source}: ${column.target ?? column.source.join(', ')}`, text: lines.join('\n') }
    }
    case 'sample': {
      const row = sampleRowOf(preview, table)
      const cell = row?.cells[at]
      if (row === null || cell === undefined) return null
      const before = cell.before === null ? 'no single cell' : `${cell.before.storage}\n${cell.before.text}`
      return {
        title: `${source}, row ${row.ordinal}: ${cell.target}`,
        text: `Before: ${before}\n\nAfter:\n${cell.after ?? 'null'}`,
      }
    }
    case 'ddl': {
      const ddl = preview.ddl[table.id]
      const line = ddl?.kind === 'ready' ? ddl.value.trimEnd().split('\n')[at] : undefined
      return line === undefined || line.trim() === '' ? null : { title: `${source}: DDL`, text: line.trim() }
    }
    case 'findings':
      return null
    default:
      return preview.tab satisfies never
  }
}

function tallyLines({ preview }: WizardState, table: TablePlan, { source, target }: ShownColumn): string[] {
  const { plan } = preview.prepared!
  const tally = target === null ? null : tallyOf(plan, table, target)
  const refused = forecastOf(plan, table)?.quarantine.filter(
    ({ column }) => column !== null && source.includes(column),
  )
  if (tally === null) return []
  return [
    `cells    ${formatCount(tally.exact)} exact, ${formatCount(tally.normalized)} normalized, ${formatCount(tally.rounded)} rounded${tally.maxError === null ? '' : `, at most by ${tally.maxError}`}`,
    ...(refused ?? []).map(
      ({ rows, code }) => `         ${formatCounted(rows, 'row')} to quarantine: ${rejectSentences[code]}`,
    ),
  ]
}

function detailOfReport(state: WizardState): Omit<Detail, 'scroll'> | null {
  const { summary, migration } = state
  const table =
    summary.view === 'table' && migration.report !== null ? reportedTable(migration.report, summary) : null
  if (isListedByCells(table)) {
    const column = table.columns[summary.line]
    if (column === undefined) return null
    const { source, target, type, conversion, cells, maxError } = column
    const lines = [
      `source      ${source ?? 'none'}`,
      `target      ${target ?? 'none'}`,
      `type        ${type ?? 'none'}`,
      `how         ${conversion}`,
      `exact       ${cells.exact}`,
      `normalized  ${cells.normalized}`,
      `rounded     ${cells.rounded}${maxError === null ? '' : `, at most by ${maxError}`}`,
    ]
    return { title: `${reportedName(table)}: ${target ?? source ?? ''}`, text: lines.join('\n') }
  }
  const line = rejectLines(state)[summary.line]
  return line === undefined ? null : { title: line.title, text: line.whole }
}

/** The lines as shown: control characters made visible, wrapped to the terminal. */
export function detailLines({ detail, terminal }: WizardState): readonly string[] {
  if (detail === null) return []
  return detail.text.split('\n').flatMap((line) => wrapText(printable(line), bodyColumns(terminal)))
}

export const detailRows = ({ terminal }: WizardState): number => bodyRows(terminal) - 3

export function scrolledDetail(state: WizardState, by: number): WizardState {
  const { detail } = state
  if (detail === null) return state
  const last = Math.max(0, detailLines(state).length - detailRows(state))
  return { ...state, detail: { ...detail, scroll: Math.max(0, Math.min(last, detail.scroll + by)) } }
}
