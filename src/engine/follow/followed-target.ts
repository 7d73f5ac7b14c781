/**
 * The target's side of following: the owner's connection, and the rounds applied on it. Invariant: the rows, counts and number of a round
 * are committed together, durably, and only by the owner.
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

/** How often the moment up to which an idle source is current is recorded in the target. */
const NOTE_EVERY_MS = 1_000
/** Number of rounds after which the signatures of rounds that left no row are removed. */
const SIGNED_ROUNDS = 2_000

export class FollowedTarget {
  readonly #following: Following & { readonly plan: Plan }
  /** Existing tables: they may hold rows of others, which the transaction that wrote a row distinguishes. */
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

  /** Makes this process the owner of the following and opens its connection. Throws the errors of `takeOver`. */
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

  /** Returns the keys of rows that the server has refused, by table. */
  refusedKeys(): RoundComparison['refused'] {
    return this.#applier?.refusedKeys() ?? new Map()
  }

  /** Applies and commits a round. `readsBack`: reads the written rows again and compares them. */
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

  /** Records, at most once a second, that an unchanged source was read at `takenAt`. */
  async note(takenAt: string): Promise<void> {
    if (performance.now() - this.#notedAt < NOTE_EVERY_MS) return
    this.#notedAt = performance.now()
    await noteUnchanged(this.connection, { run: this.#following.run, epoch: this.#epoch }, takenAt)
  }

  /** Removes signatures of old rounds, so that the journal does not grow with the number of rounds. */
  async pruneSignatures(): Promise<void> {
    if (this.#signed < SIGNED_ROUNDS) return
    this.#signed = 0
    await pruneSignatures(this.connection, this.#following.run, this.#filled)
  }

  /** Ends the connection, for example after it was lost; `takeOver` opens another. */
  async disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    this.#applier = null
    await connection?.end()
  }
}
