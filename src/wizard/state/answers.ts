/** The person's answers as options of the command line. Pure. */

import type { EpochUnit, PlanOptions } from '../../engine/door/index.ts'
import { passedTest, targetText } from '../steps/connection.ts'
import { chosenSources, salvages } from '../steps/discovery.ts'
import type { WizardState } from './state.ts'

export type WizardAnswers = {
  readonly sources: readonly string[]
  readonly target: string | null
  /** Table ids. */
  readonly exclude: readonly string[]
  /** The options of the run, with what was switched on or off in the preview. */
  readonly options: PlanOptions
  /** The unit of numbers that are times, by `database/table.column`. */
  readonly epochs: Readonly<Record<string, EpochUnit>>
  readonly salvage: boolean
  /** The file that holds the changed plan; null when options express all changes. */
  readonly planFile: string | null
}

/** Whether some changes to the plan cannot be expressed as options. */
export const needsPlanFile = ({ preview }: WizardState): boolean =>
  preview.planned.edits.some(({ change }) => change.kind !== 'exclude' && change.kind !== 'epoch')

export function answersOf(state: WizardState, planFile: string | null): WizardAnswers {
  const { discovery, preview, given } = state
  return {
    sources: chosenSources(discovery),
    target: namedTarget(state),
    exclude: preview.edits
      .filter(({ column, change }) => column === null && change.kind === 'exclude')
      .map(({ tableId }) => tableId),
    options: preview.options,
    epochs: Object.fromEntries(
      preview.edits.flatMap(({ tableId, column, change }) =>
        column !== null && change.kind === 'epoch' ? [[`${nameOfId(tableId)}.${column}`, change.unit]] : [],
      ),
    ),
    salvage: salvages(discovery, given),
    planFile: planFile ?? given.planFile ?? null,
  }
}

/** Reverses `tableIdOf`. */
function nameOfId(tableId: string): string {
  return tableId.replaceAll('%2F', '/').replaceAll('%25', '%')
}

/** The target as an option, never with a password; null when the environment names the same target. */
function namedTarget({ connection, given }: WizardState): string | null {
  if (connection.kind === 'embedded') return targetText(connection)
  const { target, env } = given.target
  if (connection.kind === 'url' && target === null && connection.values.url.text === env.DATABASE_URL)
    return null
  return passedTest({ connection })?.url ?? null
}
