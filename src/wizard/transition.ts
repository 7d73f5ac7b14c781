import type { Turn, WizardState } from './state.ts'

/** A turn that asks nothing of the engine. */
export const only = (state: WizardState): Turn => ({ state, effects: [] })

export const noted = (state: WizardState, note: string): Turn => only({ ...state, note })

/** The end of the wizard. */
export function leave(state: WizardState, exitCode: number): Turn {
  if (state.exitCode !== null) return { state, effects: [] }
  return { state: { ...state, exitCode }, effects: [{ type: 'leave' }] }
}
