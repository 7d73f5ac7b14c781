/**
 * The target's end of following: the connection of its owner, and the rounds that are carried out on it. Invariant: a round's rows,
 * counts and number are committed together, durably, by the owner only.
 */
import { countRound, enterRound, noteUnchanged } from '../journal/follow.ts'
import { pruneSignatures, signTransaction } from '../journal/row-owners.ts'
import type { FollowRecord, RoundHeader, TableTally } from '../model/follow.ts'
import type { Plan } from '../model/plan.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { DeltaApplier } from './round/apply-delta.ts'
import type { RoundComparison } from './round/round-states.ts'
import type { TableDelta } from './round/table-delta.ts'
import { type Following, takeOver } from './take-over.ts'

/** How often an idle source's moment is noted in the target. */
const NOTE_EVERY_MS = 1_000
/** Rounds after which the signatures of those that left no row are forgotten. */
const SIGNED_ROUNDS = 2_000

export class FollowedTarget {
  readonly #following: Following & { readonly plan: Plan }
  /** Tables that were there before the run: they may hold rows of others, and who wrote a row tells them apart. */
  readonly #filled: readonly string[]
  #signed = 0
  #connection: Connection | null = null
  #applier: DeltaApplier | null = null
  #epoch = 0
  #notedAt = 0
  #lost = new AbortController()

  constructor(following: Following & { readonly plan: Plan }) {
    this.#following = following
    this.#filled = following.plan.schema.tables.filter(({ existing }) => existing).map(quoteTable)
  }

  get epoch(): number {
    return this.#epoch
  }

  get connection(): Connection {
    if (this.#connection === null) throw new Error('the follower has no connection')
    return this.#connection
  }

  /** Aborted when the connection is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Makes this process the owner of the following, and opens its connection. Throws as `takeOver` does. */
  async takeOver(): Promise<FollowRecord> {
    const { connection, epoch, record } = await takeOver(this.#following, this.#epoch)
    this.#epoch = epoch
    this.#connection = connection
    const lost = new AbortController()
    this.#lost = lost
    connection.whenLost(() => lost.abort())
    this.#applier = new DeltaApplier(connection, this.#following.run, this.#following.plan)
    await this.#applier.prepare()
    return record
  }

  /** Keys of rows that the server has refused, by table. */
  refusedKeys(): RoundComparison['refused'] {
    return this.#applier?.refusedKeys() ?? new Map()
  }

  /** Commits a round. `readsBack`: what was written is read again. */
  async carryOut(
    { round, takenAt }: RoundHeader,
    deltas: readonly TableDelta[],
    readsBack: boolean,
  ): Promise<readonly TableTally[]> {
    const { run } = this.#following
    const connection = this.connection
    const carryOut = async (): Promise<readonly TableTally[]> => {
      await enterRound(connection, { run, epoch: this.#epoch }, round, takenAt)
      if (deltas.length > 0 && this.#filled.length > 0) await signTransaction(connection, run)
      const counted = await this.#applier!.apply(deltas, readsBack)
      await countRound(connection, run, counted)
      return counted
    }
    const tallies = await connection.transaction(carryOut, { durably: true })
    if (this.#filled.length > 0) this.#signed++
    return tallies
  }

  /** Notes the moment of an unchanged source, once a second at most. */
  async note(takenAt: string): Promise<void> {
    if (performance.now() - this.#notedAt < NOTE_EVERY_MS) return
    this.#notedAt = performance.now()
    await noteUnchanged(this.connection, { run: this.#following.run, epoch: this.#epoch }, takenAt)
  }

  /** Keeps what the journal holds of rounds from growing with their number. */
  async tidy(): Promise<void> {
    if (this.#signed < SIGNED_ROUNDS) return
    this.#signed = 0
    await pruneSignatures(this.connection, this.#following.run, this.#filled)
  }

  /** Lets go of the connection, as after it was lost: `takeOver` makes another. */
  async disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    this.#applier = null
    await connection?.end()
  }
}
