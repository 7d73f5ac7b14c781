/** Puts typed text into the field that has the focus. Pure. */

import { editText, type TextEdit } from '../../ui/text-edit.ts'
import { editCutOver } from '../acts/cutting-over.ts'
import { editQueriesFolder } from '../acts/judging.ts'
import { editFinishedName } from '../acts/past-run.ts'
import { placeOf } from '../state/place.ts'
import type { WizardState } from '../state/state.ts'
import { changed } from '../state/transition.ts'
import { editAddress } from '../steps/connection.ts'
import { editPath } from '../steps/discovery.ts'
import { editFilter } from '../steps/preview.ts'
import { editSummaryFilter } from '../steps/summary.ts'

export function typeText(state: WizardState, edit: TextEdit): WizardState {
  const { discovery, connection, preview } = state
  switch (placeOf(state)) {
    case 'discovery-adding':
      return { ...state, discovery: editPath(discovery, edit) }
    case 'connection-typing':
      return { ...state, connection: editAddress(connection, edit) }
    case 'connection':
      return pastedAddress(state, edit)
    case 'start-over':
      return changed(state, 'connection', { typedName: editText(connection.typedName, edit) })
    case 'rolling-back':
      return editFinishedName(state, edit)
    case 'preview-filter':
      return { ...state, preview: editFilter(preview, edit) }
    case 'column-editing': {
      const { editing } = preview
      const value = editText(editing!.value, edit)
      return changed(state, 'preview', { editing: { ...editing!, value } })
    }
    case 'summary-filter':
      return { ...state, summary: editSummaryFilter(state.summary, edit) }
    case 'cut-over-typing':
      return editCutOver(state, edit)
    case 'queries-folder':
      return editQueriesFolder(state, edit)
    case 'saving':
      return changed(state, 'preview', { saveTo: editText(preview.saveTo, edit), saved: null })
    default:
      return state
  }
}

/** A URL pasted anywhere on the connection screen goes into the address field. */
function pastedAddress(state: WizardState, edit: TextEdit): WizardState {
  if (edit.kind !== 'insert' || !/^\s*postgres(ql)?:\/\//.test(edit.text)) return state
  const { connection } = state
  const cleared = editAddress({ ...connection, kind: 'url', focus: 'url' }, { kind: 'clear' })
  return { ...state, connection: editAddress(cleared, edit) }
}
