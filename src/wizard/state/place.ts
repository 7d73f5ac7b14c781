/** Where in the wizard the person is, in as much detail as the keys need. Pure. */

import { openedTable } from '../steps/preview.ts'
import type { WizardState } from './state.ts'

export type Place =
  | 'help'
  | 'detail'
  | 'leaving'
  | 'discovery'
  | 'discovery-adding'
  | 'discovery-inside'
  | 'discovery-passed-over'
  | 'connection'
  | 'connection-typing'
  | 'unfinished'
  | 'unfinished-report'
  | 'start-over'
  | 'finished'
  | 'verified'
  | 'rolling-back'
  | 'preview-waiting'
  | 'preview'
  | 'preview-filter'
  | 'table'
  | 'column-editing'
  | 'findings'
  | 'saving'
  | 'confirm'
  | 'migration'
  | 'migration-failed'
  | 'summary'
  | 'summary-filter'
  | 'summary-table'
  | 'summary-rejects'
  | 'following'
  | 'cut-over'
  | 'cut-over-typing'
  | 'cut-over-accept'
  | 'queries-folder'
  | 'queries-running'
  | 'queries'

export function placeOf(state: WizardState): Place {
  if (state.leaving) return 'leaving'
  if (state.help) return 'help'
  if (state.detail !== null) return 'detail'
  switch (state.step) {
    case 'discovery':
      if (state.discovery.adding !== null) return 'discovery-adding'
      if (state.discovery.view === 'databases') return 'discovery'
      return state.discovery.view === 'inside' ? 'discovery-inside' : 'discovery-passed-over'
    case 'connection':
      if (state.connection.view === 'finished') return finishedPlaces[state.finished.view]
      if (state.connection.view !== 'address') return state.connection.view
      return state.connection.focus === 'kind' ? 'connection' : 'connection-typing'
    case 'preview':
      return previewPlace(state)
    case 'migration':
      return state.migration.phase === 'failed' ? 'migration-failed' : 'migration'
    case 'summary':
      return summaryPlace(state)
    default:
      return state.step satisfies never
  }
}

const finishedPlaces = { choices: 'finished', verify: 'verified', 'roll-back': 'rolling-back' } as const

function previewPlace({ preview }: WizardState): Place {
  if (preview.phase !== 'ready') return 'preview-waiting'
  if (preview.editing !== null) return 'column-editing'
  switch (preview.view) {
    case 'tables':
      return preview.filtering ? 'preview-filter' : 'preview'
    case 'table':
      return openedTable(preview) === null ? 'preview' : 'table'
    case 'findings':
    case 'confirm':
    case 'saving':
      return preview.view
    default:
      return preview.view satisfies never
  }
}

function summaryPlace({ summary, cutOver, judging }: WizardState): Place {
  switch (summary.view) {
    case 'tables':
      return summary.filtering ? 'summary-filter' : 'summary'
    case 'table':
      return 'summary-table'
    case 'rejects':
      return 'summary-rejects'
    case 'following':
      return 'following'
    case 'cut-over':
      if (cutOver.phase !== 'asking' || cutOver.rehearsal.kind !== 'ready') return 'cut-over'
      return cutOver.focus === 'accept' ? 'cut-over-accept' : 'cut-over-typing'
    case 'queries':
      return judgingPlaces[judging.phase]
    default:
      return summary.view satisfies never
  }
}

const judgingPlaces = { asking: 'queries-folder', running: 'queries-running', judged: 'queries' } as const

const typingPlaces: readonly Place[] = [
  'discovery-adding',
  'connection-typing',
  'start-over',
  'rolling-back',
  'preview-filter',
  'column-editing',
  'saving',
  'summary-filter',
  'cut-over-typing',
  'queries-folder',
]

/** Whether character keys type text there. */
export function isTyping(state: WizardState): boolean {
  return typingPlaces.includes(placeOf(state))
}
