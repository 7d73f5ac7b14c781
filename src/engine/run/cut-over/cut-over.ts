/**
 * The story of a cut-over: the writers are kept out, the last round, the target is made complete, the command that starts the
 * application on PostgreSQL, and the proof. Invariant: until the command has been started every failure lets the writers in again and
 * nothing is lost; from then on nothing continues by itself.
 */

import { now, type RunContext } from '../../events/run-context.ts'
import { FenceBudget } from '../../follow/cut-over/fence-budget.ts'
import { FrozenTarget } from '../../follow/cut-over/frozen-target.ts'
import { HeldFence } from '../../follow/cut-over/held-fence.ts'
import { Follower } from '../../follow/follower.ts'
import { createChangeCapture, dropChangeCapture, startChangeCapture } from '../../journal/change-capture.ts'
import { countQuarantine } from '../../journal/entries.ts'
import { holdFollow } from '../../journal/follow.ts'
import { readRun } from '../../journal/journal.ts'
import type { CutOverAnswer } from '../../model/answers.ts'
import { MigrateError, toPlainError } from '../../model/errors.ts'
import { secretUrl } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { mayPass } from '../../target/connection/pg-errors.ts'
import { openTarget } from '../connect/open-target.ts'
import { moveSequences } from '../finish/move-sequences.ts'
import { prepareFollowing } from '../following/follow.ts'
import { addForeignKeys, dropForeignKeys } from '../following/foreign-keys.ts'
import { type CutOverRequest, RecordedCutOver } from './cut-over-record.ts'
import { refuseProblems, refuseQuarantine, refuseStop, unreadable } from './cut-over-refusals.ts'
import { proveCutOver } from './prove-cut-over.ts'

const SHORT_ROUND_MS = 50
const MOST_ROUNDS = 50
const BETWEEN_TRIES_MS = 50
/** A round that takes more than this part of the one before is about as long. */
const SHRINKING = 0.7

export async function cutOver(request: CutOverRequest, context: RunContext): Promise<CutOverAnswer> {
  await using target = await openTarget(request.target)
  const work = await prepareFollowing(target.address, request.run, request.isDry ? null : context)
  const follower = new Follower(work, context.emit)
  let cutting: CutOver | null = null
  try {
    const { round } = await follower.open()
    context.emit({ type: 'follow-started', run: work.run, round, epoch: follower.epoch, at: now() })
    cutting = new CutOver(new RecordedCutOver(work, follower, request, context))
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
  readonly #cutting: RecordedCutOver
  #wasFenced = false
  #isAborted = false

  constructor(cutting: RecordedCutOver) {
    this.#cutting = cutting
  }

  async perform(): Promise<CutOverAnswer> {
    await this.#catchUp()
    if (!this.#cutting.request.isDry)
      refuseProblems(this.#cutting.follower.states.problems(), this.#cutting.request.exclude)
    const tallies = await countQuarantine(this.#cutting.follower.connection, this.#cutting.work.run, {
      followed: true,
    })
    if (!this.#cutting.request.acceptsQuarantine && !this.#cutting.request.isDry) refuseQuarantine(tallies)
    if (this.#cutting.request.keepsFallback && !this.#cutting.request.isDry) await this.#noteChanges()
    const fence = await HeldFence.prepare(this.#cutting.follower.sources, this.#cutting.follower.source)
    try {
      if (this.#cutting.request.isDry) {
        const quarantined = tallies.reduce((sum, { rows }) => sum + rows, 0)
        return { ...(await this.#rehearse(fence)), quarantined }
      }
      const { frozen, fencedMs } = await this.#switch(fence)
      try {
        return await proveCutOver(this.#cutting, fence, frozen, fencedMs)
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
    const deadline = performance.now() + this.#cutting.request.withinMs
    for (let attempt = 1; ; attempt++) {
      refuseStop(this.#cutting.context.control)
      const startedAt = performance.now()
      const outcome = await this.#cutting.follower.takeRound()
      const tookMs = performance.now() - startedAt
      this.#cutting.follower.settle()
      if (outcome.kind !== 'later') return tookMs
      const { reason } = outcome
      if (performance.now() > deadline) throw unreadable(reason, this.#cutting.request.withinMs)
      this.#cutting.context.emit({ type: 'follow-waiting', reason, attempt, at: now() })
      await this.#cutting.context.control.wait(BETWEEN_TRIES_MS)
    }
  }

  async #noteChanges(): Promise<void> {
    const { connection } = this.#cutting.follower
    const record = (await readRun(connection, this.#cutting.work.run))!
    await connection.transaction(() => createChangeCapture(connection, record))
  }

  async #rehearse(fence: HeldFence): Promise<CutOverAnswer> {
    const startedAt = performance.now()
    await fence.take(this.#cutting.request.withinMs)
    await fence.prove()
    await this.#cutting.follower.takeRound()
    const fencedMs = performance.now() - startedAt
    const seen = await fence.openers()
    await fence.letGo()
    this.#cutting.context.emit({ type: 'fence-opened', why: 'it was tried only', at: now() })
    return { ...this.#cutting.answer(fencedMs), openers: seen.openers, sawAllProcesses: seen.isComplete }
  }

  /** From the fence to the command's start; when it throws, the writers are in again. */
  async #switch(fence: HeldFence): Promise<Switched> {
    const { beforeCutover, onAbort, withinMs, fenceMs } = this.#cutting.request
    const freezing = await connect(this.#cutting.work.address)
    try {
      await this.#takeLastRounds()
      if (beforeCutover !== null)
        await fence.runBefore(beforeCutover, onAbort, this.#cutting.follower.shadows.commandLog)
      await this.#takeLastRounds()
      refuseStop(this.#cutting.context.control)
      await fence.take(withinMs)
      const fencedAt = performance.now()
      const budget = new FenceBudget(fenceMs, [this.#cutting.follower.connection, freezing, fence])
      try {
        this.#cutting.note({ fencedAt: now() })
        this.#wasFenced = true
        this.#cutting.context.emit({ type: 'fence-held', at: this.#cutting.record.fencedAt })
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
    const { fenceMs, onCutover, keepsFallback, holdMs } = this.#cutting.request
    const { connection, shadows } = this.#cutting.follower
    const { plan } = this.#cutting.work
    const stillInTime = (): void => {
      refuseStop(this.#cutting.context.control)
      budget.check()
    }
    await connection.execute(`set statement_timeout = ${fenceMs}; set lock_timeout = ${fenceMs}`)
    const entered = this.#cutting.enter('fenced', false)
    const held = fence.prove()
    // What it throws is reported below, once the state is known: what is aborted goes back from it.
    held.catch(() => undefined)
    await entered
    await held
    for (;;) {
      const outcome = await this.#cutting.follower.takeRound({ readsBack: true })
      if (outcome.kind !== 'later') break
      budget.waitFor(outcome.reason)
      await this.#cutting.context.control.wait(BETWEEN_TRIES_MS)
      stillInTime()
    }
    stillInTime()
    const [frozen] = await Promise.all([
      FrozenTarget.freeze(freezing, plan),
      moveSequences(connection, { plan, catalogs: this.#cutting.follower.states.catalogsNow() }),
    ])
    this.#cutting.note({ switchedAt: now() })
    const makeSwitch = async (): Promise<void> => {
      await addForeignKeys(connection, plan)
      if (keepsFallback) await startChangeCapture(connection)
      await this.#cutting.enter('switching', true)
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
      const env = { DATABASE_URL: secretUrl(this.#cutting.work.address) }
      const files = { log: shadows.commandLog, note: shadows.commandNote }
      await fence.start(onCutover, env, files, this.#cutting.follower.marksOf(), holdMs)
      this.#cutting.commandStarted = true
      this.#cutting.context.emit({ type: 'command-started', at: now() })
    } else await fence.switchedByHand()
    return frozen
  }

  /** Rounds before the fence, for it to have little left to do. */
  async #takeLastRounds(): Promise<void> {
    for (let rounds = 0; rounds < 2; rounds++) if ((await this.#takeSoon()) < SHORT_ROUND_MS) return
  }

  /** Nothing was switched: the writers are let in again, and the target goes back to being followed. */
  async #abort(fence: HeldFence, error: unknown): Promise<void> {
    await fence.letGo()
    const why = toPlainError(error).message
    if (this.#wasFenced) this.#cutting.context.emit({ type: 'fence-opened', why, at: now() })
    try {
      if (this.#cutting.state !== 'following') await this.#goBackToFollowing()
    } catch (failure) {
      // The server can't be reached: the next start finds the state as it was left.
      if (!mayPass(failure)) throw failure
    }
    this.#isAborted = true
    this.#cutting.context.emit({ type: 'cut-over-aborted', why, at: now() })
  }

  /** Nothing was switched, and that has not been reported yet. */
  get wasLeftFollowing(): boolean {
    return this.#cutting.state === 'following' && !this.#isAborted
  }

  async #goBackToFollowing(): Promise<void> {
    // What was committed last may be in doubt: writing to the same row waits for it.
    if (this.#cutting.follower.connection.lost !== null) {
      await this.#cutting.follower.target.disconnect()
      await this.#cutting.follower.open()
    }
    const { connection, epoch } = this.#cutting.follower
    const { plan, run } = this.#cutting.work
    await connection.execute('set statement_timeout = 0; set lock_timeout = 300000')
    await connection.transaction(async () => {
      // Another process that has taken over may have added its own.
      await holdFollow(connection, { run, epoch })
      await dropForeignKeys(connection, plan)
    })
    await this.#cutting.enter('following', true)
    if (this.#cutting.request.keepsFallback) await connection.transaction(() => dropChangeCapture(connection))
  }
}
