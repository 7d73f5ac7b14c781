/**
 * The story of following: the target is made ready, then round after round until it is stopped. Invariant: what passes (a server that
 * restarts, a source that is locked, a full disk) is waited for; what doesn't is said.
 */

import { existsSync, statfsSync } from 'node:fs'
import { now, type RunContext } from '../events/run-context.ts'
import { Follower, type FollowWork, type RoundOutcome } from '../follow/follower.ts'
import { beginFollow, readFollow } from '../journal/follow.ts'
import { createJournal } from '../journal/journal.ts'
import type { FollowAnswer } from '../model/answers.ts'
import { MigrateError, toPlainError } from '../model/errors.ts'
import type { FollowRecord, TableTally } from '../model/follow.ts'
import type { RunRecord } from '../model/journal.ts'
import type { Plan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { readHeader } from '../source/base/file-header.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { TargetAddress } from '../target/address.ts'
import { type Connection, connect } from '../target/connection.ts'
import { dropForeignKeys } from './foreign-keys.ts'
import { openTarget } from './open-target.ts'
import { chosenRun, type LaterRequest } from './past-runs.ts'
import { resumePrepared } from './resume.ts'

/** Goes on with the following of an earlier run until it is stopped. */
export async function followRun(request: LaterRequest, context: RunContext): Promise<FollowAnswer> {
  const target = await openTarget(request.target)
  try {
    const work = await prepareFollowing(target.address, request.run)
    return await follow(work, context)
  } finally {
    await target.close()
  }
}

/** What is needed to follow a run; makes the target ready where it is followed for the first time. */
export async function prepareFollowing(address: TargetAddress, run: string | null): Promise<FollowWork> {
  const connection = await connect(address)
  try {
    const record = await chosenRun(connection, run)
    refuseUnfit(record)
    const known = await readFollow(connection, record.run)
    if (known === null) await makeReady(connection, record)
    else if (known.state === 'fenced') await reopenFollowing(connection, record)
    else refuseState(known)
    const { folder, plan, catalogs, snapshots } = await resumePrepared(record, null)
    return { run: record.run, folder, plan, catalogs, snapshots, address }
  } finally {
    await connection.end()
  }
}

function refuseUnfit({ run, status, plan, snapshots }: RunRecord): void {
  if (status !== 'finished') {
    throw new MigrateError(
      'copy',
      'run-unfinished',
      `Run ${run} is not finished: it can't be followed yet.`,
      {
        hint: 'Run the migration again: it goes on where it stopped.',
      },
    )
  }
  refuseUnfollowable(plan, snapshots)
}

/** File systems over a network, which may not carry the locks that a fence is made of (statfs(2)). */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
])

/** Throws when the run can't be followed, whatever is written to its sources. */
export function refuseUnfollowable(
  plan: Plan,
  snapshots: readonly Pick<Snapshot, 'path'>[],
  isSalvaged = false,
): void {
  const refuse = (why: string, hint: string): never => {
    throw new MigrateError('plan', 'not-followable', `${why}: such a run can't be followed.`, { hint })
  }
  const standIn = plan.findings.find(
    ({ code }) => code === 'collation-unknown' || code === 'function-unknown',
  )
  if (standIn !== undefined)
    refuse(
      `${standIn.table} is ordered or computed by what only the application has`,
      'Move it while the application is stopped.',
    )
  const filled = plan.schema.tables.filter(({ existing }) => existing)
  if (filled.length > 0)
    refuse(
      `${filled.map(quoteTable).join(', ')} ${filled.length === 1 ? 'was' : 'were'} there before the run`,
      'Follow a run that creates its tables (without --data-only).',
    )
  if (isSalvaged) refuse('What can be read of a damaged file is moved', 'Repair the file first.')
  for (const { path } of snapshots) {
    if (!existsSync(path)) continue
    if (!readHeader(path).isSqlite)
      refuse(`${path} is no database that an application writes to`, 'Name the database file itself.')
    const network = NETWORK_FILE_SYSTEMS.get(statfsSync(path).type)
    if (network !== undefined)
      refuse(`${path} is on a network file system (${network})`, 'Run on the machine where the file is.')
  }
}

function refuseState({ run, state }: FollowRecord): void {
  if (state === 'following') return
  if (state === 'switching') {
    throw new MigrateError(
      'copy',
      'cut-over-unsettled',
      `A cut-over of run ${run} was interrupted after its command had been started: which side the application uses has to be said.`,
      {
        hint: 'gpt-migrate cutover --keep sqlite (the application goes on with SQLite) or --keep postgres (it goes on with PostgreSQL).',
      },
    )
  }
  throw new MigrateError('copy', 'not-following', `Run ${run} is ${state}: it isn't followed any more.`, {
    hint: 'gpt-migrate status shows its state.',
  })
}

/** A cut-over that ended before its command was started: its fence is open again, since nobody renews it. */
export async function reopenFollowing(connection: Connection, { run, plan }: RunRecord): Promise<void> {
  await connection.transaction(async () => {
    await dropForeignKeys(connection, plan)
    // Whoever had it may not be gone yet: its epoch is over.
    await connection.query(
      `update gpt_migrate.follow set state = 'following', cut_over = null, epoch = epoch + 1 where run = $1`,
      [run],
    )
  })
}

/** Foreign keys come back at the cut-over: a round may bring a child before its parent, since several files are not of one moment. */
async function makeReady(connection: Connection, record: RunRecord): Promise<void> {
  const takenAt = record.snapshots.map((snapshot) => snapshot.takenAt).sort()[0] ?? now()
  await connection.transaction(async () => {
    await createJournal(connection)
    await dropForeignKeys(connection, record.plan)
    await beginFollow(connection, record.run, takenAt)
  })
}

/** Round after round until it is stopped. */
export async function follow(work: FollowWork, context: RunContext): Promise<FollowAnswer> {
  const follower = new Follower(work, context.emit)
  try {
    const record = await follower.open()
    context.emit({
      type: 'follow-started',
      run: work.run,
      round: record.round,
      epoch: follower.epoch,
      at: now(),
    })
    const rounds = new Rounds(follower, context, record)
    while (await context.control.goOn()) await rounds.next()
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

const SHORTEST_MS = 200
const LONGEST_MS = 5_000
/** A reader that holds writers up rests so many times as long. */
const REST = 50
const LAG_EVERY_MS = 1_000
const LONGEST_BACK_OFF_MS = 10_000

/** One round after the other, no more often than is good for the application. */
class Rounds {
  readonly #follower: Follower
  readonly #context: RunContext
  #totals: { inserted: number; updated: number; deleted: number; quarantined: number }
  readonly #tables = new Map<string, TableTally>()
  #attempts = 0
  #toldAt = 0
  readonly #toldProblems = new Set<string>()

  constructor(follower: Follower, context: RunContext, { rows }: FollowRecord) {
    this.#follower = follower
    this.#context = context
    this.#totals = { ...rows, quarantined: 0 }
  }

  async next(): Promise<void> {
    const startedAt = performance.now()
    const outcome = await this.#take()
    if (outcome === null) return
    if (outcome.kind === 'later') {
      await this.#wait(outcome.reason)
      return
    }
    this.#attempts = 0
    this.#tell(outcome)
    this.#follower.settle()
    const rest = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, outcome.heldMs * REST))
    const leftMs = Math.max(0, rest - (performance.now() - startedAt))
    await this.#context.control.wait(leftMs, this.#follower.lost)
  }

  async #take(): Promise<RoundOutcome | null> {
    try {
      return await this.#follower.takeRound()
    } catch (error) {
      if (!isPassing(error)) throw error
      await this.#wait(toPlainError(error).message)
      await this.#reopen()
      return null
    }
  }

  async #reopen(): Promise<void> {
    while (await this.#context.control.goOn()) {
      try {
        await this.#follower.disconnect()
        await this.#follower.open()
        return
      } catch (error) {
        if (!isPassing(error)) throw error
        await this.#wait(toPlainError(error).message)
      }
    }
  }

  async #wait(reason: string): Promise<void> {
    const attempt = ++this.#attempts
    this.#context.emit({ type: 'follow-waiting', reason, attempt, at: now() })
    const backOffMs = Math.min(LONGEST_BACK_OFF_MS, SHORTEST_MS * 2 ** Math.min(attempt - 1, 10))
    await this.#context.control.wait(backOffMs, this.#follower.lost)
  }

  #tellProblems(): void {
    for (const { tableId, what } of this.#follower.problems()) {
      if (this.#toldProblems.has(tableId)) continue
      this.#toldProblems.add(tableId)
      const finding = {
        severity: 'warning',
        code: 'table-not-followed',
        tableId,
        message: `${tableId} ${what}: its rows are not followed any further, the others are.`,
        hint: `gpt-migrate cutover goes on without it when told so: --exclude ${tableId}.`,
      } as const
      this.#context.emit({ type: 'finding', finding })
    }
  }

  #tell(outcome: Exclude<RoundOutcome, { kind: 'later' }>): void {
    this.#tellProblems()
    const lagMs = Date.now() - Date.parse(outcome.takenAt)
    if (outcome.kind === 'unchanged') {
      if (performance.now() - this.#toldAt < LAG_EVERY_MS) return
      this.#toldAt = performance.now()
      this.#context.emit({ type: 'follow-lag', lagMs, at: now() })
      return
    }
    const { round, tallies, quarantined, elapsedMs } = outcome
    for (const tally of tallies) {
      this.#totals.inserted += tally.inserted
      this.#totals.updated += tally.updated
      this.#totals.deleted += tally.deleted
      const before = this.#tables.get(tally.tableId)
      this.#tables.set(tally.tableId, before === undefined ? tally : addTallies(before, tally))
    }
    this.#totals.quarantined += quarantined
    this.#context.emit({
      type: 'round-committed',
      round,
      ...this.#totals,
      tables: [...this.#tables.values()],
      lagMs,
      elapsedMs: Math.round(elapsedMs),
      at: now(),
    })
  }
}

const addTallies = (a: TableTally, b: TableTally): TableTally => ({
  tableId: a.tableId,
  inserted: a.inserted + b.inserted,
  updated: a.updated + b.updated,
  deleted: a.deleted + b.deleted,
})

/** Whether a later try may do: the server restarts, a disk is full, the process that reads the sources was killed. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof MigrateError)) {
    return ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(String((error as { code?: unknown }).code))
  }
  return error.kind === 'target' || error.code === 'source-process-gone'
}
