/** What a trial of the probe consists of. Invariant: everything a trial does is rolled back to the savepoint before it. */
import type { Trial } from '../../../model/trial.ts'
import { quoteIdentifier } from '../../../syntax/postgres-names.ts'
import type { Connection } from '../../connection/connection.ts'
import { TargetError } from '../../connection/pg-errors.ts'
import { refusalOf } from '../../connection/savepoint.ts'

export type TrialSpec = Pick<Trial, 'name' | 'tried'> & {
  /** Returns null when there is nothing to try on this server. */
  readonly attempt: (connection: Connection, given: Given) => Promise<Outcome | null>
}

/** What the trials need to know. */
export type Given = {
  readonly role: string
  readonly database: string
  /** Whether the server accepts writes; trials that write run only then. */
  readonly takesWrites: boolean
  /** The number of workers requested. */
  readonly jobs: number
}

export type Outcome = Omit<Trial, 'name' | 'tried'>

export const full = (sentence: string): Outcome => ({ outcome: 'full', sentence, help: null })

export const fallback = (sentence: string, help: string | null): Outcome => ({
  outcome: 'fallback',
  sentence,
  help,
})

export const refused = (code: string, sentence: string, help: string): Outcome => ({
  outcome: 'refused',
  code,
  sentence,
  help,
})

/** Returns the server's refusal of the statements; null when it executes them. Throws when the connection is lost. */
export function refusalOfSql(connection: Connection, sql: string): Promise<TargetError | null> {
  const isRefusal = (error: unknown): error is TargetError =>
    error instanceof TargetError && connection.lost === null
  return refusalOf(connection, isRefusal, () => connection.execute(sql))
}

/** `grant … to "role";`, ready for psql. */
export function grantTo({ role }: Given, right: string): string {
  return `grant ${right} to ${quoteIdentifier(role)};`
}
