/**
 * Our copies of the sources before and after a round, and what is known of their tables. Invariant: one process has them open, and a round
 * stays unsettled until its pages are in the `old` copies.
 */
import type { Catalog } from '../model/catalog.ts'
import { MigrateError } from '../model/errors.ts'
import type { FollowedSource, RoundHeader } from '../model/follow.ts'
import type { Plan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { openReadOnly } from '../source/base/sqlite.ts'
import { findOrphans } from '../source/staging/orphans.ts'
import { compareRound } from './round/compare-round.ts'
import { type FollowedDatabase, openFollowed, type TableProblem } from './round/followed-database.ts'
import { KnownOrphans } from './round/moved-parents.ts'
import type { RoundComparison } from './round/round-states.ts'
import { ownFilesError, Shadows } from './round/shadows.ts'
import type { TableDelta } from './round/table-delta.ts'

export type FollowedRun = {
  readonly run: string
  /** The run's folder in the work folder. */
  readonly folder: string
  readonly plan: Plan
  readonly catalogs: readonly Catalog[]
  readonly snapshots: readonly Snapshot[]
  /** Tables whose rows are not followed, because they are copied again afterwards. */
  readonly paused?: ReadonlySet<string>
  /** All tables are copied again: the target may be at another round than our copies. */
  readonly copiesAllAgain?: boolean
  /** The round to which the snapshots belong. */
  readonly firstRound: number
}

const LOCK_PATIENCE_MS = 30_000
const BETWEEN_LOOKS_MS = 20

export class FollowedStates {
  readonly shadows: Shadows
  readonly sources: readonly FollowedSource[]
  readonly #work: FollowedRun
  #databases = new Map<string, FollowedDatabase>()
  #orphans = new KnownOrphans()
  /** A round that is committed in the target, but not yet in the `old` copies. */
  #unsettled: RoundHeader | null = null
  #isOpen = false

  constructor(work: FollowedRun) {
    this.#work = work
    this.sources = work.snapshots.map(({ database, path }) => ({ database, path }))
    this.shadows = new Shadows(
      work.folder,
      work.run,
      this.sources.map(({ database }) => database),
    )
  }

  /**
   * Brings the copies to the target's round; waits for a process that has them open. Returns the next round when it was already read and has
   * to be applied; null otherwise. Throws `follow-files-in-use`, and the errors of `Shadows.recover`.
   */
  async open(targetRound: number): Promise<RoundHeader | null> {
    const { run, plan, snapshots, firstRound, copiesAllAgain } = this.#work
    if (!this.#isOpen) {
      const deadline = performance.now() + LOCK_PATIENCE_MS
      while (!this.shadows.lock()) {
        if (performance.now() > deadline) throw filesInUse(run)
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS))
      }
      this.#isOpen = true
      if (targetRound === firstRound && this.shadows.readState() === null)
        this.shadows.begin(snapshots, firstRound)
    }
    if (copiesAllAgain === true) this.shadows.adopt(targetRound)
    const pending = this.shadows.recover(targetRound)
    this.#unsettled = null
    this.#openDatabases()
    this.#orphans = KnownOrphans.of(findOrphans(plan, this.snapshots()))
    return pending
  }

  #openDatabases(): void {
    for (const followed of this.#databases.values()) followed.close()
    this.#databases = openFollowed(this.#work, this.shadows, this.shadows.readState()!.left)
    for (const { id, database, table } of this.#work.plan.tables)
      if (this.#work.paused?.has(id) === true) this.#databases.get(database)?.pause(table)
    this.#recordLeft()
  }

  /** Returns the changes that a round, whose pages are in the `new` copies, makes in the target. */
  compare(header: RoundHeader, refused: RoundComparison['refused']): readonly TableDelta[] {
    const { plan } = this.#work
    const known = { orphans: this.#orphans, databases: this.#databases, shadows: this.shadows }
    return compareRound({ plan, refused, ...known }, header)
  }

  /** Records that a round is committed in the target and has to be settled. */
  noteApplied(header: RoundHeader): void {
    this.#unsettled = header
  }

  /** Brings the `old` copies to the last round; not urgent once it is committed. */
  settle(): void {
    const header = this.#unsettled
    if (header === null) return
    try {
      this.shadows.settle(header)
    } catch (error) {
      throw ownFilesError(error, this.#work.folder)
    }
    this.#unsettled = null
    for (const followed of this.#databases.values()) followed.leaveRound()
    this.#recordLeft()
  }

  /** Follows tables again that were copied as of the last round. */
  followAgain(tableIds: ReadonlySet<string>): void {
    this.shadows.recordLeft(this.#left().filter((id) => !tableIds.has(id)))
  }

  #left(): readonly string[] {
    return [...this.#databases.values()].flatMap(({ left }) => left)
  }

  #recordLeft(): void {
    this.shadows.recordLeft(this.#left())
  }

  /** Returns the tables that can no longer be followed. */
  problems(): readonly TableProblem[] {
    return [...this.#databases.values()].flatMap((followed) => followed.problems())
  }

  /** Returns the run's catalogs with the numbers that `sqlite_sequence` had reached in the last round. */
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
    using db = openReadOnly(this.shadows.newFile(database), { immutable: true })
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

  /** Returns our copies of the last round as snapshots. Call after `settle`. */
  snapshots(): readonly Snapshot[] {
    return this.sources.map(({ database, path }) => {
      const file = this.shadows.oldFile(database)
      return { database, path, file, bytes: 0, sha256: '', takenAt: '' }
    })
  }

  close(): void {
    for (const followed of this.#databases.values()) followed.close()
    this.#databases.clear()
    this.shadows.unlock()
    this.#isOpen = false
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
