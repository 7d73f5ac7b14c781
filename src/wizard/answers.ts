/** The answers as the command line would give them. Pure. */
import type { WizardState } from '../wizard.ts'
import { targetText } from './connection.ts'
import { chosenSources, salvages } from './discovery.ts'

export type WizardAnswers = {
  readonly sources: readonly string[]
  readonly target: string | null
  /** Table ids. */
  readonly exclude: readonly string[]
  readonly allowMissing: boolean
  readonly salvage: boolean
}

export function answersOf({ discovery, connection, preview, given }: WizardState): WizardAnswers {
  return {
    sources: chosenSources(discovery),
    target:
      connection.origin !== null &&
      connection.kind !== 'embedded' &&
      isAsProposed(connection.values.url.text, given.target.env.DATABASE_URL)
        ? given.target.target
        : targetText(connection),
    exclude: preview.edits
      .filter(({ column, change }) => column === null && change.kind === 'exclude')
      .map(({ tableId }) => tableId),
    allowMissing: preview.allowMissing,
    salvage: salvages(discovery, given),
  }
}

const isAsProposed = (url: string, proposed: string | undefined): boolean => url !== '' && url === proposed
