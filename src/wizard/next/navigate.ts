/** Moves along lists and opens what they show. Pure. */
import { movedCursor } from '../../ui/layout.ts'
import { textValue } from '../../ui/text-edit.ts'
import { askToConfirm } from '../acts/confirm.ts'
import { openCutOver } from '../acts/cutting-over.ts'
import { openFollowing } from '../acts/following.ts'
import { openQueries } from '../acts/judging.ts'
import { scrolledDetail } from '../acts/open-detail.ts'
import { openTable } from '../acts/open-table.ts'
import { countSummaryLines } from '../acts/reject-lines.ts'
import { openRejects } from '../acts/reported.ts'
import { scrolledHelp } from '../keys/help.ts'
import { placeOf } from '../state/place.ts'
import type { OpenedView, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { unfinishedChoices } from '../steps/connection.ts'
import { type FinishedState, finishedChoices } from '../steps/finished-run.ts'
import { shownColumns } from '../steps/plan-columns.ts'
import { listedFindings, listedOf } from '../steps/plan-findings.ts'
import {
  openedTable,
  type PreviewState,
  rowCursorOf,
  sampleRowOf,
  shownColumnAt,
  shownTables,
  tableTabs,
  withRowCursor,
} from '../steps/preview.ts'
import { offeredFor } from '../steps/types.ts'

export function moveCursor(state: WizardState, by: number): WizardState {
  const { discovery, connection, finished, preview, summary } = state
  const place = placeOf(state)
  switch (place) {
    case 'help':
      return scrolledHelp(state, by)
    case 'detail':
      return scrolledDetail(state, by)
    case 'discovery':
      return changed(state, 'discovery', {
        cursor: movedCursor(discovery.cursor, by, discovery.found.length),
      })
    case 'discovery-inside':
    case 'discovery-passed-over': {
      const count =
        place === 'discovery-inside'
          ? (discovery.found[discovery.cursor]?.tables.length ?? 0)
          : discovery.passedOver.length
      return changed(state, 'discovery', { scroll: movedCursor(discovery.scroll, by, count) })
    }
    case 'unfinished': {
      const at = movedCursor(
        unfinishedChoices.indexOf(connection.unfinishedChoice),
        by,
        unfinishedChoices.length,
      )
      return changed(state, 'connection', { unfinishedChoice: unfinishedChoices[at]! })
    }
    case 'finished': {
      const at = movedCursor(finishedChoices.indexOf(finished.choice), by, finishedChoices.length)
      return changed(state, 'finished', { choice: finishedChoices[at]! })
    }
    case 'verified':
      return changed(state, 'finished', { scroll: movedCursor(finished.scroll, by, countVerified(finished)) })
    case 'preview':
      return changed(state, 'preview', {
        cursor: movedCursor(preview.cursor, by, shownTables(preview).length + 1),
      })
    case 'table': {
      const table = openedTable(preview)!
      const cursor = movedCursor(rowCursorOf(preview, table), by, countTabRows(preview))
      return { ...state, preview: withRowCursor(preview, table, cursor) }
    }
    case 'column-editing':
      return { ...state, preview: movedChoice(preview, by) }
    case 'findings': {
      const count = preview.prepared === null ? 0 : listedFindings(preview).length
      return changed(state, 'preview', { findingCursor: movedCursor(preview.findingCursor, by, count) })
    }
    case 'summary':
      return changed(state, 'summary', { cursor: movedCursor(summary.cursor, by, countSummaryLines(state)) })
    case 'summary-table':
    case 'summary-rejects':
    case 'queries':
    case 'following':
      return changed(state, 'summary', { line: movedCursor(summary.line, by, countSummaryLines(state)) })
    default:
      return state
  }
}

/** The approximate number of lines of a verification. */
function countVerified({ verified }: FinishedState): number {
  if (verified?.kind !== 'ready') return 0
  const { tables, differences, checks } = verified.value
  return tables.length + differences.length + checks.length
}

/** Moves along the offered types, putting the marked one into the field. */
function movedChoice(preview: PreviewState, by: number): PreviewState {
  const { editing } = preview
  if (editing === null || editing.change !== 'type') return preview
  const offered = offeredFor(editing.value.text)
  const at = offered.findIndex(({ type }) => type === editing.value.text)
  const choice = at < 0 ? (by > 0 ? 0 : offered.length - 1) : movedCursor(at, by, offered.length)
  return { ...preview, editing: { ...editing, value: textValue(offered[choice]!.type) } }
}

/** The number of lines in the open table's tab, as far as it is known. */
function countTabRows(preview: PreviewState): number {
  const table = openedTable(preview)
  if (table === null || preview.prepared === null) return 0
  const { plan } = preview.prepared
  switch (preview.tab) {
    case 'columns':
      return shownColumns(plan, table, preview.edits).length
    case 'sample':
      return sampleRowOf(preview, table)?.cells.length ?? 0
    case 'ddl': {
      const ddl = preview.ddl[table.id]
      return ddl?.kind === 'ready' ? ddl.value.trimEnd().split('\n').length : 0
    }
    case 'findings':
      return listedOf(plan, table).length
    default:
      return preview.tab satisfies never
  }
}

/** Shows the next or the previous sample row. */
export function nextSampleRow(state: WizardState, by: 1 | -1): WizardState {
  const { preview } = state
  const table = openedTable(preview)
  const sample = table === null ? undefined : preview.samples[table.id]
  if (table === null || sample?.kind !== 'ready') return state
  const row = movedCursor(preview.sampleRow[table.id] ?? 0, by, sample.value.rows.length)
  return changed(state, 'preview', { sampleRow: { ...preview.sampleRow, [table.id]: row } })
}

/** Opens a view, or moves along the tabs of the open table. */
export function openView(state: WizardState, view: OpenedView | 1 | -1): Turn {
  const { preview } = state
  if (typeof view === 'number') {
    const at = (tableTabs.indexOf(preview.tab) + view + tableTabs.length) % tableTabs.length
    return openTable(state, tableTabs[at]!)
  }
  switch (view) {
    case 'inside':
    case 'passed-over':
      return only(changed(state, 'discovery', { view, scroll: 0 }))
    case 'findings':
      return placeOf(state) === 'table'
        ? openTable(state, 'findings')
        : only(changed(state, 'preview', { view: 'findings' }))
    case 'saving':
      return only({ ...state, leaving: false, preview: { ...preview, view: 'saving', saved: null } })
    case 'confirm':
      return askToConfirm(state)
    case 'filter':
      return state.step === 'summary'
        ? only(changed(state, 'summary', { filtering: true }))
        : only(changed(state, 'preview', { filtering: true }))
    case 'edit-type':
    case 'edit-target':
      return editColumn(state, view)
    case 'rejects':
      return openRejects(state)
    case 'following':
      return openFollowing(state)
    case 'cut-over':
      return openCutOver(state)
    case 'queries':
      return openQueries(state)
    case 'columns':
    case 'sample':
    case 'ddl':
      return openTable(state, view)
    default:
      return view satisfies never
  }
}

function editColumn(state: WizardState, view: 'edit-type' | 'edit-target'): Turn {
  const { preview } = state
  const table = openedTable(preview)
  const column = table === null ? null : shownColumnAt(preview, table)
  const source = column?.editable
  if (table === null || column == null || source == null || column.target === null)
    return noted(state, 'Only a column that comes from a column of the source can be changed.')
  const change = view === 'edit-type' ? 'type' : 'target'
  if (change === 'target' && !column.renamable)
    return noted(state, `${column.target} is a column of the planned schema: its name stays.`)
  const value = textValue(change === 'type' ? column.type : column.target)
  return only(
    changed(state, 'preview', {
      editing: { change, tableId: table.id, column: source, value },
      editError: null,
    }),
  )
}
