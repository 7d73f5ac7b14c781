/** Makes the plan, and makes it again after a change. Invariant: only the answer of the latest job counts. Pure. */
import { noProgress, type PlanEdit, type TablePlan } from '../../engine/door/index.ts'
import { placeOf } from '../state/place.ts'
import type { PlanChange, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { targetText } from '../steps/connection.ts'
import { chosenDatabases, salvages } from '../steps/discovery.ts'
import type { PlanWish } from '../steps/effects.ts'
import { widened } from '../steps/forecast.ts'
import { isExcludedByHand, toggleExcluded, withEdit } from '../steps/plan-edits.ts'
import { isAboutMissing, type Listed, listedFindings, listedOf } from '../steps/plan-findings.ts'
import {
  type ColumnEditing,
  openedTable,
  type PlanChanges,
  rowCursorOf,
  shownColumnAt,
  shownTables,
} from '../steps/preview.ts'

function wishOf(state: WizardState): PlanWish {
  const { discovery, preview, given } = state
  return {
    databases: chosenDatabases(discovery).map(({ database, path }) => ({ database, path })),
    options: preview.options,
    edits: preview.edits,
    salvage: salvages(discovery, given),
  }
}

/** Equal for equal databases and target, in which case the existing plan is still valid. */
export function wishKey(state: WizardState): string {
  const { databases, salvage } = wishOf(state)
  return JSON.stringify([databases, salvage, targetText(state.connection), state.connection.tests])
}

export function startPreparing(state: WizardState): Turn {
  const { preview } = state
  const job = preview.job + 1
  return {
    state: changed(state, 'preview', {
      job,
      phase: 'preparing',
      progress: noProgress,
      error: null,
      prepared: null,
      resumed: null,
      preparedFor: wishKey(state),
      confirmWhenReady: false,
      view: 'tables',
      cursor: 0,
      marked: [],
      editing: null,
      editError: null,
      asked: null,
      replanning: false,
    }),
    effects: [{ type: 'prepare', job, plan: wishOf(state) }],
  }
}

/** Plans the same snapshots again with other edits or options. `asked`: the field that the change was typed in. */
export function beginReplan(
  state: WizardState,
  changes: Partial<PlanChanges>,
  asked: ColumnEditing | null = null,
): Turn {
  const { preview } = state
  if (preview.prepared === null) return only(state)
  if (preview.resumed !== null)
    return noted(state, 'The plan of an unfinished run stays as it is; start over to change it.')
  const job = preview.job + 1
  const other = changed(state, 'preview', {
    ...changes,
    job,
    replanning: true,
    editError: null,
    asked,
    marked: [],
  })
  return {
    state: other,
    effects: [{ type: 'replan', job, plan: wishOf(other), prepared: preview.prepared }],
  }
}

export function changePlan(state: WizardState, change: PlanChange): Turn {
  const { preview } = state
  const { options, edits } = preview
  switch (change) {
    case 'exclude': {
      const tables = tablesToExclude(state)
      return tables.length === 0
        ? noted(state, 'Move to a table first.')
        : beginReplan(state, { edits: toggleExcluded(edits, tables) })
    }
    case 'fate':
      return nextFate(state)
    case 'allow-missing':
      return beginReplan(state, { options: { ...options, allowMissing: true } })
    case 'exact':
      return beginReplan(state, { options: { ...options, exact: !options.exact } })
    case 'views':
      return beginReplan(state, { options: { ...options, views: options.views !== true } })
    case 'widen': {
      const plan = preview.prepared?.plan
      if (plan === undefined) return only(state)
      const opened = preview.view === 'table' ? openedTable(preview) : null
      const wider = widened(plan, opened === null ? plan.tables : [opened], edits)
      return wider === edits
        ? noted(state, 'No rounded column can be made wider; e keeps the originals in the archive.')
        : beginReplan(state, { edits: wider })
    }
    case 'fix': {
      const finding = findingUnderCursor(state)
      if (finding === null) return only(state)
      if (finding.fixes !== undefined && finding.fixes.length > 0)
        return beginReplan(state, { edits: finding.fixes.reduce<readonly PlanEdit[]>(withEdit, edits) })
      return isAboutMissing(finding.code)
        ? changePlan(state, 'allow-missing')
        : noted(state, 'Nothing in the plan can be changed to settle this one.')
    }
    case 'undo':
      return edits.length === 0
        ? noted(state, 'There is no change to take back.')
        : beginReplan(state, { edits: edits.slice(0, -1) })
    default:
      return change satisfies never
  }
}

/** The marked tables or, without any, the table under the cursor. */
function tablesToExclude({ preview }: WizardState): readonly string[] {
  if (preview.marked.length > 0) return preview.marked
  const table = openedTable(preview)
  return table === null ? [] : [table.id]
}

/** The hint for the key that leaves tables out or takes them in again. */
export function excludingWords(state: WizardState): string {
  const tables = tablesToExclude(state)
  const which = tables.length > 1 ? ` ${tables.length}` : ''
  const isBack = tables.every((id) => isExcludedByHand(state.preview.edits, id))
  return isBack ? `take${which} in again` : `leave${which} out`
}

/** Marks or unmarks the table under the cursor. */
export function toggleMark(state: WizardState): WizardState {
  const { preview } = state
  const table = openedTable(preview)
  if (table === null) return noted(state, 'Move to a table first.').state
  const { marked } = preview
  const others = marked.filter((id) => id !== table.id)
  const next = others.length < marked.length ? others : [...marked, table.id]
  return changed(state, 'preview', { marked: next })
}

/** Marks all tables in the filtered list, or unmarks them when all are marked. */
export function toggleMarks(state: WizardState): WizardState {
  const { preview } = state
  const shown = shownTables(preview).map(({ id }) => id)
  const marked = shown.every((id) => preview.marked.includes(id)) ? [] : shown
  return changed(state, 'preview', { marked })
}

/** The finding under the cursor, in the list of all findings or in a table's. */
export function findingUnderCursor(state: WizardState): Listed | null {
  const { preview } = state
  if (preview.prepared === null) return null
  const { plan } = preview.prepared
  const place = placeOf(state)
  if (place === 'findings') return listedFindings(preview)[preview.findingCursor] ?? null
  const table = place === 'table' && preview.tab === 'findings' ? openedTable(preview) : null
  return table === null ? null : (listedOf(plan, table)[rowCursorOf(preview, table)] ?? null)
}

/** The table that a finding is about; null for an amendment, which names only its target. */
export function tableOfFinding({ preview }: WizardState, finding: Listed): TablePlan | null {
  const { tables } = preview.prepared!.plan
  return tables.find(({ id }) => id === finding.tableId) ?? null
}

const fates = ['add', 'archive', 'drop'] as const

/** Switches a column without a place in the mapping from added to archived to dropped. */
function nextFate(state: WizardState): Turn {
  const { preview } = state
  const table = openedTable(preview)
  const column = table === null ? null : shownColumnAt(preview, table)
  const name = column?.editable
  if (table === null || column == null || name == null || (column.target !== null && !column.added))
    return noted(state, 'Only a column without a place in the mapping can be added, archived or dropped.')
  const now = column.target !== null ? 'add' : column.origin === 'dropped' ? 'drop' : 'archive'
  const fate = fates[(fates.indexOf(now) + 1) % fates.length]!
  const edit = { tableId: table.id, column: name, change: { kind: 'unmapped', fate } } as const
  return beginReplan(state, { edits: withEdit(preview.edits, edit) })
}
