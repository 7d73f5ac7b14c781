/** The help: all keys that work where it was opened, then the glossary. Pure. */
import { bodyColumns, bodyRows } from '../../ui/layout.ts'
import { wrapText } from '../../ui/text.ts'
import type { WizardState } from '../state/state.ts'
import { glossary, words } from '../steps/glossary.ts'
import { workingBindings } from './keys.ts'

type HelpLine = {
  readonly kind: 'key' | 'title' | 'word'
  readonly term: string
  readonly text: string
}

export const helpTermWidth = 16

export function helpLines(state: WizardState): readonly HelpLine[] {
  const there = { ...state, help: false }
  const width = bodyColumns(state.terminal) - helpTermWidth - 2
  const entry = (kind: 'key' | 'word', term: string, text: string): HelpLine[] =>
    wrapText(text, width).map((line, index) => ({ kind, term: index === 0 ? term : '', text: line }))
  return [
    ...workingBindings(there)
      .filter(({ shown, explains }) => shown !== '' && explains !== '')
      .flatMap(({ shown, explains }) => entry('key', shown, explains)),
    { kind: 'title', term: '', text: '' },
    { kind: 'title', term: 'Words', text: '' },
    ...words.flatMap((word) => entry('word', word, glossary[word])),
  ]
}

/** The lines of help that fit below the title, less one for the count of hidden lines. */
export const helpRows = ({ terminal, step }: WizardState): number =>
  bodyRows(terminal) - 3 - (step === 'migration' ? 1 : 0)

export function scrolledHelp(state: WizardState, by: number): WizardState {
  const last = Math.max(0, helpLines(state).length - helpRows(state))
  return { ...state, helpScroll: Math.max(0, Math.min(last, state.helpScroll + by)) }
}
