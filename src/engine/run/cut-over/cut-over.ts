/**
 * The steps of a cut-over: lock the writers out, apply the last round, complete the target, run the command that starts the application
 * on PostgreSQL, and prove the result. Invariant: every failure before the command is started lets the writers in again and loses
 * nothing; after that nothing continues by itself.
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
import { MigrateError, toPlainError } from '../../model/errors.ts'
import type { CutOverAnswer } from '../../model/live-answers.ts'
import { secretUrl } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { isRetryable } from '../../target/connection/pg-errors.ts'
import { openTarget } from '../connect/open-target.ts'
import { moveSequences } from '../finish/move-sequences.ts'
import { prepareFollowing } from '../following/follow.ts'
import { addForeignKeys, dropForeignKeys } from '../following/foreign-keys.ts'
import { refuseFewSessions } from '../load/sessions.ts'
import { type CutOverRequest, RecordedCutOver } from './cut-over-record.ts'
import { refuseProblems, refuseQuarantine, refuseStop, unreadable } from './cut-over-refusals.ts'
import { proveCutOver } from './prove-cut-over.ts'

/** Sessions beside the follower's: one keeps the frozen state, the other compares it. */
const SESSIONS = { held: 1, further: 2, needed: 'a cut-over needs three' } as const
const SHORT_ROUND_MS = 50
const MOST_ROUNDS = 50
const BETWEEN_TRIES_MS = 50
/** Rounds no longer shrink when one takes more than this fraction of the one before. */
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

/** Whether this cut-over took the following over and still owns it: then the following ends with the error. */
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
    await refuseFewSessions(this.#cutting.work.address, SESSIONS)
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
      // The process that runs the command keeps the fence, whatever has failed here.
      if (fence.mayHaveStarted) await fence.abandon()
      throw error
    } finally {
      await fence.release()
    }
  }

  /** Applies rounds while the application works, until one is short or rounds no longer get shorter. */
  async #catchUp(): Promise<void> {
    let beforeMs = Number.POSITIVE_INFINITY
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const tookMs = await this.#takeSoon()
      if (tookMs < SHORT_ROUND_MS || tookMs > beforeMs * SHRINKING) return
      beforeMs = tookMs
    }
  }

  /**
   * Applies a round and returns its duration in ms. Retries for `withinMs`, as long as the fence would be tried: with a source that cannot be
   * read now, the fence would keep the writers out in vain.
   */
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
    await fence.release()
    this.#cutting.context.emit({ type: 'fence-opened', why: 'it was tried only', at: now() })
    return { ...this.#cutting.answer(fencedMs), openers: seen.openers, sawAllProcesses: seen.isComplete }
  }

  /** Runs from the fence to the command's start. Lets the writers in again before it throws. */
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
    const checkTime = (): void => {
      refuseStop(this.#cutting.context.control)
      budget.check()
    }
    await connection.execute(`set statement_timeout = ${fenceMs}; set lock_timeout = ${fenceMs}`)
    const entered = this.#cutting.enter('fenced', false)
    const held = fence.prove()
    // Its rejection is reported below, once the state is known, from which an abort goes back.
    held.catch(() => undefined)
    await entered
    await held
    for (;;) {
      const outcome = await this.#cutting.follower.takeRound({ readsBack: true })
      if (outcome.kind !== 'later') break
      budget.waitFor(outcome.reason)
      await this.#cutting.context.control.wait(BETWEEN_TRIES_MS)
      checkTime()
    }
    checkTime()
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
    // Its rejection is reported below, once the transaction has ended.
    proven.catch(() => undefined)
    await switching
    await proven
    checkTime()
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

  /** Applies rounds before the fence, so that the round under it is short. */
  async #takeLastRounds(): Promise<void> {
    for (let rounds = 0; rounds < 2; rounds++) if ((await this.#takeSoon()) < SHORT_ROUND_MS) return
  }

  /** Lets the writers in again and returns the target to being followed. Nothing was switched. */
  async #abort(fence: HeldFence, error: unknown): Promise<void> {
    await fence.release()
    const why = toPlainError(error).message
    if (this.#wasFenced) this.#cutting.context.emit({ type: 'fence-opened', why, at: now() })
    try {
      if (this.#cutting.state !== 'following') await this.#goBackToFollowing()
    } catch (failure) {
      // The server cannot be reached: the next start reads the state from the journal.
      if (!isRetryable(failure)) throw failure
    }
    this.#isAborted = true
    this.#cutting.context.emit({ type: 'cut-over-aborted', why, at: now() })
  }

  /** True when nothing was switched and the abort has not been reported yet. */
  get wasLeftFollowing(): boolean {
    return this.#cutting.state === 'following' && !this.#isAborted
  }

  async #goBackToFollowing(): Promise<void> {
    // The last commit may be in doubt: writing to the same row waits for its outcome.
    if (this.#cutting.follower.connection.lost !== null) {
      await this.#cutting.follower.target.disconnect()
      await this.#cutting.follower.open()
    }
    const { connection, epoch } = this.#cutting.follower
    const { plan, run } = this.#cutting.work
    await connection.execute('set statement_timeout = 0; set lock_timeout = 300000')
    await connection.transaction(async () => {
      // Another process that has taken over may have added foreign keys of its own.
      await holdFollow(connection, { run, epoch })
      await dropForeignKeys(connection, plan)
    })
    await this.#cutting.enter('following', true)
    if (this.#cutting.request.keepsFallback) await connection.transaction(() => dropChangeCapture(connection))
  }
}
