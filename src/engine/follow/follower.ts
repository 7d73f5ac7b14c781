/**
 * One process's turn at following a run: it reads rounds and carries them out. Invariant: a round is in the target wholly or not at
 * all, and once, whatever ends the program at whatever point.
 */
import { rmSync } from 'node:fs'
import { now } from '../events/run-context.ts'
import { countRound, enterRound, noteUnchanged } from '../journal/follow.ts'
import { pruneSignatures, signTransaction } from '../journal/row-owners.ts'
import type { Catalog } from '../model/catalog.ts'
import { MigrateError } from '../model/errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { FollowedSource, FollowRecord, Mark, RoundHeader, TableTally } from '../model/follow.ts'
import type { Plan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { openReadOnly } from '../source/base/sqlite.ts'
import { findOrphans } from '../source/staging/orphans.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { TargetAddress } from '../target/address.ts'
import type { Connection } from '../target/connection.ts'
import { DeltaApplier } from './round/apply-delta.ts'
import { compareRound } from './round/compare-round.ts'
import { type FollowedDatabase, openFollowed, type TableProblem } from './round/followed-database.ts'
import { KnownOrphans } from './round/moved-parents.ts'
import type { RoundComparison } from './round/round-states.ts'
import { ownFilesError, Shadows } from './round/shadows.ts'
import type { ReadOutcome } from './source-process/protocol.ts'
import { SourceProcess } from './source-process/source-process.ts'
import { takeOver } from './take-over.ts'

export type FollowWork = {
  readonly run: string
  /** The run's folder in the work folder. */
  readonly folder: string
  readonly plan: Plan
  readonly catalogs: readonly Catalog[]
  readonly snapshots: readonly Snapshot[]
  readonly address: TargetAddress
  /** Tables whose rows are not followed, since they are copied again afterwards. */
  readonly paused?: ReadonlySet<string>
  /** All tables are: the target may be of another round than our files. */
  readonly isAllAnew?: boolean
  /** What lets rounds write to tables that take no other writes; null where they take any. */
  readonly pass: string | null
  /** The round that the snapshots are of. */
  readonly firstRound: number
}

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

/** How often an idle source's moment is noted in the target. */
const NOTE_EVERY_MS = 1_000
const LOCK_PATIENCE_MS = 30_000
const BETWEEN_LOOKS_MS = 20
/** Rounds after which the signatures of those that left no row are forgotten. */
const SIGNED_ROUNDS = 2_000

export class Follower {
  readonly #work: FollowWork
  readonly #emit: (event: RunEvent) => void
  readonly #shadows: Shadows
  #databases = new Map<string, FollowedDatabase>()
  readonly #sources: readonly FollowedSource[]
  /** Tables that were there before the run: they may hold rows of others, and who wrote a row tells them apart. */
  readonly #filled: readonly string[]
  #signed = 0
  #connection: Connection | null = null
  #applier: DeltaApplier | null = null
  #source: SourceProcess | null = null
  #epoch = 0
  #round = 0
  #marks = new Map<string, Mark>()
  /** A round that is on our disk and not known to be in the target. */
  #pending: RoundHeader | null = null
  /** A round that is in the target, and not yet in the `old` files. */
  #unsettled: RoundHeader | null = null
  #notedAt = 0
  #isOpen = false
  #orphans = new KnownOrphans()
  #lost = new AbortController()

  constructor(work: FollowWork, emit: (event: RunEvent) => void) {
    this.#work = work
    this.#emit = emit
    this.#filled = work.plan.schema.tables.filter(({ existing }) => existing).map(quoteTable)
    this.#sources = work.snapshots.map(({ database, path }) => ({ database, path }))
    this.#shadows = new Shadows(
      work.folder,
      work.run,
      this.#sources.map(({ database }) => database),
    )
  }

  get run(): string {
    return this.#work.run
  }

  get sources(): readonly FollowedSource[] {
    return this.#sources
  }

  get shadows(): Shadows {
    return this.#shadows
  }

  get round(): number {
    return this.#round
  }

  get epoch(): number {
    return this.#epoch
  }

  get connection(): Connection {
    if (this.#connection === null) throw new Error('the follower has no connection')
    return this.#connection
  }

  get source(): SourceProcess {
    if (this.#source === null) throw new Error('the follower has no source process')
    return this.#source
  }

  /** The marks of the last round, or of a later look that found nothing new. */
  marksOf(): readonly (FollowedSource & { readonly mark: Mark })[] {
    return this.#sources.map((source) => ({ ...source, mark: this.#marks.get(source.database)! }))
  }

  /** Takes the following over, from its present owner, and brings our files to the target's round. */
  async open(): Promise<FollowRecord> {
    try {
      return await this.#open()
    } catch (error) {
      throw ownFilesError(error, this.#work.folder)
    }
  }

  async #open(): Promise<FollowRecord> {
    const record = await this.#takeOver()
    if (!this.#isOpen) {
      const deadline = performance.now() + LOCK_PATIENCE_MS
      while (!this.#shadows.lock()) {
        if (performance.now() > deadline) throw filesInUse(this.#work.run)
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS))
      }
      this.#isOpen = true
      const { snapshots, firstRound } = this.#work
      if (record.round === firstRound && this.#shadows.readState() === null)
        this.#shadows.begin(snapshots, firstRound)
    }
    this.#round = record.round
    if (this.#work.isAllAnew === true) this.#shadows.adopt(record.round)
    this.#pending = this.#shadows.recover(record.round)
    this.#unsettled = null
    const { marks } = this.#shadows.readState()!
    this.#marks = new Map(Object.entries(marks))
    this.#openDatabases()
    this.#orphans = KnownOrphans.of(findOrphans(this.#work.plan, this.states()))
    if (this.#source === null || this.#source.hasEnded) this.#source = await SourceProcess.start()
    return record
  }

  /**
   * Reads what changed since the last round, and carries it out. Throws what the target or the source threw. `readsBack`: what was
   * written is read again.
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
        for (const [at, { database }] of this.#sources.entries())
          this.#marks.set(database, outcome.marks[at]!)
        await this.#note(outcome.takenAt)
        return outcome
      case 'changed': {
        const { takenAt, databases, heldMs, heldWriters, how } = outcome
        this.#emit({ type: 'round-read', round, how, heldMs, at: now() })
        const header: RoundHeader = { version: 1, run: this.#work.run, round, takenAt, databases }
        this.#shadows.keep(header, this.#epoch)
        this.#pending = header
        this.#emit({ type: 'round-file-written', round, at: now() })
        this.#shadows.lay(header)
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

  /** Whether every page of the sources is as it was in the last round; nothing is carried out. Once that is settled. */
  async isSourceUnchanged(): Promise<boolean> {
    const outcome = await this.#read(this.#round + 1, true)
    rmSync(this.#shadows.partFile(this.#epoch), { force: true })
    return outcome.kind === 'unchanged'
  }

  async #read(round: number, wholly: boolean): Promise<ReadOutcome> {
    const { outcome } = await this.source.ask(
      {
        kind: 'read',
        sources: this.#sources.map((source) => ({
          ...source,
          mark: this.#marks.get(source.database) ?? null,
          shadow: this.#shadows.oldFile(source.database),
        })),
        part: this.#shadows.partFile(this.#epoch),
        run: this.#work.run,
        round,
        wholly,
      },
      'read',
    )
    return outcome
  }

  /** Aborted when the connection is lost: another process may be taking the following over. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Brings the `old` files to the last round: at leisure, after its commit. */
  settle(): void {
    const header = this.#unsettled
    if (header === null) return
    try {
      this.#shadows.settle(header)
    } catch (error) {
      throw ownFilesError(error, this.#work.folder)
    }
    this.#unsettled = null
    for (const followed of this.#databases.values()) followed.leaveRound()
    this.#noteLeft()
  }

  /** The tables were copied again, as of the last round. */
  takeUp(tableIds: ReadonlySet<string>): void {
    this.#shadows.leave(this.#left().filter((id) => !tableIds.has(id)))
  }

  #left(): readonly string[] {
    return [...this.#databases.values()].flatMap(({ left }) => left)
  }

  #noteLeft(): void {
    this.#shadows.leave(this.#left())
  }

  /** Keeps what the journal holds of rounds from growing with their number. */
  async tidy(): Promise<void> {
    if (this.#signed < SIGNED_ROUNDS) return
    this.#signed = 0
    await pruneSignatures(this.connection, this.#work.run, this.#filled)
  }

  /** Tables that can't be followed any further. */
  problems(): readonly TableProblem[] {
    return [...this.#databases.values()].flatMap((followed) => followed.problems())
  }

  /** The run's catalogs, with the numbers that the sources had given out by the last round. */
  catalogsNow(): readonly Catalog[] {
    return this.#work.catalogs.map((catalog) => {
      const given = this.#numbersGivenOut(catalog.database)
      const tables = catalog.tables.map((table) => ({
        ...table,
        sequence: given.get(table.name) ?? table.sequence,
      }))
      return { ...catalog, tables }
    })
  }

  #numbersGivenOut(database: string): ReadonlyMap<string, string> {
    using db = openReadOnly(this.#shadows.newFile(database), { immutable: true })
    const isKept =
      db.prepare(`select 1 from sqlite_schema where name = 'sqlite_sequence'`).get() !== undefined
    const rows = isKept
      ? (db.prepare('select name, cast(seq as text) as seq from sqlite_sequence').all() as {
          name: string
          seq: string
        }[])
      : []
    return new Map(rows.map(({ name, seq }) => [name, seq]))
  }

  /** Our files of the last round, as snapshots: once it is settled. */
  states(): readonly Snapshot[] {
    return this.#sources.map(({ database, path }) => {
      const file = this.#shadows.oldFile(database)
      return { database, path, file, bytes: 0, sha256: '', takenAt: '' }
    })
  }

  async close(): Promise<void> {
    for (const followed of this.#databases.values()) followed.close()
    this.#databases.clear()
    await this.#source?.end()
    await this.#connection?.end()
    this.#connection = null
    this.#shadows.unlock()
    this.#isOpen = false
  }

  /** Lets go of the connection, as after it was lost: `open` makes another. */
  async disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    this.#applier = null
    await connection?.end()
  }

  async #takeOver(): Promise<FollowRecord> {
    const { connection, epoch, record } = await takeOver(this.#work, this.#epoch)
    this.#epoch = epoch
    this.#connection = connection
    const lost = new AbortController()
    this.#lost = lost
    connection.whenLost(() => lost.abort())
    this.#applier = new DeltaApplier(connection, this.#work.run, this.#work.plan)
    await this.#applier.prepare()
    return record
  }

  #openDatabases(): void {
    for (const followed of this.#databases.values()) followed.close()
    this.#databases = openFollowed(this.#work, this.#shadows, this.#shadows.readState()!.left)
    for (const { id, database, table } of this.#work.plan.tables)
      if (this.#work.paused?.has(id) === true) this.#databases.get(database)?.pause(table)
    this.#noteLeft()
  }

  async #carryOut(
    header: RoundHeader,
    readsBack: boolean,
  ): Promise<Omit<Extract<RoundOutcome, { kind: 'applied' }>, 'heldMs' | 'heldWriters' | 'elapsedMs'>> {
    const { run } = this.#work
    const { round, takenAt } = header
    const deltas = compareRound(this.#comparison(), header)
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
    this.#round = round
    this.#pending = null
    this.#unsettled = header
    for (const { database, mark } of header.databases) this.#marks.set(database, mark)
    const quarantined = deltas.reduce(
      (sum, delta) => sum + delta.come.reduce((rows, row) => rows + row.quarantine.length, 0),
      0,
    )
    return { kind: 'applied', round, takenAt, tallies, quarantined }
  }

  #comparison(): RoundComparison {
    return {
      plan: this.#work.plan,
      orphans: this.#orphans,
      refused: this.#applier?.refusedKeys() ?? new Map(),
      databases: this.#databases,
      shadows: this.#shadows,
    }
  }

  async #note(takenAt: string): Promise<void> {
    if (performance.now() - this.#notedAt < NOTE_EVERY_MS) return
    this.#notedAt = performance.now()
    await noteUnchanged(this.connection, { run: this.#work.run, epoch: this.#epoch }, takenAt)
  }
}

function filesInUse(run: string): MigrateError {
  return new MigrateError(
    'copy',
    'follow-files-in-use',
    `Another process is still working on the files of run ${run}.`,
    { hint: 'Wait until it has ended, then run the same command again.' },
  )
}
