/**
 * The story of a cut-over: the writers are kept out, the last round, the target is made complete, the command that starts the
 * application on PostgreSQL, and the proof. Invariant: until the command has been started every failure lets the writers in again and
 * nothing is lost; from then on nothing goes on by itself.
 */

import { now, type RunContext } from '../events/run-context.ts'
import { FenceBudget } from '../follow/cut-over/fence-budget.ts'
import { FrozenTarget } from '../follow/cut-over/frozen-target.ts'
import { HeldFence } from '../follow/cut-over/held-fence.ts'
import { Follower, type FollowWork } from '../follow/follower.ts'
import type { TableProblem } from '../follow/round/followed-database.ts'
import { createChangeCapture, dropChangeCapture, startChangeCapture } from '../journal/change-capture.ts'
import { countFollowedQuarantine } from '../journal/entries.ts'
import { readFollow, setFollowState } from '../journal/follow.ts'
import { readRun } from '../journal/journal.ts'
import { dropBarrier } from '../journal/write-barrier.ts'
import type { CutOverAnswer } from '../model/answers.ts'
import { MigrateError, toPlainError } from '../model/errors.ts'
import type { CutOverRecord, FollowState } from '../model/follow.ts'
import { secretUrl } from '../target/address.ts'
import { type Connection, connect } from '../target/connection.ts'
import { mayPass } from '../target/pg-errors.ts'
import { continueReport } from './continue-report.ts'
import { moveSequences } from './finish-target.ts'
import { prepareFollowing } from './follow.ts'
import { addForeignKeys, dropForeignKeys, validateForeignKeys } from './foreign-keys.ts'
import { openTarget } from './open-target.ts'
import type { LaterRequest } from './past-runs.ts'

export type CutOverRequest = LaterRequest & {
  /** The command that starts the application on PostgreSQL; null when a person does. */
  readonly onCutover: string | null
  /** Runs before the writers are kept out: the place to stop an application. */
  readonly beforeCutover: string | null
  /** Runs when nothing was switched after `beforeCutover` ran. */
  readonly onAbort: string | null
  /** How long the fence is tried for. */
  readonly withinMs: number
  /** How long it may be held before the command is started. */
  readonly fenceMs: number
  /** How long it stays after the command's start, while others have the files open. */
  readonly holdMs: number
  readonly acceptsQuarantine: boolean
  /** Tables that are left behind, as `database/table` or `table`: those that can't be followed any further. */
  readonly exclude: readonly string[]
  /** Whether changes are noted for the way back. */
  readonly keepsFallback: boolean
  /** Looks whether it could be done, and changes nothing. */
  readonly isDry: boolean
}

const SHORT_ROUND_MS = 50
const MOST_ROUNDS = 50
const BETWEEN_TRIES_MS = 50
/** A round that takes more than this part of the one before is about as long. */
const SHRINKING = 0.7
const COMMAND_MS = 60_000
/** What a timer takes. */
const LONGEST_MS = 2 ** 31 - 1

export async function cutOver(request: CutOverRequest, context: RunContext): Promise<CutOverAnswer> {
  await using target = await openTarget(request.target)
  const work = await prepareFollowing(target.address, request.run, request.isDry ? null : context)
  const follower = new Follower(work, context.emit)
  let cutting: CutOver | null = null
  try {
    const { round } = await follower.open()
    context.emit({ type: 'follow-started', run: work.run, round, epoch: follower.epoch, at: now() })
    cutting = new CutOver(work, follower, request, context)
    return await cutting.perform()
  } catch (error) {
    if (endsFollowing(error, follower) && (cutting === null || cutting.wasLeftFollowing))
      context.emit({ type: 'cut-over-aborted', why: toPlainError(error).message, at: now() })
    throw error
  } finally {
    await follower.close()
  }
}

/** Whether the following was taken over, and by nobody else since: with this cut-over it ends. */
function endsFollowing(error: unknown, { epoch }: Follower): boolean {
  return epoch > 0 && !(error instanceof MigrateError && error.code === 'follow-lost')
}

type Switched = { readonly frozen: FrozenTarget; readonly fencedMs: number }

class CutOver {
  readonly #work: FollowWork
  readonly #follower: Follower
  readonly #request: CutOverRequest
  readonly #context: RunContext
  #state: FollowState = 'following'
  #wasFenced = false
  #isAborted = false
  #commandStarted = false
  #record: CutOverRecord

  constructor(work: FollowWork, follower: Follower, request: CutOverRequest, context: RunContext) {
    this.#work = work
    this.#follower = follower
    this.#request = request
    this.#context = context
    this.#record = {
      fencedAt: now(),
      child: follower.source.id,
      switchedAt: null,
      commandEndedAt: null,
      exitCode: null,
      proof: null,
    }
  }

  async perform(): Promise<CutOverAnswer> {
    await this.#catchUp()
    if (!this.#request.isDry) refuseProblems(this.#follower.problems(), this.#request.exclude)
    const tallies = await countFollowedQuarantine(this.#follower.connection, this.#work.run)
    if (!this.#request.acceptsQuarantine && !this.#request.isDry) refuseQuarantine(tallies)
    if (this.#request.keepsFallback && !this.#request.isDry) await this.#noteChanges()
    const fence = await HeldFence.prepare(this.#follower.sources, this.#follower.source)
    try {
      if (this.#request.isDry) {
        const quarantined = tallies.reduce((sum, { rows }) => sum + rows, 0)
        return { ...(await this.#rehearse(fence)), quarantined }
      }
      const { frozen, fencedMs } = await this.#switch(fence)
      try {
        return await this.#settle(fence, frozen, fencedMs)
      } finally {
        await frozen.release()
      }
    } catch (error) {
      // While the command runs its process keeps the fence, whatever has failed here.
      if (fence.mayHaveStarted) await fence.abandon()
      throw error
    } finally {
      await fence.letGo()
    }
  }

  /** Rounds while the application works, until one is short. */
  async #catchUp(): Promise<void> {
    let beforeMs = Number.POSITIVE_INFINITY
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const tookMs = await this.#takeSoon()
      // They don't get any shorter.
      if (tookMs < SHORT_ROUND_MS || tookMs > beforeMs * SHRINKING) return
      beforeMs = tookMs
    }
  }

  /** A round, tried for as long as the fence is: one that can't be read now would keep the writers out in vain. Returns what it took. */
  async #takeSoon(): Promise<number> {
    const deadline = performance.now() + this.#request.withinMs
    for (let attempt = 1; ; attempt++) {
      this.#refuseStop()
      const startedAt = performance.now()
      const outcome = await this.#follower.takeRound()
      const tookMs = performance.now() - startedAt
      this.#follower.settle()
      if (outcome.kind !== 'later') return tookMs
      const { reason } = outcome
      if (performance.now() > deadline) throw unreadable(reason, this.#request.withinMs)
      this.#context.emit({ type: 'follow-waiting', reason, attempt, at: now() })
      await this.#context.control.wait(BETWEEN_TRIES_MS)
    }
  }

  async #noteChanges(): Promise<void> {
    const { connection } = this.#follower
    const record = (await readRun(connection, this.#work.run))!
    await connection.transaction(() => createChangeCapture(connection, record))
  }

  async #rehearse(fence: HeldFence): Promise<CutOverAnswer> {
    const startedAt = performance.now()
    await fence.take(this.#request.withinMs)
    await fence.prove()
    await this.#follower.takeRound()
    const fencedMs = performance.now() - startedAt
    const seen = await fence.openers()
    await fence.letGo()
    this.#context.emit({ type: 'fence-opened', why: 'it was tried only', at: now() })
    return { ...this.#answer(fencedMs), openers: seen.openers, sawAllProcesses: seen.isComplete }
  }

  /** From the fence to the command's start; when it throws, the writers are in again. */
  async #switch(fence: HeldFence): Promise<Switched> {
    const { beforeCutover, onAbort, withinMs, fenceMs } = this.#request
    const freezing = await connect(this.#work.address)
    try {
      await this.#takeLastRounds()
      if (beforeCutover !== null)
        await fence.runBefore(beforeCutover, onAbort, this.#follower.shadows.commandLog)
      await this.#takeLastRounds()
      this.#refuseStop()
      await fence.take(withinMs)
      const fencedAt = performance.now()
      const budget = new FenceBudget(fenceMs, [this.#follower.connection, freezing, fence])
      try {
        this.#record = { ...this.#record, fencedAt: now() }
        this.#wasFenced = true
        this.#context.emit({ type: 'fence-held', at: this.#record.fencedAt })
        const frozen = await this.#underFence(fence, freezing, budget)
        return { frozen, fencedMs: performance.now() - fencedAt }
      } catch (error) {
        throw fence.mayHaveStarted ? error : budget.explain(error)
      } finally {
        budget.end()
      }
    } catch (error) {
      if (!fence.mayHaveStarted) await this.#abort(fence, error)
      await freezing.end()
      throw error
    }
  }

  async #underFence(fence: HeldFence, freezing: Connection, budget: FenceBudget): Promise<FrozenTarget> {
    const { fenceMs, onCutover, keepsFallback, holdMs } = this.#request
    const { connection, shadows } = this.#follower
    const { plan } = this.#work
    const stillInTime = (): void => {
      this.#refuseStop()
      budget.check()
    }
    await connection.execute(`set statement_timeout = ${fenceMs}; set lock_timeout = ${fenceMs}`)
    await Promise.all([this.#enter('fenced', false), fence.prove()])
    for (;;) {
      const outcome = await this.#follower.takeRound({ readsBack: true })
      if (outcome.kind !== 'later') break
      budget.waitFor(outcome.reason)
      await this.#context.control.wait(BETWEEN_TRIES_MS)
      stillInTime()
    }
    stillInTime()
    const [frozen] = await Promise.all([
      FrozenTarget.freeze(freezing, plan),
      moveSequences(connection, { plan, catalogs: this.#follower.catalogsNow() }),
    ])
    this.#record = { ...this.#record, switchedAt: now() }
    const makeSwitch = async (): Promise<void> => {
      await addForeignKeys(connection, plan)
      if (keepsFallback) await startChangeCapture(connection)
      await this.#enter('switching', true)
    }
    const switching = connection.transaction(makeSwitch, { durably: true })
    const proven = fence.prove()
    // What it throws is reported below, once the transaction has an end.
    proven.catch(() => undefined)
    await switching
    await proven
    stillInTime()
    budget.end()
    if (onCutover !== null) {
      const env = { DATABASE_URL: secretUrl(this.#work.address) }
      const files = { log: shadows.commandLog, note: shadows.commandNote }
      await fence.start(onCutover, env, files, this.#follower.marksOf(), holdMs)
      this.#commandStarted = true
      this.#context.emit({ type: 'command-started', at: now() })
    } else await fence.switchedByHand()
    return frozen
  }

  /** Rounds before the fence, for it to have little left to do. */
  async #takeLastRounds(): Promise<void> {
    for (let rounds = 0; rounds < 2; rounds++) if ((await this.#takeSoon()) < SHORT_ROUND_MS) return
  }

  /** After the command's start: its end, the fence's end, the proof. */
  async #settle(fence: HeldFence, frozen: FrozenTarget, fencedMs: number): Promise<CutOverAnswer> {
    const { connection } = this.#follower
    const { plan } = this.#work
    await connection.execute('set statement_timeout = 0; set lock_timeout = 300000')
    const missing = await this.#missingOfSources()
    const hasCommand = this.#request.onCutover !== null
    const awaited = hasCommand
      ? await this.#unlessStopped(fence.awaitCommand(COMMAND_MS, this.#follower.shadows.commandLog))
      : { value: { exitCode: 0 } }
    if (awaited === null) {
      await fence.abandon()
      return this.#answer(fencedMs)
    }
    const ended = awaited.value
    if (ended !== null) {
      this.#record = { ...this.#record, commandEndedAt: now(), exitCode: ended.exitCode }
      if (hasCommand) this.#context.emit({ type: 'command-ended', exitCode: ended.exitCode, at: now() })
    }
    if (ended !== null && ended.exitCode !== 0) {
      await this.#enter('switching', true)
      return this.#answer(fencedMs)
    }
    const held = await this.#unlessStopped(fence.hold(this.#request.holdMs))
    if (held === null) {
      await fence.abandon()
      return this.#endUnproven(fencedMs)
    }
    await fence.letGo()
    this.#context.emit({ type: 'fence-opened', why: 'the command has ended', at: now() })
    const compared = await this.#unlessStopped(this.#compare(frozen))
    if (compared === null) return this.#endUnproven(fencedMs)
    const { differing, unproven } = compared.value
    const unvalidated = await validateForeignKeys(connection, plan)
    const missed = missing === null ? unproven : [...unproven, missing]
    const proof = differing.length > 0 ? 'differs' : missed.length > 0 ? 'not-made' : 'proven'
    const quarantined = await this.#finish(fencedMs, proof)
    return {
      ...this.#answer(fencedMs),
      differing,
      unproven: missed,
      unvalidated,
      quarantined,
      openers: held.value.openers,
      sawAllProcesses: held.value.isComplete,
    }
  }

  /** What the proof lacks of the sources; null when they are, page by page, what the last round took. */
  async #missingOfSources(): Promise<string | null> {
    try {
      this.#follower.settle()
      return (await this.#follower.isSourceUnchanged()) ? null : 'the sources, which changed under the fence'
    } catch (error) {
      return `the sources, which could not be compared (${toPlainError(error).message})`
    }
  }

  async #compare(
    frozen: FrozenTarget,
  ): Promise<{ readonly differing: readonly string[]; readonly unproven: readonly string[] }> {
    const { run, plan } = this.#work
    try {
      this.#follower.settle()
      return await frozen.compare(
        { run, plan },
        this.#follower.states(),
        this.#follower.shadows.stagingFile('old'),
        new Set(this.#follower.problems().map(({ tableId }) => tableId)),
      )
    } catch (error) {
      return { differing: [], unproven: [`all tables (${toPlainError(error).message})`] }
    }
  }

  /** What the work gave; null when our waiting for it was stopped. */
  async #unlessStopped<T>(work: Promise<T>): Promise<{ readonly value: T } | null> {
    const over = new AbortController()
    const settled = work.finally(() => over.abort())
    // Nothing may be left to report a failure to.
    settled.catch(() => {})
    await this.#context.control.wait(LONGEST_MS, over.signal)
    return this.#context.control.stoppedBy === null ? { value: await settled } : null
  }

  /** The command did its part, and the proof was stopped. */
  async #endUnproven(fencedMs: number): Promise<CutOverAnswer> {
    const quarantined = await this.#finish(fencedMs, 'not-made')
    return { ...this.#answer(fencedMs), quarantined }
  }

  /** Enters the last state and continues the run's reports; returns how many rows are in quarantine. */
  async #finish(fencedMs: number, proof: NonNullable<CutOverRecord['proof']>): Promise<number> {
    this.#record = { ...this.#record, proof }
    // Together: without the barrier the files must not be followed again.
    const finish = async (): Promise<void> => {
      if (this.#work.pass !== null) await dropBarrier(this.#follower.connection)
      await this.#enter('cut-over', true)
    }
    await this.#follower.connection.transaction(finish, { durably: true })
    this.#context.emit({ type: 'cut-over-finished', proven: proof === 'proven', at: now() })
    return this.#report(fencedMs, proof)
  }

  async #report(fencedMs: number, proof: NonNullable<CutOverRecord['proof']>): Promise<number> {
    const { connection } = this.#follower
    const { run } = this.#work
    const quarantined = await this.#countQuarantine()
    const { round, rows } = (await readFollow(connection, run))!
    const { switchedAt, exitCode } = this.#record
    await continueReport(
      connection,
      run,
      {
        ...{ what: 'cut-over', at: switchedAt ?? now(), rounds: round, rows, proof, quarantined },
        ...{ fencedMs: Math.round(fencedMs), commandExitCode: exitCode },
      },
      this.#context,
    )
    return quarantined
  }

  async #countQuarantine(): Promise<number> {
    const { rows } = await this.#follower.connection.queryOne<{ rows: number }>(
      'select count(*)::float8 as rows from gpt_migrate.quarantine where run = $1',
      [this.#work.run],
    )
    return rows
  }

  /** Nothing was switched: the writers are let in again, and the target goes back to being followed. */
  async #abort(fence: HeldFence, error: unknown): Promise<void> {
    await fence.letGo()
    const why = toPlainError(error).message
    if (this.#wasFenced) this.#context.emit({ type: 'fence-opened', why, at: now() })
    try {
      if (this.#state !== 'following') await this.#goBackToFollowing()
    } catch (failure) {
      // The server can't be reached: the next start finds the state as it was left.
      if (!mayPass(failure)) throw failure
    }
    this.#isAborted = true
    this.#context.emit({ type: 'cut-over-aborted', why, at: now() })
  }

  /** Nothing was switched, and nobody was told so yet. */
  get wasLeftFollowing(): boolean {
    return this.#state === 'following' && !this.#isAborted
  }

  async #goBackToFollowing(): Promise<void> {
    // What was committed last may be in doubt: writing to the same row waits for it.
    if (this.#follower.connection.lost !== null) {
      await this.#follower.disconnect()
      await this.#follower.open()
    }
    const { connection } = this.#follower
    await connection.execute('set statement_timeout = 0; set lock_timeout = 300000')
    await dropForeignKeys(connection, this.#work.plan)
    await this.#enter('following', true)
    if (this.#request.keepsFallback) await connection.transaction(() => dropChangeCapture(connection))
  }

  async #enter(state: FollowState, durably: boolean): Promise<void> {
    const { connection, epoch } = this.#follower
    if (!durably) await connection.execute('set synchronous_commit = off')
    await setFollowState(connection, { run: this.#work.run, epoch }, state, this.#record)
    if (!durably) await connection.execute('set synchronous_commit = on')
    this.#context.emit({ type: 'state-changed', from: this.#state, to: state, at: now() })
    this.#state = state
  }

  #refuseStop(): void {
    if (this.#context.control.stoppedBy === null) return
    throw new MigrateError(
      'copy',
      'cutover-stopped',
      'The cut-over was stopped before anything was switched.',
      {
        hint: 'gpt-migrate follow goes on with following.',
      },
    )
  }

  #answer(fencedMs: number): CutOverAnswer {
    return {
      run: this.#work.run,
      state: this.#state,
      commandExitCode: this.#record.exitCode,
      commandStillRuns: this.#commandStarted && this.#record.commandEndedAt === null,
      commandLog: this.#follower.shadows.commandLog,
      proof: this.#record.proof,
      differing: [],
      unproven: [],
      unvalidated: [],
      openers: [],
      sawAllProcesses: true,
      quarantined: 0,
      fencedMs: Math.round(fencedMs),
      isDry: this.#request.isDry,
      stoppedBy: this.#state === 'following' ? null : this.#context.control.stoppedBy,
    }
  }
}

function refuseProblems(problems: readonly TableProblem[], exclude: readonly string[]): void {
  const isLeftOut = (id: string): boolean =>
    exclude.some((name) => id === name || id.slice(id.lastIndexOf('/') + 1) === name)
  const left = problems.filter(({ tableId }) => !isLeftOut(tableId))
  if (left.length === 0) return
  throw new MigrateError(
    'copy',
    'table-not-followed',
    `${left.map(({ tableId, what }) => `${tableId} ${what}`).join('; ')}: PostgreSQL would lack what was written there.`,
    {
      hint: `Copy them as they are now: gpt-migrate follow ${left.map(({ tableId }) => `--resync ${JSON.stringify(tableId)}`).join(' ')}. To cut over without: ${left.map(({ tableId }) => `--exclude ${JSON.stringify(tableId)}`).join(' ')}`,
    },
  )
}

function refuseQuarantine(
  tallies: readonly { readonly tableId: string; readonly code: string; readonly rows: number }[],
): void {
  if (tallies.length === 0) return
  const rows = tallies.reduce((sum, tally) => sum + tally.rows, 0)
  const named = tallies.map(({ tableId, code, rows: count }) => `${count} of ${tableId} (${code})`).join(', ')
  throw new MigrateError(
    'copy',
    'quarantine-not-accepted',
    `Following has put ${rows === 1 ? 'a row' : `${rows} rows`} into quarantine since the run: ${named}.`,
    {
      hint: 'gpt-migrate rejects list shows them; gpt-migrate cutover --accept-quarantine goes on with them there.',
    },
  )
}

function unreadable(reason: string, withinMs: number): MigrateError {
  return new MigrateError(
    'copy',
    'source-busy',
    `The sources could not be read within ${withinMs / 1000} s: ${reason}.`,
    { hint: 'Nothing was switched. Put that right, or give more time with --within; then try again.' },
  )
}
