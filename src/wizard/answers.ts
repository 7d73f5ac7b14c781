/** The answers as the command line would give them. Pure. */

import type { PlanOptions } from '../engine/door/index.ts'
import { targetText } from './connection.ts'
import { chosenSources, salvages } from './discovery.ts'
import type { WizardState } from './state.ts'

export type WizardAnswers = {
  readonly sources: readonly string[]
  readonly target: string | null
  /** Table ids. */
  readonly exclude: readonly string[]
  /** With what was switched on or off in the preview. */
  readonly options: PlanOptions
  readonly salvage: boolean
}

export function answersOf(state: WizardState): WizardAnswers {
  const { discovery, preview, given } = state
  return {
    sources: chosenSources(discovery),
    target: namedTarget(state),
    exclude: preview.edits
      .filter(({ column, change }) => column === null && change.kind === 'exclude')
      .map(({ tableId }) => tableId),
    options: preview.options,
    salvage: salvages(discovery, given),
  }
}

/** Null where the environment names the same target; never with a password. */
function namedTarget({ connection, given }: WizardState): string | null {
  if (connection.kind === 'embedded') return targetText(connection)
  const { target, env } = given.target
  if (connection.kind === 'url' && target === null && connection.values.url.text === env.DATABASE_URL)
    return null
  return connection.tested.kind === 'passed' ? connection.tested.test.url : null
}
