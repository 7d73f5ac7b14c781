/** Making the plan, and making it anew after a change. Invariant: the newest job's answer counts, older ones are dropped. Pure. */
import type { PlanEdit } from '../engine/door/index.ts'
import { targetText } from './connection.ts'
import { chosenDatabases, salvages } from './discovery.ts'
import type { PlanWish } from './effects.ts'
import { placeOf } from './place.ts'
import { listedFindings, openedTable, shownColumnAt, toggleExcluded, withEdit } from './preview.ts'
import type { PlanChange, Turn, WizardState } from './state.ts'
import { only } from './transition.ts'

export function wishOf(state: WizardState): PlanWish {
  const { discovery, preview, given } = state
  return {
    databases: chosenDatabases(discovery).map(({ database, path }) => ({ database, path })),
    options: { ...given.options, allowMissing: preview.allowMissing },
    edits: preview.edits,
    salvage: salvages(discovery, given),
  }
}

/** Equal for equal databases and target: then the plan that is there still holds. */
export function wishKey(state: WizardState): string {
  const { databases, salvage } = wishOf(state)
  return JSON.stringify([databases, salvage, targetText(state.connection), state.connection.tests])
}

export function startPreparing(state: WizardState): Turn {
  const { preview } = state
  const job = preview.job + 1
  return {
    state: {
      ...state,
      preview: {
        ...preview,
        job,
        phase: 'preparing',
        error: null,
        prepared: null,
        resumed: null,
        preparedFor: wishKey(state),
        confirmWhenReady: false,
        view: 'tables',
        cursor: 0,
        editing: null,
        editError: null,
        replanning: false,
      },
      migration: { ...state.migration, progress: { ...state.migration.progress, phases: [] } },
    },
    effects: [{ type: 'prepare', job, plan: wishOf(state) }],
  }
}

/** The same snapshots with other edits or options. */
export function beginReplan(
  state: WizardState,
  wish: { readonly edits?: readonly PlanEdit[]; readonly allowMissing?: boolean },
): Turn {
  const { preview } = state
  if (preview.prepared === null) return only(state)
  if (preview.resumed !== null)
    return only({ ...state, note: 'The plan of an unfinished run stays as it is; start over to change it.' })
  const job = preview.job + 1
  const changed: WizardState = {
    ...state,
    preview: { ...preview, ...wish, job, replanning: true, editError: null },
  }
  return {
    state: changed,
    effects: [{ type: 'replan', job, plan: wishOf(changed), prepared: preview.prepared }],
  }
}

export function changePlan(state: WizardState, change: PlanChange): Turn {
  const { preview } = state
  switch (change) {
    case 'exclude': {
      const table = openedTable(preview)
      return table === null ? only(state) : beginReplan(state, { edits: toggleExcluded(preview, table.id) })
    }
    case 'fate':
      return nextFate(state)
    case 'allow-missing':
      return beginReplan(state, { allowMissing: true })
    case 'fix': {
      const finding = findingUnderCursor(state)
      if (finding === undefined) return only(state)
      if (finding.fixes === undefined || finding.fixes.length === 0) {
        return isAboutMissing(finding.code)
          ? beginReplan(state, { allowMissing: true })
          : only({ ...state, note: 'Nothing in the plan can be changed to settle this one.' })
      }
      return beginReplan(state, { edits: finding.fixes.reduce(withEdit, preview.edits) })
    }
    case 'undo':
      return preview.edits.length === 0
        ? only({ ...state, note: 'There is no change to take back.' })
        : beginReplan(state, { edits: preview.edits.slice(0, -1) })
    default:
      return change satisfies never
  }
}

export const isAboutMissing = (code: string): boolean => code === 'missing-database'

function findingUnderCursor(state: WizardState) {
  const { prepared, findingCursor } = state.preview
  return placeOf(state) !== 'findings' || prepared === null
    ? undefined
    : listedFindings(prepared.plan)[findingCursor]
}

const fates = ['add', 'archive', 'drop'] as const

/** A column without a home in the mapping: added, archived or dropped, in turn. */
function nextFate(state: WizardState): Turn {
  const { preview } = state
  const table = openedTable(preview)
  const column = table === null ? null : shownColumnAt(preview, table)
  const name = column?.editable
  if (table === null || column == null || name == null || (column.target !== null && !column.added))
    return only({
      ...state,
      note: 'Only a column without a place in the mapping can be added, archived or dropped.',
    })
  const now = column.target !== null ? 'add' : column.origin === 'dropped' ? 'drop' : 'archive'
  const fate = fates[(fates.indexOf(now) + 1) % fates.length]!
  const edit = { tableId: table.id, column: name, change: { kind: 'unmapped', fate } } as const
  return beginReplan(state, { edits: withEdit(preview.edits, edit) })
}
