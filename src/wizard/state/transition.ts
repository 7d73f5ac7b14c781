import type { Turn, WizardState } from './state.ts'

/** A turn without effects. */
export const only = (state: WizardState): Turn => ({ state, effects: [] })

type Part = { [K in keyof WizardState]: WizardState[K] extends object ? K : never }[keyof WizardState]

/** Returns the state with some fields of one part changed. */
export const changed = <P extends Part>(
  state: WizardState,
  part: P,
  change: Partial<WizardState[P]>,
): WizardState => ({ ...state, [part]: { ...state[part], ...change } })

/** Notes that something was refused or is missing. */
export const noted = (state: WizardState, text: string): Turn =>
  only({ ...state, note: { text, isWarning: true } })

/** Notes what has been done, or what is being waited for. */
export const remarked = (state: WizardState, text: string): WizardState => ({
  ...state,
  note: { text, isWarning: false },
})

/** Ends the wizard. */
export function leave(state: WizardState, exitCode: number): Turn {
  if (state.exitCode !== null) return { state, effects: [] }
  return { state: { ...state, exitCode }, effects: [{ type: 'leave' }] }
}
