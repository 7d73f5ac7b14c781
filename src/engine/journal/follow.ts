/** The journal's record of following. Invariant: a round's changes and its number are committed together. */
import { MigrateError } from '../model/errors.ts'
import type { CutOverRecord, FollowOwner, FollowRecord, FollowState, TableTally } from '../model/follow.ts'
import type { Connection } from '../target/connection/connection.ts'
import { iso } from './journal.ts'
import { hasJournalTable } from './schema.ts'

export async function readFollow(connection: Connection, run: string): Promise<FollowRecord | null> {
  if (!(await hasJournalTable(connection, 'follow'))) return null
  const { rows } = await connection.query<FollowRow>(
    `select run, state, round::float8 as round, epoch::float8 as epoch, owner, cut_over as "cutOver",
            inserted::float8 as inserted, updated::float8 as updated, deleted::float8 as deleted,
            ${iso('source_at')} as "sourceAt", ${iso('applied_at')} as "appliedAt"
       from gpt_migrate.follow
      where run = $1`,
    [run],
  )
  const [row] = rows
  if (row === undefined) return null
  const { inserted, updated, deleted, ...record } = row
  return { ...record, rows: { inserted, updated, deleted } }
}

type FollowRow = Omit<FollowRecord, 'rows'> & FollowRecord['rows']

/** In the transaction that prepares the target for following. */
export async function beginFollow(connection: Connection, run: string, sourceAt: string): Promise<void> {
  await connection.query(
    `insert into gpt_migrate.follow (run, state, round, epoch, source_at, applied_at)
     values ($1, 'following', 0, 0, $2, now())`,
    [run, sourceAt],
  )
}

/** Follows the run from other files: rounds are counted on, and the previous follower can write nothing more. */
export async function restartFollow(connection: Connection, run: string, sourceAt: string): Promise<void> {
  await connection.query(
    `insert into gpt_migrate.follow (run, state, round, epoch, source_at, applied_at)
     values ($1, 'following', 0, 0, $2, now())
     on conflict (run) do update
        set state = 'following', epoch = gpt_migrate.follow.epoch + 1, cut_over = null,
            source_at = excluded.source_at, applied_at = excluded.applied_at`,
    [run, sourceAt],
  )
}

/**
 * Takes the following over, so that the previous follower can write no further round. `own`: the caller's present epoch, null for a new
 * process. Returns the new epoch. Throws `follow-lost` when another process has switched since the state was read.
 */
export async function raiseEpoch(
  connection: Connection,
  run: string,
  owner: FollowOwner,
  own: number | null,
): Promise<number> {
  const { rows } = await connection.query<{ epoch: number }>(
    `update gpt_migrate.follow set epoch = epoch + 1, owner = $2
      where run = $1 and (state in ('following', 'fenced') or epoch = $3)
      returning epoch::float8 as epoch`,
    [run, JSON.stringify(owner), own],
  )
  const [row] = rows
  if (row === undefined) throw followLost(run)
  return row.epoch
}

/**
 * Must be the first statement of a round's transaction: it ensures that no other process writes the round, that no round is written twice, and
 * none after the switch. Throws `follow-lost` when another process has taken over.
 */
export async function enterRound(
  connection: Connection,
  { run, epoch }: { readonly run: string; readonly epoch: number },
  round: number,
  sourceAt: string,
): Promise<void> {
  const { count } = await connection.query(
    `update gpt_migrate.follow
        set round = $3, source_at = $4, applied_at = clock_timestamp()
      where run = $1 and epoch = $2 and round = $3 - 1 and state in ('following', 'fenced')`,
    [run, epoch, round, sourceAt],
  )
  if (count !== 1) throw followLost(run)
}

/** Blocks rounds of other processes during this transaction. Throws `follow-lost` when another process has taken over. */
export async function holdFollow(
  connection: Connection,
  { run, epoch }: { readonly run: string; readonly epoch: number },
): Promise<void> {
  const { rows } = await connection.query(
    'select from gpt_migrate.follow where run = $1 and epoch = $2 for update',
    [run, epoch],
  )
  if (rows.length !== 1) throw followLost(run)
}

/** Adds a round's rows to the totals, in its transaction. */
export async function countRound(
  connection: Connection,
  run: string,
  tallies: readonly TableTally[],
): Promise<void> {
  if (tallies.length === 0) return
  const total = (of: 'inserted' | 'updated' | 'deleted'): number =>
    tallies.reduce((sum, tally) => sum + tally[of], 0)
  await connection.query(
    `update gpt_migrate.follow set inserted = inserted + $2, updated = updated + $3, deleted = deleted + $4 where run = $1`,
    [run, total('inserted'), total('updated'), total('deleted')],
  )
}

/** Sets the state. Throws `follow-lost` when another process has taken over. */
export async function setFollowState(
  connection: Connection,
  { run, epoch }: { readonly run: string; readonly epoch: number },
  state: FollowState,
  cutOver: CutOverRecord | null,
): Promise<void> {
  const { count } = await connection.query(
    'update gpt_migrate.follow set state = $3, cut_over = $4 where run = $1 and epoch = $2',
    [run, epoch, state, cutOver === null ? null : JSON.stringify(cutOver)],
  )
  if (count !== 1) throw followLost(run)
}

/** Records that a run was moved back to SQLite after its cut-over, or forward again; no-op for a run that was never followed. */
export async function setFallenBack(connection: Connection, run: string, isBack: boolean): Promise<void> {
  if (!(await hasJournalTable(connection, 'follow'))) return
  await connection.query(
    `update gpt_migrate.follow set state = $2 where run = $1 and state in ('cut-over', 'fallen-back')`,
    [run, isBack ? 'fallen-back' : 'cut-over'],
  )
}

/** Records that the target is current as of this moment of the source, though no row changed. */
export async function noteUnchanged(
  connection: Connection,
  { run, epoch }: { readonly run: string; readonly epoch: number },
  sourceAt: string,
): Promise<void> {
  const { count } = await connection.query(
    `update gpt_migrate.follow set source_at = $3, applied_at = clock_timestamp() where run = $1 and epoch = $2`,
    [run, epoch, sourceAt],
  )
  if (count !== 1) throw followLost(run)
}

export function followLost(run: string): MigrateError {
  return new MigrateError(
    'copy',
    'follow-lost',
    `Another process has taken over the following of run ${run}.`,
    { hint: 'gpt-migrate status shows its state.' },
  )
}
