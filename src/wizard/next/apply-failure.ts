/** Applies the engine's failures. Invariant: only the failure of the latest question has an effect. Pure. */
import type { PlainError } from '../../engine/door/index.ts'
import { applyFailedCutOver } from '../acts/cutting-over.ts'
import { afterFollowing } from '../acts/following.ts'
import { withDdl, withSample } from '../acts/open-table.ts'
import type { Answered, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { focusAfter } from '../steps/connection.ts'
import { applyFailedSearch } from '../steps/discovery.ts'
import { openedTable, type PreviewState } from '../steps/preview.ts'

type Failed = Extract<Answered, { type: 'failed' }>

export function applyFailure(state: WizardState, { effect, error }: Failed): Turn {
  const { connection, preview, discovery } = state
  const failed = { kind: 'failed', error } as const
  switch (effect.type) {
    case 'search':
      return only({ ...state, note: null, discovery: applyFailedSearch(discovery, effect.search, error) })
    case 'test-target':
    case 'create-database':
    case 'start-over':
      return effect.id === connection.tests ? only(testFailed(state, error)) : only(state)
    case 'resume':
      return effect.job === preview.job
        ? only(changed(state, 'connection', { resolving: 'none', resolveError: error }))
        : only(state)
    case 'prepare':
    case 'replan':
      return effect.job === preview.job ? only(preparationFailed(state, error)) : only(state)
    case 'sample':
      return only(withSample(state, effect, failed))
    case 'ddl':
      return only(withDdl(state, effect, failed))
    case 'save-plan':
      return only(changed(state, 'preview', { saved: failed }))
    case 'migrate':
      return only(changed({ ...state, help: false }, 'migration', { phase: 'failed', error }))
    case 'list-rejects':
      return only(changed(state, 'summary', { rejects: failed }))
    case 'verify-run':
      return effect.asked === state.finished.asked
        ? only(changed(state, 'finished', { verified: failed }))
        : only(state)
    case 'preview-rollback':
    case 'roll-back':
      return effect.asked === state.finished.asked
        ? only(changed(state, 'finished', { isRollingBack: false, error }))
        : only(state)
    case 'follow':
      return afterFollowing(changed(state, 'following', { phase: 'failed', error }))
    case 'cut-over':
      return applyFailedCutOver(state, error)
    case 'judge-queries':
      return only(changed(state, 'judging', { phase: 'asking', error }))
    case 'make-samples':
      return noted(changed(state, 'discovery', { search: 'done' }), error.message)
    case 'open-file':
      return noted(state, error.message)
    case 'know-mapping':
    case 'recall-target':
    case 'command':
    case 'complete-path':
    case 'copy':
    case 'leave':
      return only(state)
    default:
      return effect satisfies never
  }
}

function testFailed(state: WizardState, error: PlainError): WizardState {
  const { connection } = state
  if (connection.resolving === 'starting-over')
    return changed(state, 'connection', { resolving: 'none', resolveError: error })
  const focus = focusAfter(connection, error)
  return changed(state, 'connection', {
    tested: { kind: 'failed', error },
    focus,
    proceedWhenPassed: false,
  })
}

function preparationFailed(state: WizardState, error: PlainError): WizardState {
  return state.preview.replanning
    ? { ...state, preview: refused(state.preview, error) }
    : changed(state, 'preview', { phase: 'failed', error, confirmWhenReady: false })
}

/** Keeps the plan on screen, and restores the typed text if its table is still open. */
function refused(preview: PreviewState, error: PlainError): PreviewState {
  const { planned, asked } = preview
  const isOpen = asked !== null && preview.view === 'table' && openedTable(preview)?.id === asked.tableId
  const { edits, options } = planned
  return {
    ...preview,
    edits,
    options,
    replanning: false,
    editError: error,
    asked: null,
    editing: isOpen ? asked : preview.editing,
  }
}
