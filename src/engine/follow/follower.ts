/**
 * The process that owns the following of a run: it reads rounds and applies them. Invariant: a round is applied in the target either fully
 * and once, or not at all, wherever the program is ended.
 */
import { rmSync } from 'node:fs'
import { now } from '../events/run-context.ts'
import { MigrateError } from '../model/errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { FollowedSource, FollowRecord, Mark, RoundHeader, TableTally } from '../model/follow.ts'
import type { Connection } from '../target/connection/connection.ts'
import { type FollowedRun, FollowedStates } from './followed-states.ts'
import { FollowedTarget } from './followed-target.ts'
import { ownFilesError, type Shadows } from './round/shadows.ts'
import type { ReadOutcome } from './source-process/protocol.ts'
import { SourceProcess } from './source-process/source-process.ts'
import type { Following } from './take-over.ts'

export type FollowWork = FollowedRun & Following

export type RoundOutcome =
  | {
      readonly kind: 'applied'
      readonly round: number
      readonly takenAt: string
      readonly tallies: readonly TableTally[]
      readonly quarantined: number
      readonly heldMs: number
      readonly heldWriters: boolean
      readonly elapsedMs: number
    }
  | {
      readonly kind: 'unchanged'
      readonly takenAt: string
      readonly heldMs: number
      readonly heldWriters: boolean
    }
  | { readonly kind: 'later'; readonly reason: string }

export class Follower {
  readonly states: FollowedStates
  readonly target: FollowedTarget
  readonly #work: FollowWork
  readonly #emit: (event: RunEvent) => void
  #source: SourceProcess | null = null
  #round = 0
  #marks = new Map<string, Mark>()
  /** A round that is on our disk, and not known to be committed in the target. */
  #pending: RoundHeader | null = null

  constructor(work: FollowWork, emit: (event: RunEvent) => void) {
    this.#work = work
    this.#emit = emit
    this.states = new FollowedStates(work)
    this.target = new FollowedTarget(work)
  }

  get run(): string {
    return this.#work.run
  }

  get sources(): readonly FollowedSource[] {
    return this.states.sources
  }

  get shadows(): Shadows {
    return this.states.shadows
  }

  get round(): number {
    return this.#round
  }

  get epoch(): number {
    return this.target.epoch
  }

  get connection(): Connection {
    return this.target.connection
  }

  /** Aborted when the connection is lost, possibly because another process takes the following over. */
  get lost(): AbortSignal {
    return this.target.lost
  }

  get source(): SourceProcess {
    if (this.#source === null) throw new Error('the follower has no source process')
    return this.#source
  }

  /** Returns the marks of the last round, or of a later read that found nothing changed. */
  marksOf(): readonly (FollowedSource & { readonly mark: Mark })[] {
    return this.sources.map((source) => ({ ...source, mark: this.#marks.get(source.database)! }))
  }

  /** Takes the following over from its current owner and brings our copies to the target's round. */
  async open(): Promise<FollowRecord> {
    try {
      return await this.#open()
    } catch (error) {
      throw ownFilesError(error, this.#work.folder)
    }
  }

  async #open(): Promise<FollowRecord> {
    const record = await this.target.takeOver()
    this.#round = record.round
    this.#pending = await this.states.open(record.round)
    this.#marks = new Map(Object.entries(this.shadows.readState()!.marks))
    if (this.#source === null || this.#source.hasEnded) this.#source = await SourceProcess.start()
    return record
  }

  /**
   * Reads what changed since the last round, and applies it. Throws errors of the target and the source. `readsBack`: reads the written rows
   * again and compares them.
   */
  async takeRound({ readsBack = false } = {}): Promise<RoundOutcome> {
    try {
      return await this.#takeRound(readsBack)
    } catch (error) {
      throw ownFilesError(error, this.#work.folder)
    }
  }

  async #takeRound(readsBack: boolean): Promise<RoundOutcome> {
    const startedAt = performance.now()
    this.settle()
    if (this.#pending !== null) {
      const header = this.#pending
      const held = { heldMs: 0, heldWriters: false }
      return {
        ...(await this.#carryOut(header, readsBack)),
        ...held,
        elapsedMs: performance.now() - startedAt,
      }
    }
    const round = this.#round + 1
    const outcome = await this.#read(round, false)
    switch (outcome.kind) {
      case 'later':
        return outcome
      case 'replaced':
        throw new MigrateError(
          'source',
          'source-replaced',
          `${outcome.path} is another file than the one that was followed: it was restored, or moved over.`,
          {
            hint: 'Put the file back; or take the run back (gpt-migrate rollback), and move the new file with a run of its own.',
          },
        )
      case 'unchanged':
        for (const [at, { database }] of this.sources.entries()) this.#marks.set(database, outcome.marks[at]!)
        await this.target.note(outcome.takenAt)
        return outcome
      case 'changed': {
        const { takenAt, databases, heldMs, heldWriters, how } = outcome
        this.#emit({ type: 'round-read', round, how, heldMs, at: now() })
        const header: RoundHeader = { version: 1, run: this.#work.run, round, takenAt, databases }
        this.shadows.keep(header, this.epoch)
        this.#pending = header
        this.#emit({ type: 'round-file-written', round, at: now() })
        this.shadows.writeRound(header)
        const held = { heldMs, heldWriters }
        return {
          ...(await this.#carryOut(header, readsBack)),
          ...held,
          elapsedMs: performance.now() - startedAt,
        }
      }
      default:
        return outcome satisfies never
    }
  }

  /** Whether every page of the sources is as in the last round, which has to be settled. Applies nothing. */
  async isSourceUnchanged(): Promise<boolean> {
    const outcome = await this.#read(this.#round + 1, true)
    rmSync(this.shadows.partFile(this.epoch), { force: true })
    return outcome.kind === 'unchanged'
  }

  async #read(round: number, wholly: boolean): Promise<ReadOutcome> {
    const { outcome } = await this.source.ask(
      {
        kind: 'read',
        sources: this.sources.map((source) => ({
          ...source,
          mark: this.#marks.get(source.database) ?? null,
          shadow: this.shadows.oldFile(source.database),
        })),
        part: this.shadows.partFile(this.epoch),
        run: this.#work.run,
        round,
        wholly,
      },
      'read',
    )
    return outcome
  }

  /** Brings the `old` copies to the last round; not urgent once it is committed. */
  settle(): void {
    this.states.settle()
  }

  async close(): Promise<void> {
    await this.#source?.end()
    await this.target.disconnect()
    this.states.close()
  }

  async #carryOut(
    header: RoundHeader,
    readsBack: boolean,
  ): Promise<Omit<Extract<RoundOutcome, { kind: 'applied' }>, 'heldMs' | 'heldWriters' | 'elapsedMs'>> {
    const { round, takenAt } = header
    const deltas = this.states.compare(header, this.target.refusedKeys())
    const tallies = await this.target.carryOut(header, deltas, readsBack)
    this.#round = round
    this.#pending = null
    this.states.noteApplied(header)
    for (const { database, mark } of header.databases) this.#marks.set(database, mark)
    const quarantined = deltas.reduce(
      (sum, delta) => sum + delta.come.reduce((rows, row) => rows + row.quarantine.length, 0),
      0,
    )
    return { kind: 'applied', round, takenAt, tallies, quarantined }
  }
}
