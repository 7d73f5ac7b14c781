/**
 * The one table of keys: which key does what, where and when. The hint line, the help and the documentation are made from it, and
 * nothing else listens to keys. Pure.
 */

import { typedText } from '../../ui/key-names.ts'
import type { TextEdit } from '../../ui/text-edit.ts'
import { isTyping, placeOf } from '../state/place.ts'
import type { Action, WizardState } from '../state/state.ts'
import { afterKeys } from './after.ts'
import type { Binding } from './binding.ts'
import { connectionKeys } from './connection.ts'
import { discoveryKeys } from './discovery.ts'
import { everywhereKeys } from './everywhere.ts'
import { movingKeys } from './moving.ts'
import { previewKeys } from './preview.ts'
import { runKeys } from './run.ts'

/** Of several bindings for a key at a place, the first that works now applies. */
export const bindings: readonly Binding[] = [
  movingKeys,
  discoveryKeys,
  connectionKeys,
  previewKeys,
  runKeys,
  afterKeys,
  everywhereKeys,
].flat()

/** Returns what a key does now; null when it does nothing. */
export function actionOf(state: WizardState, key: string): Action | null {
  if (key === 'ctrl+c') return { type: 'interrupt', signal: 'SIGINT' }
  if (isTyping(state)) {
    const edit = editOf(key)
    if (edit !== null) return { type: 'edit', edit }
  }
  return workingBindings(state).find(({ keys }) => keys.includes(key))?.action ?? null
}

/** The bindings that work now, in the order of the table. */
export function workingBindings(state: WizardState): readonly Binding[] {
  const place = placeOf(state)
  return bindings.filter(({ places, when }) => places.includes(place) && (when === undefined || when(state)))
}

export const wordOf = (binding: Binding, state: WizardState): string =>
  typeof binding.does === 'string' ? binding.does : binding.does(state)

const editKeys: Readonly<Record<string, TextEdit>> = {
  backspace: { kind: 'backspace' },
  delete: { kind: 'delete' },
  left: { kind: 'left' },
  right: { kind: 'right' },
  home: { kind: 'home' },
  end: { kind: 'end' },
  'ctrl+a': { kind: 'home' },
  'ctrl+e': { kind: 'end' },
  'ctrl+u': { kind: 'clear' },
  'ctrl+w': { kind: 'delete-word' },
}

function editOf(key: string): TextEdit | null {
  const text = typedText(key)
  return text === null ? (editKeys[key] ?? null) : { kind: 'insert', text }
}
