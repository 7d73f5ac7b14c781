/** Moving along lists and opening what they show. Pure. */
import { movedCursor } from '../ui/layout.ts'
import { textValue } from '../ui/text-edit.ts'
import { askToConfirm } from './confirm.ts'
import { unfinishedChoices } from './connection.ts'
import type { Effect } from './effects.ts'
import { placeOf } from './place.ts'
import {
  listedFindings,
  listedOf,
  openedTable,
  type PreviewState,
  shownColumnAt,
  shownColumns,
  shownTables,
  type TableTab,
  tableTabs,
} from './preview.ts'
import type { OpenedView, Turn, WizardState } from './state.ts'
import { noted, only } from './transition.ts'

export function moveCursor(state: WizardState, by: number): WizardState {
  const { discovery, connection, preview, summary } = state
  const place = placeOf(state)
  switch (place) {
    case 'discovery':
      return {
        ...state,
        discovery: { ...discovery, cursor: movedCursor(discovery.cursor, by, discovery.found.length) },
      }
    case 'discovery-inside':
    case 'discovery-passed-over': {
      const count =
        place === 'discovery-inside'
          ? (discovery.found[discovery.cursor]?.tables.length ?? 0)
          : discovery.passedOver.length
      return { ...state, discovery: { ...discovery, scroll: movedCursor(discovery.scroll, by, count) } }
    }
    case 'unfinished': {
      const at = movedCursor(
        unfinishedChoices.indexOf(connection.unfinishedChoice),
        by,
        unfinishedChoices.length,
      )
      return { ...state, connection: { ...connection, unfinishedChoice: unfinishedChoices[at]! } }
    }
    case 'preview':
      return {
        ...state,
        preview: { ...preview, cursor: movedCursor(preview.cursor, by, shownTables(preview).length + 1) },
      }
    case 'table':
      return {
        ...state,
        preview: { ...preview, rowCursor: movedCursor(preview.rowCursor, by, countTabRows(preview)) },
      }
    case 'findings': {
      const count = preview.prepared === null ? 0 : listedFindings(preview.prepared.plan).length
      return {
        ...state,
        preview: { ...preview, findingCursor: movedCursor(preview.findingCursor, by, count) },
      }
    }
    case 'summary': {
      const count = state.migration.report?.tables.length ?? 0
      return { ...state, summary: { ...summary, cursor: movedCursor(summary.cursor, by, count) } }
    }
    case 'summary-table':
      return { ...state, summary: { ...summary, scroll: Math.max(0, summary.scroll + by) } }
    default:
      return state
  }
}

/** Lines of the tab of an opened table, as far as they are known. */
function countTabRows(preview: PreviewState): number {
  const table = openedTable(preview)
  if (table === null || preview.prepared === null) return 0
  const { plan } = preview.prepared
  switch (preview.tab) {
    case 'columns':
      return shownColumns(plan, table, preview.edits).length
    case 'sample': {
      const sample = preview.samples[table.id]
      return sample?.kind === 'ready' ? sample.value.rows.length : 0
    }
    case 'ddl': {
      const ddl = preview.ddl[table.id]
      return ddl?.kind === 'ready' ? ddl.value.split('\n').length : 0
    }
    case 'findings':
      return listedOf(plan, table).length
    default:
      return preview.tab satisfies never
  }
}

/** Opens a view, or moves along the tabs of an opened table. */
export function openView(state: WizardState, view: OpenedView | 1 | -1): Turn {
  const { discovery, preview } = state
  if (typeof view === 'number') {
    const at = (tableTabs.indexOf(preview.tab) + view + tableTabs.length) % tableTabs.length
    return openTable(state, tableTabs[at]!)
  }
  switch (view) {
    case 'inside':
    case 'passed-over':
      return only({ ...state, discovery: { ...discovery, view, scroll: 0 } })
    case 'findings':
      return placeOf(state) === 'table'
        ? openTable(state, 'findings')
        : only({ ...state, preview: { ...preview, view: 'findings', findingCursor: 0 } })
    case 'saving':
      return only({ ...state, preview: { ...preview, view: 'saving', saved: null } })
    case 'confirm':
      return askToConfirm(state)
    case 'filter':
      return only({ ...state, preview: { ...preview, filtering: true, filter: preview.filter } })
    case 'edit-type':
    case 'edit-target':
      return editColumn(state, view)
    case 'columns':
    case 'sample':
    case 'ddl':
      return openTable(state, view)
    default:
      return view satisfies never
  }
}

/** Opens the table under the cursor at a tab, and fetches what the tab needs. */
export function openTable(state: WizardState, tab: TableTab): Turn {
  const { preview, connection } = state
  const table = openedTable(preview)
  const { prepared } = preview
  if (table === null || prepared === null) return noted(state, 'Move to a table first.')
  const opened: PreviewState = { ...preview, view: 'table', tab, rowCursor: 0 }
  const target = table.fate.kind === 'copy' ? table.fate.copy.target : null
  const effects: Effect[] = []
  let { samples, ddl } = opened
  if (tab === 'sample' && target !== null && samples[table.id]?.kind !== 'ready') {
    samples = { ...samples, [table.id]: { kind: 'loading' } }
    effects.push({ type: 'sample', tableId: table.id, prepared })
  }
  if (tab === 'ddl' && target !== null && ddl[table.id]?.kind !== 'ready') {
    const serverMajor = connection.tested.kind === 'passed' ? connection.tested.test.probe.major : null
    ddl = { ...ddl, [table.id]: { kind: 'loading' } }
    effects.push({ type: 'ddl', tableId: table.id, table: target, prepared, serverMajor })
  }
  return { state: { ...state, preview: { ...opened, samples, ddl } }, effects }
}

function editColumn(state: WizardState, view: 'edit-type' | 'edit-target'): Turn {
  const { preview } = state
  const table = openedTable(preview)
  const column = table === null ? null : shownColumnAt(preview, table)
  const source = column?.editable
  if (table === null || column == null || source == null || column.target === null)
    return noted(state, 'Only a column that comes from a column of the source can be changed.')
  const change = view === 'edit-type' ? 'type' : 'target'
  const value = textValue(change === 'type' ? column.type : column.target)
  return only({
    ...state,
    preview: { ...preview, editing: { change, tableId: table.id, column: source, value }, editError: null },
  })
}

/** Opens a table of the report; its rows in quarantine are fetched once. */
export function openReported(state: WizardState): Turn {
  const { summary, migration } = state
  const { report } = migration
  if (report === null || report.tables.length === 0) return only(state)
  const opened = { ...summary, view: 'table', scroll: 0 } as const
  const isNeeded =
    report.quarantine.rows > 0 && (summary.rejects === null || summary.rejects.kind === 'failed')
  return isNeeded
    ? {
        state: { ...state, summary: { ...opened, rejects: { kind: 'loading' } } },
        effects: [{ type: 'list-rejects', run: report.run }],
      }
    : only({ ...state, summary: opened })
}
