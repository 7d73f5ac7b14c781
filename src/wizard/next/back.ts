/** Escape: goes one step back, or closes what is open. No answer is lost. Pure. */

import { noText } from '../../ui/text-edit.ts'
import { leaveCutOver } from '../acts/cutting-over.ts'
import { leaveQueries } from '../acts/judging.ts'
import { leaveFinished } from '../acts/past-run.ts'
import { placeOf } from '../state/place.ts'
import type { WizardState } from '../state/state.ts'
import { changed, remarked } from '../state/transition.ts'
import { endAdding } from '../steps/discovery.ts'
import { keepingTable, type PreviewState } from '../steps/preview.ts'

export function goBack(state: WizardState): WizardState {
  const { discovery, connection, preview } = state
  const place = placeOf(state)
  switch (place) {
    case 'leaving':
      return { ...state, leaving: false }
    case 'help':
      return { ...state, help: false }
    case 'detail':
      return { ...state, detail: null }
    case 'discovery':
    case 'migration':
      return state
    case 'summary':
    case 'summary-filter':
      return changed(state, 'summary', { filter: noText, filtering: false, cursor: 0 })
    case 'discovery-adding':
      return { ...state, discovery: endAdding(discovery) }
    case 'discovery-inside':
    case 'discovery-passed-over':
      return changed(state, 'discovery', { view: 'databases', scroll: 0 })
    case 'connection':
      return { ...state, step: 'discovery', connection: { ...connection, proceedWhenPassed: false } }
    case 'connection-typing':
      return changed(state, 'connection', { focus: 'kind' })
    case 'finished':
    case 'verified':
    case 'rolling-back':
      return leaveFinished(state)
    case 'unfinished':
      return leaveUnfinished(state)
    case 'unfinished-report':
      return changed(state, 'connection', { view: 'unfinished', resolveError: null })
    case 'start-over':
      return connection.resolving === 'starting-over'
        ? remarked(state, 'The unfinished run is being removed; a moment.')
        : changed(state, 'connection', { view: 'unfinished', resolveError: null })
    case 'preview-waiting':
      return { ...state, step: 'connection', preview: { ...preview, confirmWhenReady: false } }
    case 'migration-failed':
      return { ...state, step: 'connection' }
    case 'preview':
      if (preview.marked.length > 0) return changed(state, 'preview', { marked: [] })
      return preview.filter.text === ''
        ? { ...state, step: 'connection' }
        : { ...state, preview: unfiltered(preview) }
    case 'preview-filter':
      return { ...state, preview: unfiltered(preview) }
    case 'column-editing':
      return changed(state, 'preview', { editing: null })
    case 'table':
      return changed(state, 'preview', { view: preview.openedFrom })
    case 'findings':
    case 'saving':
    case 'confirm':
      return changed(state, 'preview', { view: 'tables', saved: null })
    case 'summary-table':
    case 'summary-rejects':
      return changed(state, 'summary', { view: 'tables', line: 0 })
    case 'following':
      return state
    case 'cut-over':
    case 'cut-over-typing':
    case 'cut-over-accept':
      return leaveCutOver(state)
    case 'queries-folder':
    case 'queries-running':
    case 'queries':
      return leaveQueries(state)
    default:
      return place satisfies never
  }
}

/** Clears the filter and keeps the cursor on its table. */
const unfiltered = (preview: PreviewState): PreviewState =>
  keepingTable(preview, { ...preview, filter: noText, filtering: false })

/** Drops the comparison of snapshots that is under way. */
function leaveUnfinished(state: WizardState): WizardState {
  const { connection, preview } = state
  return {
    ...state,
    connection: { ...connection, view: 'address', resolving: 'none' },
    preview: connection.resolving === 'resuming' ? { ...preview, job: preview.job + 1 } : preview,
  }
}
