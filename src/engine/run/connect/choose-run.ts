/** The run of a target that a command is about. Invariant: a target is refused when its journal or tables are not those of the run. */
import { BlockBook } from '../../journal/block-book.ts'
import { readBlocks } from '../../journal/blocks.ts'
import { listRuns, readRun } from '../../journal/journal.ts'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import { nearest } from '../../model/nearest.ts'
import type { TargetChoice } from '../../model/options.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { createdTables, refuseReplaced } from '../../target/guards/created-tables.ts'
import { refuseForeignTarget } from '../../target/guards/foreign-names.ts'
import { refuseRemoving } from '../prepare/refuse-removing.ts'
import { openPastTarget } from './open-target.ts'

export type LaterRequest = {
  readonly target: TargetChoice
  /** Null: the last run. */
  readonly run: string | null
}

export async function refuseUnfinished(
  connection: Connection,
  run: string,
  what: string,
): Promise<BlockBook> {
  const book = new BlockBook(await readBlocks(connection, run))
  if (book.open.length === 0) return book
  throw unfinished(run, `there is nothing to ${what} yet`)
}

export function unfinished(run: string, why: string): MigrateError {
  return new MigrateError('copy', 'run-unfinished', `Run ${run} is not finished: ${why}.`, {
    hint: 'Run the migration again: it resumes where it stopped.',
  })
}

/** Returns the run of that name, or the last one. Throws `no-such-run`, `run-removing`, and the errors of a target that is not the run's. */
export async function chosenRun(connection: Connection, name: string | null): Promise<RunRecord> {
  const record = await removableRun(connection, name)
  refuseRemoving(record)
  return record
}

/** Like `chosenRun`, also for a run whose rollback was interrupted. */
export async function removableRun(connection: Connection, name: string | null): Promise<RunRecord> {
  const known = await listRuns(connection)
  const run = name ?? known[0]?.run
  const record = run === undefined ? null : await readRun(connection, run)
  if (record !== null) {
    await refuseForeignTarget(connection, record.plan.schema.tables)
    await refuseReplaced(connection, createdTables(record.created))
    return record
  }
  const message =
    name === null ? 'The target holds no run of gpt-migrate.' : `The target holds no run "${name}".`
  const close =
    name === null
      ? null
      : nearest(
          name,
          known.map((one) => one.run),
        )
  throw new MigrateError('target', 'no-such-run', message, {
    hint: close === null ? 'gpt-migrate status lists the runs of a target.' : `Did you mean --run ${close}?`,
  })
}

export async function onTarget<T>(
  choice: TargetChoice,
  work: (connection: Connection, address: TargetAddress) => Promise<T>,
): Promise<T> {
  await using target = await openPastTarget(choice)
  try {
    await using connection = await connect(target.address)
    return await work(connection, target.address)
  } finally {
    await target.close()
  }
}
