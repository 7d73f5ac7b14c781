import type { Turn, WizardState } from './state.ts'

/** A turn that asks nothing of the engine. */
export const only = (state: WizardState): Turn => ({ state, effects: [] })

export const noted = (state: WizardState, note: string): Turn => only({ ...state, note })
