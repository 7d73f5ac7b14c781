/**
 * The steps of following: the target is prepared, then round after round is applied until it is stopped. Invariant: transient errors (a
 * server that restarts, a locked source, a full disk) are waited out; any other is reported.
 */
import { now, type RunContext } from '../../events/run-context.ts'
import { Follower, type FollowWork } from '../../follow/follower.ts'
import {
  type ChangeCapture,
  dropChangeCapture,
  readChangeCapture,
  withChangeCapture,
} from '../../journal/change-capture.ts'
import { beginFollow, readFollow } from '../../journal/follow.ts'
import { readForwards, withPresentSources } from '../../journal/forward.ts'
import { createJournal } from '../../journal/schema.ts'
import { MigrateError } from '../../model/errors.ts'
import type { FollowRecord } from '../../model/follow.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { FollowAnswer } from '../../model/live-answers.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { chosenRun, type LaterRequest, unfinished } from '../connect/choose-run.ts'
import { openTarget } from '../connect/open-target.ts'
import { folderOf, verifySnapshots } from '../prepare/resume.ts'
import { Rounds } from './follow-rounds.ts'
import { refuseUnfollowable } from './followable.ts'
import { dropForeignKeys } from './foreign-keys.ts'
import { goForward } from './go-forward.ts'
import { resync } from './resync.ts'
import { runningCutOver } from './running-cut-over.ts'

/** Follows an earlier run until it is stopped. */
export async function followRun(
  request: LaterRequest & { readonly resync: readonly string[] },
  context: RunContext,
): Promise<FollowAnswer> {
  await using target = await openTarget(request.target)
  if (request.resync.length > 0)
    await resync(await prepareFollowing(target.address, request.run, context), request.resync, context)
  const work = await prepareFollowing(target.address, request.run, context)
  return await follow(work, context)
}

/**
 * Returns what is needed to follow a run; prepares the target when it has not been followed before. With `forward`, a run whose application
 * was moved back to SQLite is followed from the files of the fallback.
 */
export async function prepareFollowing(
  address: TargetAddress,
  run: string | null,
  forward: Pick<RunContext, 'emit'> | null,
): Promise<FollowWork> {
  await using connection = await connect(address)
  const chosen = await chosenRun(connection, run)
  if (chosen.status !== 'finished') throw unfinished(chosen.run, "it can't be followed yet")
  await refuseUnfollowable(connection, chosen)
  const record =
    (await forwardAgain(connection, chosen, forward)) ?? (await continueFollowing(connection, chosen))
  const { plan, catalogs, snapshots } = record
  const [files] = await readForwards(connection, record.run)
  const pass = files?.pass ?? null
  const firstRound = files?.firstRound ?? 0
  // After the first round, the following compares with its own copies of the files instead of the snapshots.
  const { round } = (await readFollow(connection, record.run))!
  if (round === firstRound) await verifySnapshots(record)
  return { run: record.run, folder: folderOf(record), plan, catalogs, snapshots, address, pass, firstRound }
}

/** Returns null when the application was not moved back. */
async function forwardAgain(
  connection: Connection,
  record: RunRecord,
  forward: Pick<RunContext, 'emit'> | null,
): Promise<RunRecord | null> {
  const capture = await withChangeCapture(connection, async (found) => found)
  if (capture === null || capture.run !== record.run) return null
  switch (capture.state) {
    case 'current': {
      // Changes are captured from before a cut-over that did not happen, or since one: the state shows which.
      if ((await readFollow(connection, record.run)) === null) throw changesNoted(record)
      return null
    }
    case 'switching':
      throw backUnsettled(record)
    case 'fallen back':
      if (forward === null) throw fallenBack(record, capture)
      return goForward(connection, record, forward)
    default:
      return capture.state satisfies never
  }
}

async function continueFollowing(connection: Connection, record: RunRecord): Promise<RunRecord> {
  const known = await readFollow(connection, record.run)
  if (known === null) await makeReady(connection, record)
  else if (known.state === 'fenced') await reopenFollowing(connection, record)
  else {
    refuseState(known, record)
    // A cut-over was interrupted before its fence: its change capture is still active and would record the rounds.
    const captured = await withChangeCapture(connection, async ({ run }) => run)
    if (captured === record.run) await reopenFollowing(connection, record)
  }
  return withPresentSources(connection, record)
}

function refuseState(known: FollowRecord, record: RunRecord): void {
  const { run, state, cutOver } = known
  if (state === 'following') return
  if (state !== 'switching') {
    throw new MigrateError('copy', 'not-following', `Run ${run} is ${state}: it isn't followed any more.`, {
      hint: 'gpt-migrate status shows its state.',
    })
  }
  const { command, holder } = runningCutOver(known, record)
  const running = command ?? holder
  if (running !== null) {
    throw new MigrateError(
      'copy',
      'cut-over-under-way',
      `A cut-over of run ${run} is under way: ${command === null ? 'the writers of the old files are still kept out' : 'its command still runs'} (process ${running}).`,
      { hint: 'Leave it alone until it has ended; gpt-migrate status then shows what came of it.' },
    )
  }
  const how =
    cutOver?.commandEndedAt == null
      ? 'was interrupted when its command had been started, or was about to be'
      : 'has not come to its end: its command failed'
  throw new MigrateError(
    'copy',
    'cut-over-unsettled',
    `A cut-over of run ${run} ${how}. Which side the application uses has to be said.`,
    {
      hint: 'If it uses SQLite: gpt-migrate cutover --keep sqlite --yes. If it uses PostgreSQL: gpt-migrate cutover --keep postgres --yes.',
    },
  )
}

function backUnsettled({ run }: RunRecord): MigrateError {
  return new MigrateError(
    'copy',
    'back-unsettled',
    `The way back of run ${run} to SQLite was interrupted after the switch: which side the application uses has to be said.`,
    {
      hint: 'If it uses the files: gpt-migrate cutover --back --keep sqlite --yes. If it uses PostgreSQL: gpt-migrate cutover --back --keep postgres --yes.',
    },
  )
}

function fallenBack({ run }: RunRecord, { folder }: ChangeCapture): MigrateError {
  return new MigrateError(
    'copy',
    'fallen-back',
    `The application of run ${run} was moved back to the SQLite files in ${folder}.`,
    { hint: 'gpt-migrate follow brings what is written there into PostgreSQL again.' },
  )
}

function changesNoted({ run }: RunRecord): MigrateError {
  return new MigrateError(
    'copy',
    'not-following',
    `Changes to the tables of run ${run} are being noted for the fallback: PostgreSQL is in use, and following would overwrite them.`,
    { hint: 'gpt-migrate fallback --end ends that, if no application uses PostgreSQL.' },
  )
}

/** Reopens a run whose cut-over ended before its command was started; no process renews that cut-over's fence, so it is open again. */
export async function reopenFollowing(connection: Connection, { run, plan }: RunRecord): Promise<void> {
  const reopen = async (): Promise<void> => {
    await dropForeignKeys(connection, plan)
    if ((await readChangeCapture(connection))?.run === run) await dropChangeCapture(connection)
    // The process of that cut-over may still run: raising the epoch locks it out.
    await connection.query(
      `update gpt_migrate.follow set state = 'following', cut_over = null, epoch = epoch + 1 where run = $1`,
      [run],
    )
  }
  await connection.transaction(reopen, { durably: true })
}

/** Drops foreign keys until the cut-over: a round reads several files at different moments, so a child row may come before its parent. */
async function makeReady(connection: Connection, record: RunRecord): Promise<void> {
  const takenAt = record.snapshots.map((snapshot) => snapshot.takenAt).sort()[0] ?? now()
  await connection.transaction(async () => {
    await createJournal(connection)
    await dropForeignKeys(connection, record.plan)
    await beginFollow(connection, record.run, takenAt)
  })
}

/** Applies rounds until it is stopped. */
export async function follow(work: FollowWork, context: RunContext): Promise<FollowAnswer> {
  const follower = new Follower(work, context.emit)
  try {
    const rounds = new Rounds(follower, context)
    const record = await rounds.open()
    if (record !== null) {
      const { run } = work
      context.emit({ type: 'follow-started', run, round: record.round, epoch: follower.epoch, at: now() })
    }
    while (await context.control.mayContinue()) await rounds.next()
    context.emit({ type: 'follow-stopped', round: follower.round, isTakenOver: false, at: now() })
    return { run: work.run, round: follower.round, isTakenOver: false, stoppedBy: context.control.stoppedBy }
  } catch (error) {
    if (!(error instanceof MigrateError) || error.code !== 'follow-lost') throw error
    const { round } = follower
    context.emit({ type: 'follow-stopped', round, isTakenOver: true, at: now() })
    return { run: work.run, round, isTakenOver: true, stoppedBy: null }
  } finally {
    await follower.close()
  }
}
