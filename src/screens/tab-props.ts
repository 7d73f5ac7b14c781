import type { Plan, TablePlan } from '../engine/door/index.ts'
import type { WizardState } from '../wizard/state/state.ts'

/** What a tab of an opened table is drawn from, and how many rows it has. */
export type TabProps = {
  readonly state: WizardState
  readonly table: TablePlan
  readonly plan: Plan
  readonly height: number
}
