/**
 * Takes rounds one after the other, at a rate that does not disturb the application. Invariant: a transient error is reported and retried
 * at growing intervals; any other error is thrown.
 */
import { now, type RunContext } from '../../events/run-context.ts'
import type { Follower, RoundOutcome } from '../../follow/follower.ts'
import { MigrateError, toPlainError } from '../../model/errors.ts'
import type { FollowRecord, TableTally } from '../../model/follow.ts'
import { isRetryable } from '../../target/connection/pg-errors.ts'

const SHORTEST_MS = 200
const LONGEST_MS = 5_000
/** A rest lasts this many times as long as the round held the source. */
const REST = 50
/**
 * The longest rest where reading does not make writers wait. A busy application must not restart its log twice during it: then every page
 * would have to be compared, which takes longer and lets the log restart again.
 */
const LONGEST_IN_LOG_MS = 500
const LAG_EVERY_MS = 1_000
const LONGEST_BACK_OFF_MS = 10_000

type RoundDone = Exclude<RoundOutcome, { kind: 'later' }>

function restOf({ heldMs, heldWriters }: RoundDone): number {
  const longest = heldWriters ? LONGEST_MS : LONGEST_IN_LOG_MS
  return Math.min(longest, Math.max(SHORTEST_MS, heldMs * REST))
}

export class Rounds {
  readonly #follower: Follower
  readonly #context: RunContext
  #totals = { inserted: 0, updated: 0, deleted: 0, quarantined: 0 }
  readonly #tables = new Map<string, TableTally>()
  #attempts = 0
  #reportedAt = 0
  readonly #reportedProblems = new Set<string>()

  constructor(follower: Follower, context: RunContext) {
    this.#follower = follower
    this.#context = context
  }

  /**
   * Begins to follow. Returns null when it was stopped before. From the moment on at which this process is the owner, errors are retried as
   * those of rounds are; `follow-lost` is thrown when another process has taken over since.
   */
  async open(): Promise<FollowRecord | null> {
    const record = await this.#openFirst()
    if (record !== null) this.#totals = { ...record.rows, quarantined: 0 }
    return record
  }

  async #openFirst(): Promise<FollowRecord | null> {
    try {
      return await this.#follower.open()
    } catch (error) {
      if (this.#follower.epoch === 0 || !mayRetryRound(error)) throw error
      await this.#wait(toPlainError(error).message)
      return this.#reopen()
    }
  }

  async next(): Promise<void> {
    const startedAt = performance.now()
    const outcome = await this.#take()
    if (outcome === null) return
    this.#attempts = 0
    const rest = restOf(outcome)
    const leftMs = Math.max(0, rest - (performance.now() - startedAt))
    await this.#context.control.wait(leftMs, this.#follower.lost)
  }

  /** Takes and settles a round; null when it has to be retried. */
  async #take(): Promise<RoundDone | null> {
    try {
      const { lost } = this.#follower.connection
      if (lost !== null) throw lost
      const outcome = await this.#follower.takeRound()
      if (outcome.kind !== 'later') {
        this.#report(outcome)
        this.#follower.settle()
        await this.#follower.target.pruneSignatures()
        return outcome
      }
      await this.#wait(outcome.reason)
    } catch (error) {
      if (!mayRetryRound(error)) throw error
      await this.#wait(toPlainError(error).message)
      // A half-finished round is recovered from the files and the target.
      await this.#reopen()
    }
    return null
  }

  async #reopen(): Promise<FollowRecord | null> {
    while (await this.#context.control.mayContinue()) {
      try {
        await this.#follower.target.disconnect()
        return await this.#follower.open()
      } catch (error) {
        if (!mayRetryRound(error)) throw error
        await this.#wait(toPlainError(error).message)
      }
    }
    return null
  }

  async #wait(reason: string): Promise<void> {
    const attempt = ++this.#attempts
    this.#context.emit({ type: 'follow-waiting', reason, attempt, at: now() })
    const backOffMs = Math.min(LONGEST_BACK_OFF_MS, SHORTEST_MS * 2 ** Math.min(attempt - 1, 10))
    // Losing the connection ends the wait, unless it is already lost.
    const { lost } = this.#follower
    await this.#context.control.wait(backOffMs, lost.aborted ? undefined : lost)
  }

  #reportProblems(): void {
    for (const { tableId, what } of this.#follower.states.problems()) {
      if (this.#reportedProblems.has(tableId)) continue
      this.#reportedProblems.add(tableId)
      const finding = {
        severity: 'warning',
        code: 'table-not-followed',
        tableId,
        message: `${tableId} ${what}: its rows are not followed any further, the others are.`,
        hint: `Copy it as it is now: gpt-migrate follow --resync ${JSON.stringify(tableId)}. Or continue without it: gpt-migrate cutover --exclude ${JSON.stringify(tableId)}.`,
      } as const
      this.#context.emit({ type: 'finding', finding })
    }
  }

  #report(outcome: RoundDone): void {
    this.#reportProblems()
    const lagMs = Date.now() - Date.parse(outcome.takenAt)
    if (outcome.kind === 'unchanged') {
      if (performance.now() - this.#reportedAt < LAG_EVERY_MS) return
      this.#reportedAt = performance.now()
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

/**
 * Whether a retry of the round may succeed: the server restarts, a disk is full, the process that reads the sources was killed. False for
 * an error that the user has to correct first: a missing table or right, a constraint.
 */
function mayRetryRound(error: unknown): boolean {
  if (!(error instanceof MigrateError)) return false
  // `another-run`: another command, such as `rejects retry`, holds the lock. A successor raises the epoch, which the next round notices.
  return (
    ['source-process-gone', 'another-run', 'own-files', 'disk-full'].includes(error.code) ||
    isRetryable(error)
  )
}
