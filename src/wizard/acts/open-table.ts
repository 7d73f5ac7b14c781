/** Opens a table of the plan and fetches what its tabs show. Pure. */

import type { SampleRows, TablePlan } from '../../engine/door/index.ts'
import { noText } from '../../ui/text-edit.ts'
import type { Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { passedTest } from '../steps/connection.ts'
import type { Effect } from '../steps/effects.ts'
import { shownColumns } from '../steps/plan-columns.ts'
import {
  type Loaded,
  openedTable,
  type PreviewState,
  shownTables,
  type TableTab,
  withRowCursor,
} from '../steps/preview.ts'
import { findingUnderCursor, tableOfFinding } from './change-plan.ts'

/** Opens the table under the cursor at the given tab. */
export function openTable(state: WizardState, tab: TableTab): Turn {
  const { preview } = state
  if (openedTable(preview) === null) return noted(state, 'Move to a table first.')
  const openedFrom = preview.view === 'table' ? preview.openedFrom : 'tables'
  return fetchTab(changed(state, 'preview', { view: 'table', openedFrom, tab }))
}

/** Requests what the open tab shows and does not have yet, which is needed again after each new plan. */
export function fetchTab(state: WizardState): Turn {
  const { preview } = state
  const { prepared, tab, planned } = preview
  const table = preview.view === 'table' ? openedTable(preview) : null
  const target = table?.fate.kind === 'copy' ? table.fate.copy.target : null
  if (table === null || target === null || prepared === null) return only(state)
  const { job } = planned
  const effects: Effect[] = []
  let { samples, ddl } = preview
  const isMissing = (known: { kind: string } | undefined): boolean =>
    known === undefined || known.kind === 'failed'
  if (tab === 'sample' && isMissing(samples[table.id])) {
    samples = { ...samples, [table.id]: { kind: 'loading' } }
    effects.push({ type: 'sample', job, tableId: table.id, prepared })
  }
  if (tab === 'ddl' && isMissing(ddl[table.id])) {
    const serverMajor = passedTest(state)?.probe.major ?? null
    ddl = { ...ddl, [table.id]: { kind: 'loading' } }
    effects.push({ type: 'ddl', job, tableId: table.id, table: target, prepared, serverMajor })
  }
  return { state: changed(state, 'preview', { samples, ddl }), effects }
}

/** Goes from a finding to its column or table; from a line that stands for the rest of a kind, lists them all. */
export function openFinding(state: WizardState): Turn {
  const finding = findingUnderCursor(state)
  if (finding?.isRest === true) {
    const { preview } = state
    return only(changed(state, 'preview', { openKinds: [...preview.openKinds, finding.code] }))
  }
  const table = finding === null ? null : tableOfFinding(state, finding)
  if (finding === null || table === null) return noted(state, 'This finding is about no single table.')
  const opened = openedAt(state, table, finding.column)
  return fetchTab({ ...state, preview: opened })
}

function openedAt({ preview }: WizardState, table: TablePlan, column: string | undefined): PreviewState {
  const isShown = shownTables(preview).some(({ id }) => id === table.id)
  const visible = isShown ? preview : { ...preview, filter: noText }
  const cursor = shownTables(visible).findIndex(({ id }) => id === table.id) + 1
  const openedFrom = preview.view === 'findings' ? 'findings' : preview.openedFrom
  const opened: PreviewState = { ...visible, cursor, view: 'table', openedFrom, tab: 'columns' }
  const columns = shownColumns(preview.prepared!.plan, table, preview.edits)
  const at = columns.findIndex(
    ({ source, target }) => column !== undefined && (source.includes(column) || target === column),
  )
  return at < 0 ? opened : withRowCursor(opened, table, at)
}

type OfTable = { readonly job: number; readonly tableId: string }

/** Drops rows of an earlier plan. */
export function withSample(
  state: WizardState,
  { job, tableId }: OfTable,
  sample: Loaded<SampleRows>,
): WizardState {
  const { preview } = state
  if (job !== preview.planned.job) return state
  return changed(state, 'preview', { samples: { ...preview.samples, [tableId]: sample } })
}

export function withDdl(state: WizardState, { job, tableId }: OfTable, sql: Loaded<string>): WizardState {
  const { preview } = state
  if (job !== preview.planned.job) return state
  return changed(state, 'preview', { ddl: { ...preview.ddl, [tableId]: sql } })
}
