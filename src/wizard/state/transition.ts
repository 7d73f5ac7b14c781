import type { Turn, WizardState } from './state.ts'

/** A turn that asks nothing of the engine. */
export const only = (state: WizardState): Turn => ({ state, effects: [] })

type Part = { [K in keyof WizardState]: WizardState[K] extends object ? K : never }[keyof WizardState]

/** The state with some of what one of its parts says changed. */
export const changed = <P extends Part>(
  state: WizardState,
  part: P,
  change: Partial<WizardState[P]>,
): WizardState => ({ ...state, [part]: { ...state[part], ...change } })

/** A refusal, or what is missing. */
export const noted = (state: WizardState, text: string): Turn =>
  only({ ...state, note: { text, isWarning: true } })

/** What is done, or being waited for. */
export const remarked = (state: WizardState, text: string): WizardState => ({
  ...state,
  note: { text, isWarning: false },
})

/** The end of the wizard. */
export function leave(state: WizardState, exitCode: number): Turn {
  if (state.exitCode !== null) return { state, effects: [] }
  return { state: { ...state, exitCode }, effects: [{ type: 'leave' }] }
}
