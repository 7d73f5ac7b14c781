/** Escape: one step back, or out of what is open. No answer is lost. Pure. */

import { noText } from '../ui/text-edit.ts'
import { placeOf } from './place.ts'
import type { WizardState } from './state.ts'

export function goBack(state: WizardState): WizardState {
  const { discovery, connection, preview } = state
  const place = placeOf(state)
  switch (place) {
    case 'help':
      return { ...state, help: false }
    case 'discovery':
    case 'migration':
    case 'summary':
      return state
    case 'discovery-adding':
      return { ...state, discovery: { ...discovery, adding: null, addError: null } }
    case 'discovery-inside':
    case 'discovery-passed-over':
      return { ...state, discovery: { ...discovery, view: 'databases', scroll: 0 } }
    case 'connection':
      return { ...state, step: 'discovery' }
    case 'connection-typing':
      return { ...state, connection: { ...connection, focus: 'kind' } }
    case 'unfinished':
      return { ...state, connection: { ...connection, view: 'address' } }
    case 'unfinished-report':
    case 'start-over':
      return { ...state, connection: { ...connection, view: 'unfinished', resolveError: null } }
    case 'preview-waiting':
    case 'migration-failed':
      return { ...state, step: 'connection' }
    case 'preview':
      if (preview.filter.text !== '') return { ...state, preview: { ...preview, filter: noText, cursor: 0 } }
      return { ...state, step: 'connection' }
    case 'preview-filter':
      return { ...state, preview: { ...preview, filter: noText, filtering: false, cursor: 0 } }
    case 'column-editing':
      return { ...state, preview: { ...preview, editing: null } }
    case 'table':
    case 'findings':
    case 'saving':
    case 'confirm':
      return { ...state, preview: { ...preview, view: 'tables', saved: null } }
    case 'summary-table':
      return { ...state, summary: { ...state.summary, view: 'tables', scroll: 0 } }
    default:
      return place satisfies never
  }
}
