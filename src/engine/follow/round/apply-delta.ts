/**
 * Brings target tables to the sources' new state, in the caller's transaction. Invariant: rows of tables that the run created are deleted
 * and inserted; rows of existing tables, and of tables that have since got more columns, are updated in place, so that the application's
 * other columns, and rows that refer to them, stay.
 *
 * In existing tables foreign keys hold at every moment (deferrable ones at the end). So rows are inserted and updated from parents to
 * children and then deleted from children to parents, when nothing refers to them any more; values that are in their way under a unique
 * constraint are parked meanwhile.
 */
import {
  type IsNamedByCells,
  quarantinedName,
  type RefusedRow,
  readRefused,
  writeArchive,
  writeQuarantine,
} from '../../journal/entries.ts'
import { deleteFollowedEntries, leastOrdinal } from '../../journal/remove-entries.ts'
import type { TableTally } from '../../model/follow.ts'
import type { ArchiveEntry, QuarantineEntry } from '../../model/journal.ts'
import { type CopyPlan, copyPlanOf, isKeyless, type Plan, targetTableOf } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { isRetryable, TargetError } from '../../target/connection/pg-errors.ts'
import { takeApplicationPath } from '../../target/guards/application-path.ts'
import { holdTrustedTable } from '../../target/guards/foreign-names.ts'
import { type Change, hasOtherValues, splitByKey, tally, tuplesOf } from './change.ts'
import type { EncodedRow } from './encode-changes.ts'
import { parkingOf } from './parking.ts'
import type { TableDelta } from './table-delta.ts'
import { type Refusals, TargetRows } from './target-rows.ts'

export class DeltaApplier {
  readonly #connection: Connection
  readonly #run: string
  readonly #plan: Plan
  readonly #rows: TargetRows
  /** Target tables to which foreign keys refer. */
  readonly #referred: ReadonlySet<string>
  /** Tables created by the run that have columns which the plan does not know. */
  #widened: ReadonlySet<TargetTable> = new Set()
  /** Rows that the server refused, by name: they are in quarantine instead of the table. */
  #refused: Map<string, RefusedRow> = new Map()
  /** Entries of rows without a key are numbered downwards from here. */
  #leastOrdinal = 0
  readonly #isKeyless: IsNamedByCells

  constructor(connection: Connection, run: string, plan: Plan) {
    this.#connection = connection
    this.#run = run
    this.#plan = plan
    this.#rows = new TargetRows(connection)
    this.#isKeyless = keylessTables(plan)
    this.#referred = new Set(
      plan.schema.tables.flatMap(({ foreignKeys }) =>
        foreignKeys.map(({ references }) => quoteTable(references)),
      ),
    )
  }

  /** Prepares what rounds need. Call outside of a transaction, before the first round. */
  async prepare(): Promise<void> {
    for (const { fate } of this.#plan.tables) {
      if (fate.kind === 'copy') await namingTable(fate.copy, () => this.#rows.prepare(fate.copy))
    }
    this.#widened = await findWidened(this.#connection, this.#plan)
    this.#refused = await readRefused(this.#connection, this.#run, this.#isKeyless)
    this.#leastOrdinal = await leastOrdinal(this.#connection, this.#run)
  }

  /**
   * Returns the keys of rows that the server refused, by table: it may accept one when the row with which it collided is gone, or when its
   * parent has come.
   */
  refusedKeys(): ReadonlyMap<string, readonly RefusedRow['key'][]> {
    const keys = new Map<string, RefusedRow['key'][]>()
    for (const { tableId, key } of this.#refused.values()) {
      const known = keys.get(tableId)
      if (known === undefined) keys.set(tableId, [key])
      else known.push(key)
    }
    return keys
  }

  /**
   * Applies a round in its transaction. Throws the target's errors with the table's name. `readsBack`: compares written rows with what the
   * target returns for them, unless triggers of the application may change them.
   */
  async apply(deltas: readonly TableDelta[], readsBack = false): Promise<readonly TableTally[]> {
    this.#rows.begin()
    const changes = deltas.map((delta) => this.#changeOf(delta))
    const tallies: TableTally[] = []
    for (const change of changes) {
      if (this.#isInPlace(change.copy, change.target)) continue
      tallies.push(await namingTable(change.copy, () => this.#replace(change)))
    }
    const inPlace = this.#plan.schema.tables.flatMap((target) =>
      changes.filter((change) => change.target === target && this.#isInPlace(change.copy, target)),
    )
    if (inPlace.length > 0) tallies.push(...(await this.#applyInPlace(inPlace)))
    for (const { copy, delta, target, come } of readsBack ? changes : []) {
      if (target.triggers !== undefined) continue
      const written = come.filter((row) => !this.#isRefused(row))
      await namingTable(copy, () => this.#rows.readBack(copy, delta.tableId, written))
    }
    return tallies
  }

  /** Whether rows are updated in place: a row that is deleted and inserted again would lose what only the target has of it. */
  #isInPlace({ identity }: CopyPlan, target: TargetTable): boolean {
    return target.existing || (identity.kind === 'columns' && this.#widened.has(target))
  }

  #changeOf(delta: TableDelta): Change {
    const copy = copyPlanOf(this.#plan.tables.find(({ id }) => id === delta.tableId)!)
    return {
      ...{ delta, copy, target: targetTableOf(this.#plan, copy.target) },
      gone: delta.gone.filter((row) => row.tuple !== null && !this.#isRefused(row)),
      come: delta.come.filter(({ tuple }) => tuple !== null),
    }
  }

  #isRefused({ ifRefused }: EncodedRow): boolean {
    return ifRefused?.some((entry) => this.#refused.has(this.#nameOf(entry))) === true
  }

  async #replace(change: Change): Promise<TableTally> {
    const { copy, delta, gone, come } = change
    await holdTrustedTable(this.#connection, copy.target)
    await this.#rows.remove(copy, delta.tableId, tuplesOf(gone))
    const refused = await this.#rows.add(copy, delta.tableId, come)
    const taken = await this.#tryAgain(change)
    await this.#enter(change, refused, taken)
    return tally(change, refused, taken)
  }

  /** Retries refused rows. Returns those that the server now accepts. */
  async #tryAgain({ copy, delta }: Change): Promise<readonly EncodedRow[]> {
    const rows = delta.again.filter((row) => row.tuple !== null && this.#isRefused(row))
    if (rows.length === 0) return []
    const refused = await this.#rows.add(copy, delta.tableId, rows)
    return rows.filter((row) => !refused.has(row))
  }

  async #applyInPlace(changes: readonly Change[]): Promise<readonly TableTally[]> {
    await this.#connection.execute('set constraints all deferred')
    const refusals = new Map<Change, Refusals>()
    const left: (() => Promise<void>)[] = []
    for (const change of changes) {
      const { copy, delta, target } = change
      await namingTable(copy, async () => {
        await takeApplicationPath(this.#connection, target)
        const { removed, added, changed } = splitByKey(change)
        const remove = (rows: readonly EncodedRow[]): Promise<void> =>
          this.#rows.remove(copy, delta.tableId, tuplesOf(rows))
        const isReferred = this.#referred.has(quoteTable(target))
        if (!isReferred) await remove(removed)
        const parking = parkingOf(target, copy.identity.kind === 'columns' ? copy.identity.columns : [])
        const parked = changed.filter(([was, is]) => hasOtherValues(copy, was, is, parking.columns))
        await this.#rows.assign(
          copy,
          tuplesOf([...(isReferred ? removed : []), ...parked.map(([was]) => was)]),
          parking.assignments,
        )
        const add = (): Promise<Refusals> => this.#rows.add(copy, delta.tableId, added)
        const alter = (): Promise<Refusals> =>
          this.#rows.change(
            copy,
            delta.tableId,
            changed.map(([, is]) => is),
          )
        // Updated rows may refer to inserted ones, which come first unless they may need a unique value that an updated row frees.
        const [first, second] = parking.freesAll ? [await add(), await alter()] : [await alter(), await add()]
        const refused = new Map([...first, ...second])
        refusals.set(change, refused)
        // A row whose new state the server refuses is deleted: its old state is outdated.
        const outdated = changed.flatMap(([was, is]) => (refused.has(is) ? [was] : []))
        left.unshift(() => namingTable(copy, () => remove([...(isReferred ? removed : []), ...outdated])))
      })
    }
    for (const remove of left) await remove()
    const tallies: TableTally[] = []
    for (const [change, refused] of refusals) {
      const taken = await namingTable(change.copy, () => this.#tryAgain(change))
      await this.#enter(change, refused, taken)
      tallies.push(tally(change, refused, taken))
    }
    return tallies
  }

  #nameOf(entry: QuarantineEntry): string {
    return quarantinedName(entry, this.#isKeyless)
  }

  /** Updates the entries of the rows in quarantine and archive. */
  async #enter({ delta, come }: Change, refused: Refusals, taken: readonly EncodedRow[]): Promise<void> {
    const refusedBefore = [...delta.gone.filter((row) => this.#isRefused(row)), ...taken].flatMap(
      ({ ifRefused }) => ifRefused ?? [],
    )
    const gone = [...delta.entriesGone, ...refusedBefore]
    await deleteFollowedEntries(this.#connection, this.#run, gone, this.#isKeyless)
    const refusals = [...refused.values()].flat()
    const quarantine = [...delta.come.flatMap((row) => row.quarantine), ...refusals]
    const archive = [...come, ...taken].flatMap((row) => (refused.has(row) ? [] : row.archive))
    await writeQuarantine(this.#connection, this.#run, this.#numbered(quarantine))
    await writeArchive(this.#connection, this.#run, this.#numbered(archive))
    for (const entry of refusedBefore) this.#refused.delete(this.#nameOf(entry))
    for (const entry of refusals) this.#refused.set(this.#nameOf(entry), entry)
  }

  /** Numbers the entries of rows without a key by themselves, since SQLite may reuse their rowids. */
  #numbered<T extends QuarantineEntry | ArchiveEntry>(entries: readonly T[]): readonly T[] {
    return entries.map((entry) =>
      this.#isKeyless(entry.tableId) ? { ...entry, ordinal: --this.#leastOrdinal } : entry,
    )
  }
}

async function findWidened(connection: Connection, { schema }: Plan): Promise<ReadonlySet<TargetTable>> {
  const own = schema.tables.filter(({ existing }) => !existing)
  const { rows } = await connection.query<{ name: string }>(
    `select distinct t.name
       from unnest($1::text[], $2::text[]) as t (name, columns)
       join pg_attribute a on a.attrelid = to_regclass(t.name) and a.attnum > 0 and not a.attisdropped
      where not t.columns::jsonb ? a.attname`,
    [own.map(quoteTable), own.map(({ columns }) => JSON.stringify(columns.map(({ name }) => name)))],
  )
  const names = new Set(rows.map(({ name }) => name))
  return new Set(own.filter((table) => names.has(quoteTable(table))))
}

/** Returns whether a table's rows have no lasting key; rows of a folded table are treated like their parents. */
export function keylessTables(plan: Plan): IsNamedByCells {
  const keyless = new Set(
    plan.tables.flatMap(({ id, fate }) => {
      if (fate.kind !== 'copy' || !isKeyless(fate.copy)) return []
      return [id, ...fate.copy.folds.map(({ tableId }) => tableId)]
    }),
  )
  return (tableId) => keyless.has(tableId)
}

/** Adds the table's name to errors that are not transient. */
async function namingTable<T>({ target }: CopyPlan, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof TargetError) || isRetryable(error)) throw error
    const { code, message, detail, hint, sqlstate, constraint, column } = error
    const said = detail === null ? message : `${message} ${detail}`
    throw new TargetError(
      code,
      `Rows of ${target.schema}.${target.table} can't be brought up to date. ${said}`,
      {
        ...{ detail, sqlstate, constraint, column, cause: error },
        hint: `${hint ?? 'Put that right in the target.'} Then: gpt-migrate follow.`,
      },
    )
  }
}
