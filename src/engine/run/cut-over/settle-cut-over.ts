/**
 * Settles a cut-over that was interrupted after its command had been started: the user says which database the application uses.
 * Invariant: rows that the other database got since are named, not changed.
 */
import { withChangeCapture } from '../../journal/change-capture.ts'
import { readFollow } from '../../journal/follow.ts'
import { nameChanges } from '../../journal/noted-changes.ts'
import { dropBarrier } from '../../journal/write-barrier.ts'
import { MigrateError } from '../../model/errors.ts'
import type { FollowRecord } from '../../model/follow.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { SettledCutOver, WrittenSince } from '../../model/live-answers.ts'
import { tablesInto } from '../../model/plan.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { chosenRun, type LaterRequest, onTarget } from '../connect/choose-run.ts'
import { reopenFollowing } from '../following/follow.ts'
import { addForeignKeys, dropForeignKeys, validateForeignKeys } from '../following/foreign-keys.ts'
import { runningCutOver } from '../following/running-cut-over.ts'
import { lateRowsOf } from '../following/verify-followed.ts'

export async function settleCutOver(
  request: LaterRequest & { readonly keep: 'sqlite' | 'postgres' },
): Promise<SettledCutOver> {
  return onTarget(request.target, async (connection) => {
    const record = await chosenRun(connection, request.run)
    const { run, plan } = record
    const known = await readFollow(connection, run)
    if (known === null || known.state !== 'switching') {
      throw new MigrateError(
        'copy',
        'nothing-to-settle',
        `Run ${run} is ${known?.state ?? 'not followed'}: there is no interrupted cut-over to settle.`,
        { hint: 'gpt-migrate status shows its state.' },
      )
    }
    refuseRunning(known, record, request.keep)
    const inSqlite = await lateRowsOf(connection, record, known)
    const inPostgres = await changedSince(connection, record)
    if (request.keep === 'sqlite') {
      await reopenFollowing(connection, record)
      return { run, state: 'following', inSqlite, inPostgres }
    }
    await connection.transaction(async () => {
      await dropForeignKeys(connection, plan)
      await addForeignKeys(connection, plan)
      await connection.query(
        `update gpt_migrate.follow set state = 'cut-over', epoch = epoch + 1 where run = $1`,
        [run],
      )
      await dropBarrier(connection)
    })
    await validateForeignKeys(connection, plan)
    return { run, state: 'cut-over', inSqlite, inPostgres }
  })
}

/** Throws `command-running`: which database the application starts on is unknown until the command has ended. */
function refuseRunning(known: FollowRecord, record: RunRecord, keep: 'sqlite' | 'postgres'): void {
  const { command, holder } = runningCutOver(known, record)
  if (command !== null && keep === 'sqlite')
    throw new MigrateError(
      'copy',
      'command-running',
      `The command of the cut-over still runs (process ${command}): the application may be working on PostgreSQL in a moment.`,
      { hint: 'Run this again once the command has ended, or stop it first.' },
    )
  if (holder === null) return
  throw new MigrateError(
    'copy',
    'command-running',
    `The command of the cut-over still runs, or its fence is still held (process ${holder}).`,
    { hint: 'Run this again once the command has ended; the fence ends with --hold at the latest.' },
  )
}

const MOST_KEYS = 5

/** Returns null when changes are not captured. */
async function changedSince(
  connection: Connection,
  { run, plan }: RunRecord,
): Promise<readonly WrittenSince[] | null> {
  const changes = await withChangeCapture(connection, async (capture) =>
    capture.run === run ? nameChanges(connection, MOST_KEYS) : null,
  )
  return (
    changes?.map(({ schema, table, rows, keys }) => {
      const [source] = tablesInto(plan, { schema, table })
      return { tableId: source?.id ?? `${schema}.${table}`, rows, keys }
    }) ?? null
  )
}
