/**
 * Rolls a run back. Invariant: everything that would refuse the rollback is found before anything is removed, and nothing is removed that the
 * run did not create. One transaction removes all of it together with the run's rows in the journal; of more tables than the server has locks
 * for, each transaction removes some and their names in the journal, so that the same command finishes an interrupted rollback.
 */
import { dropChangeCapture, dropTriggersInTurn, readChangeCapture } from '../../journal/change-capture.ts'
import { listRuns, readRun, recordRemoving, removeRun } from '../../journal/journal.ts'
import { createJournal, dropJournal, hasJournal } from '../../journal/schema.ts'
import { dropBarrier } from '../../journal/write-barrier.ts'
import type { RollbackPreview, RolledBack } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { CreatedObject, RunRecord } from '../../model/journal.ts'
import { locksOf, VIEW_LOCKS } from '../../plan/ddl/locks.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { groupByLocks, readLockRoom } from '../../target/connection/lock-room.ts'
import { lockTarget, unlockTarget } from '../../target/connection/run-lock.ts'
import { changeShardsInTurn } from '../../target/extensions/citus.ts'
import { createdTables, refuseReplaced } from '../../target/guards/created-tables.ts'
import { refuseForeignTarget } from '../../target/guards/foreign-names.ts'
import { childrenFirst } from './children-first.ts'
import { existingObjects } from './created-objects.ts'
import { refuseDependents } from './dependents.ts'
import { dropOrKeep, dropOrRefuse, toTable } from './drop-objects.ts'
import { lockFilledTables, removeRows } from './remove-rows.ts'
import { removeTables } from './remove-tables.ts'
import { changesOf, readTableStates, refuseChanges } from './run-changes.ts'

type Options = { readonly force: boolean }

/**
 * Rolls the run back. Throws `target-changed` when rows changed since the run, unless `force`; `others-depend` when objects of others depend
 * on the run's tables; `no-such-run`; `another-run`.
 */
export async function rollBackRun(
  connection: Connection,
  run: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<RolledBack> {
  await lockTarget(connection)
  try {
    const record = await recordOf(connection, run)
    const groups = groupCreated(record, await readLockRoom(connection))
    return groups.length > 1
      ? await removeInTurn(connection, record, groups, { force })
      : await connection.transaction(() => removeAtOnce(connection, record, { force }))
  } finally {
    if (connection.lost === null) await unlockTarget(connection).catch(() => undefined)
  }
}

/** Views and tables are removed, each before those that it reads or refers to. */
const isRelation = ({ kind }: CreatedObject): boolean => kind === 'view' || kind === 'table'

/**
 * Groups the run's views and tables for transactions of their own. One group where the run filled tables of others, whose rows go all at once,
 * or on Citus, which counts the locks of its nodes.
 */
function groupCreated(record: RunRecord, room: number): readonly (readonly CreatedObject[])[] {
  const { plan, created } = record
  const { tables } = plan.schema
  const views = created.filter(({ kind }) => kind === 'view').reverse()
  if (firstDistributed(plan) !== null || tables.some(({ existing }) => existing))
    return [created.filter(isRelation)]
  const byName = new Map(tables.map((table) => [quoteTable(table), table]))
  const known = created.filter((one) => one.kind === 'table' && byName.has(quoteTable(toTable(one))))
  const objectOf = new Map(known.map((object) => [quoteTable(toTable(object)), object]))
  const references = tables.flatMap((table) =>
    table.foreignKeys.map((key) => ({ child: table, parent: key.references })),
  )
  const sorted = childrenFirst(known.map(toTable), references).flat()
  return groupByLocks(
    [...views, ...sorted.map((table) => objectOf.get(quoteTable(table))!)],
    (object) => (object.kind === 'view' ? VIEW_LOCKS : locksOf(byName.get(quoteTable(toTable(object)))!)),
    room,
  )
}

async function removeAtOnce(
  connection: Connection,
  record: RunRecord,
  options: Options,
): Promise<RolledBack> {
  if (firstDistributed(record.plan) !== null) await changeShardsInTurn(connection)
  const filled = await lockFilledTables(connection, record)
  const existing = record.plan.schema.tables.filter((table) => table.existing)
  if (!options.force) refuseChanges(await readTableStates(connection, record, existing))
  const removedRows = await removeRows(connection, record.run, filled)
  const removed = await removeTables(connection, record, record.created.filter(isRelation), options)
  const rest = await removeRest(connection, record)
  return { removed: [...removed, ...rest.removed], removedRows, kept: rest.kept }
}

async function removeInTurn(
  connection: Connection,
  record: RunRecord,
  groups: readonly (readonly CreatedObject[])[],
  options: Options,
): Promise<RolledBack> {
  if (!options.force) refuseChanges(await readTableStates(connection, record))
  await refuseDependents(connection, record.created.filter(isRelation))
  // An older journal does not know a run that is being removed.
  await connection.transaction(() => createJournal(connection))
  const removed: CreatedObject[] = []
  let left = record
  for (const group of groups) {
    const gone = await connection.transaction(async () => {
      const dropped = await removeTables(connection, left, group, options)
      left = { ...left, created: left.created.filter((one) => !group.includes(one)) }
      await recordRemoving(connection, record.run, left.created)
      return dropped
    })
    removed.push(...gone)
  }
  if ((await readChangeCapture(connection))?.run === record.run) await dropTriggersInTurn(connection)
  const rest = await connection.transaction(async () => {
    // Partitions that were made later have gone with their tables.
    removed.push(...(await removeTables(connection, left, left.created.filter(isRelation), options)))
    return removeRest(connection, left)
  })
  return { removed: [...removed, ...rest.removed], removedRows: 0, kept: rest.kept }
}

/** Removes types, extensions and schemas that the run created, and its record. */
async function removeRest(
  connection: Connection,
  { run, created }: RunRecord,
): Promise<Pick<RolledBack, 'removed' | 'kept'>> {
  const objects = await existingObjects(
    connection,
    created.filter((one) => !isRelation(one)),
  )
  const removed: CreatedObject[] = []
  const kept: { object: CreatedObject; reason: string }[] = []
  for (const object of objects.filter((one) => one.kind === 'type')) {
    await dropOrRefuse(connection, `drop type ${quoteTable(toTable(object))} restrict`)
    removed.push(object)
  }
  // Extensions go first, since they may be in a schema of the run.
  for (const kind of ['extension', 'schema'] as const) {
    for (const object of objects.filter((one) => one.kind === kind)) {
      const reason = await dropOrKeep(connection, `drop ${kind} ${quoteIdentifier(object.name)} restrict`)
      if (reason === null) removed.push(object)
      else kept.push({ object, reason })
    }
  }
  if ((await readChangeCapture(connection))?.run === run) await dropChangeCapture(connection)
  await dropBarrier(connection)
  await removeRun(connection, run)
  if ((await listRuns(connection)).length === 0) await dropJournal(connection)
  return { removed, kept }
}

async function recordOf(connection: Connection, run: string): Promise<RunRecord> {
  const record = (await hasJournal(connection)) ? await readRun(connection, run) : null
  if (record !== null) return record
  throw new MigrateError('target', 'no-such-run', `The journal has no run "${run}".`, {
    hint: 'gpt-migrate status lists the runs.',
  })
}

/** Only reads, without locks. Throws `no-such-run`, and the errors of a rollback for tables that are no longer the run's. */
export async function previewRollback(connection: Connection, run: string): Promise<RollbackPreview> {
  const record = await recordOf(connection, run)
  await refuseForeignTarget(connection, record.plan.schema.tables)
  await refuseReplaced(connection, createdTables(record.created))
  const tables = await readTableStates(connection, record)
  return {
    run,
    objects: await existingObjects(connection, record.created),
    tables,
    changes: changesOf(tables),
  }
}
