/** Completes typed paths from the file system, and makes sample databases. Pure. */
import { textValue } from '../../ui/text-edit.ts'
import { placeOf } from '../state/place.ts'
import type { Answered, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only, remarked } from '../state/transition.ts'
import { editAddress } from '../steps/connection.ts'
import { beginSearch } from '../steps/discovery.ts'

/** The text of the path field that has the focus; null when there is none. */
function typedPath(state: WizardState): string | null {
  switch (placeOf(state)) {
    case 'discovery-adding':
      return state.discovery.adding?.text ?? null
    case 'saving':
      return state.preview.saveTo.text
    case 'queries-folder':
      return state.judging.folder.text
    case 'connection-typing':
      return state.connection.focus === 'folder' ? state.connection.values.folder.text : null
    default:
      return null
  }
}

export function complete(state: WizardState): Turn {
  const text = typedPath(state)
  return text === null ? only(state) : { state, effects: [{ type: 'complete-path', text }] }
}

/** Puts the completion in, unless the text has changed meanwhile; lists the choices when there are several. */
export function applyCompletion(
  state: WizardState,
  { asked, text, choices }: Extract<Answered, { type: 'path-completed' }>,
): Turn {
  if (typedPath(state) !== asked) return only(state)
  const completed = withPath(state, text)
  if (choices.length === 0) return noted(completed, 'Nothing there begins so.')
  return only(choices.length === 1 ? completed : remarked(completed, choices.slice(0, 12).join('  ')))
}

function withPath(state: WizardState, text: string): WizardState {
  const { connection } = state
  const value = textValue(text)
  switch (placeOf(state)) {
    case 'discovery-adding':
      return changed(state, 'discovery', { adding: value, addError: null })
    case 'saving':
      return changed(state, 'preview', { saveTo: value, saved: null })
    case 'queries-folder':
      return changed(state, 'judging', { folder: value, error: null })
    case 'connection-typing': {
      const cleared = editAddress(connection, { kind: 'clear' })
      return { ...state, connection: editAddress(cleared, { kind: 'insert', text }) }
    }
    default:
      return state
  }
}

/** Makes sample databases in a folder of their own, for users who have none at hand. */
export function makeSamples(state: WizardState): Turn {
  const { discovery } = state
  if (discovery.search === 'running') return only(state)
  return {
    state: {
      ...state,
      discovery: { ...discovery, search: 'running', searches: discovery.searches + 1, searching: [] },
      note: null,
    },
    effects: [{ type: 'make-samples' }],
  }
}

export function applySamples(state: WizardState, folder: string): Turn {
  const { discovery } = state
  const searching = beginSearch(discovery, [folder])
  return {
    state: { ...state, discovery: searching },
    effects: [{ type: 'search', search: searching.searches, paths: searching.searching }],
  }
}
