import type { Plan, TablePlan } from '../engine/door/index.ts'
import type { WizardState } from '../wizard/state/state.ts'

/** The props of a tab: what it draws from, and its number of rows. */
export type TabProps = {
  readonly state: WizardState
  readonly table: TablePlan
  readonly plan: Plan
  readonly height: number
}
