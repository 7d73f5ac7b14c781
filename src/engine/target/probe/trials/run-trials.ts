/**
 * The trials at connect: a table of small experiments with what a run needs from the server, each with its fallback. Invariant: all run in
 * one transaction that is rolled back, each behind a savepoint of its own, so nothing remains.
 */
import { availableParallelism } from 'node:os'
import type { Trial } from '../../../model/trial.ts'
import type { Connection } from '../../connection/connection.ts'
import { TargetError } from '../../connection/pg-errors.ts'
import { extensionTrials } from './extension-trials.ts'
import { rightsTrials } from './rights-trials.ts'
import { serverTrials } from './server-trials.ts'
import { full, type Given, type Outcome, type TrialSpec } from './trial-spec.ts'

const TRIALS: readonly TrialSpec[] = [...serverTrials, ...rightsTrials, ...extensionTrials]

/** Always passed, because the caller that opened the target has called `refuseTransactionPooling`. */
const pooler: Trial = {
  name: 'pooler',
  tried: 'two sessions at once',
  ...full('Each session has a backend of its own.'),
}

/** `jobs`: the number of workers requested; null for one per core. */
export async function runTrials(connection: Connection, jobs: number | null): Promise<readonly Trial[]> {
  const trials: Trial[] = []
  await connection.execute('begin')
  try {
    const given = await readGiven(connection, jobs ?? availableParallelism())
    for (const { name, tried, attempt } of TRIALS) {
      const outcome = await attemptSafely(connection, () => attempt(connection, given))
      if (outcome !== null) trials.push({ name, tried, ...outcome })
    }
  } finally {
    if (connection.lost === null) await connection.execute('rollback')
  }
  return [pooler, ...trials]
}

async function readGiven(connection: Connection, jobs: number): Promise<Given> {
  const row = await connection.queryOne<{ role: string; database: string; writes: boolean }>(
    `select current_user::text as role, current_database()::text as database,
            not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writes`,
  )
  return { role: row.role, database: row.database, takesWrites: row.writes, jobs }
}

/** A trial that the server does not understand yields nothing: the run continues, and the report says what is unknown. */
async function attemptSafely(
  connection: Connection,
  attempt: () => Promise<Outcome | null>,
): Promise<Outcome | null> {
  await connection.execute('savepoint trial')
  let outcome: Outcome | null
  try {
    outcome = await attempt()
  } catch (error) {
    if (!(error instanceof TargetError) || connection.lost !== null) throw error
    outcome = { outcome: 'fallback', sentence: `It could not be tried: ${error.message}`, help: error.hint }
  }
  await connection.execute('rollback to savepoint trial')
  return outcome
}
