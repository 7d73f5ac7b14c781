/**
 * Rolls a run back. Invariant: one transaction removes what the run created together with its rows in the journal, and never anything that
 * the run did not create.
 */
import { dropChangeCapture, readChangeCapture } from '../../journal/change-capture.ts'
import { listRuns, readRun, removeRun } from '../../journal/journal.ts'
import { dropJournal, hasJournal } from '../../journal/schema.ts'
import { dropBarrier } from '../../journal/write-barrier.ts'
import type { RollbackPreview, RolledBack, TableState } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { CreatedObject, RunRecord } from '../../model/journal.ts'
import type { TableName } from '../../model/target-schema.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { TargetError } from '../../target/connection/pg-errors.ts'
import { lockTarget, unlockTarget } from '../../target/connection/run-lock.ts'
import { refusalOf } from '../../target/connection/savepoint.ts'
import { changeShardsInTurn } from '../../target/extensions/citus.ts'
import { createdTables, refuseReplaced } from '../../target/guards/created-tables.ts'
import { refuseForeignTarget, refuseOtherTimescale } from '../../target/guards/foreign-names.ts'
import { refuseForeignObjects } from '../../target/guards/ownership.ts'
import { takeFromPartman } from '../../target/tables/partman.ts'
import { existingObjects } from './created-objects.ts'
import { lockFilledTables, removeRows } from './remove-rows.ts'
import { readTableStates } from './run-changes.ts'

/**
 * Rolls the run back. Throws `target-changed` when rows changed since the run, unless `force`; `others-depend` when objects of others depend
 * on the run's tables; `no-such-run`; `another-run`.
 */
export async function rollBackRun(
  connection: Connection,
  run: string,
  options: { readonly force?: boolean } = {},
): Promise<RolledBack> {
  await lockTarget(connection)
  try {
    return await connection.transaction(() => rollBack(connection, run, options))
  } finally {
    if (connection.lost === null) await unlockTarget(connection).catch(() => undefined)
  }
}

async function rollBack(
  connection: Connection,
  run: string,
  options: { readonly force?: boolean },
): Promise<RolledBack> {
  const record = await recordOf(connection, run)
  if (firstDistributed(record.plan) !== null) await changeShardsInTurn(connection)
  const created = await existingObjects(connection, record.created)
  const tables = created.filter((object) => object.kind === 'table').map(toTable)
  if (tables.length > 0) {
    await refuseForeignObjects(connection, tables)
    await connection.execute(`lock table ${tables.map(quoteTable).join(', ')} in access exclusive mode`)
    await refuseForeignObjects(connection, tables)
    await refuseReplaced(connection, createdTables(created))
  }
  const filled = await lockFilledTables(connection, record)
  if (options.force !== true) {
    const changes = changesOf(await readTableStates(connection, record))
    if (changes.length > 0) throw changed(changes)
  }
  const removedRows = await removeRows(connection, run, filled)
  const removed: CreatedObject[] = []
  const present = new Set(tables.map(quoteTable))
  const apart = new Set<string>()
  for (const { schema, table, partitioning, hypertable } of record.plan.schema.tables) {
    const name = quoteTable({ schema, table })
    if (!present.has(name)) continue
    if (partitioning !== null) await takeFromPartman(connection, { schema, table })
    // The internal tables of a columnstore outlive their hypertable, but not their chunks.
    if (hypertable !== undefined) {
      await refuseOtherTimescale(connection, hypertable.extensionSchema)
      const call = `${quoteIdentifier(hypertable.extensionSchema)}.drop_chunks`
      await connection.query(`select ${call}($1::regclass, older_than => 'infinity'::timestamptz)`, [name])
      apart.add(name)
    }
  }
  await dropReferencesTo(connection, record, apart, present)
  // Views go before the tables that they read.
  for (const kind of ['view', 'table'] as const) {
    const objects = created.filter((object) => object.kind === kind)
    if (objects.length === 0) continue
    const names = objects.map((object) => quoteTable(toTable(object)))
    // Older versions of TimescaleDB can only drop one hypertable per statement.
    const [alone, together] = [
      names.filter((name) => apart.has(name)),
      names.filter((name) => !apart.has(name)),
    ]
    for (const some of [...alone.map((name) => [name]), ...(together.length === 0 ? [] : [together])])
      await dropOrRefuse(connection, `drop ${kind} ${some.join(', ')} restrict`)
    removed.push(...objects)
  }
  const kept: { object: CreatedObject; reason: string }[] = []
  for (const object of created.filter((one) => one.kind === 'type')) {
    await dropOrRefuse(connection, `drop type ${quoteTable(toTable(object))} restrict`)
    removed.push(object)
  }
  // Extensions go first, since they may be in a schema of the run.
  for (const kind of ['extension', 'schema'] as const) {
    for (const object of created.filter((one) => one.kind === kind)) {
      const reason = await dropOrKeep(connection, `drop ${kind} ${quoteIdentifier(object.name)} restrict`)
      if (reason === null) removed.push(object)
      else kept.push({ object, reason })
    }
  }
  if ((await readChangeCapture(connection))?.run === run) await dropChangeCapture(connection)
  await dropBarrier(connection)
  await removeRun(connection, run)
  if ((await listRuns(connection)).length === 0) await dropJournal(connection)
  return { removed, removedRows, kept }
}

/** Drops the run's own foreign keys to tables that are dropped before the referring ones. */
async function dropReferencesTo(
  connection: Connection,
  { plan }: RunRecord,
  dropped: ReadonlySet<string>,
  present: ReadonlySet<string>,
): Promise<void> {
  for (const table of plan.schema.tables) {
    if (!present.has(quoteTable(table))) continue
    for (const { name, references } of table.foreignKeys) {
      if (!dropped.has(quoteTable(references))) continue
      await connection.execute(
        `alter table ${quoteTable(table)} drop constraint if exists ${quoteIdentifier(name)}`,
      )
    }
  }
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

function changesOf(tables: readonly TableState[]): readonly string[] {
  return tables.flatMap(({ change }) => change ?? [])
}

function changed(changes: readonly string[]): MigrateError {
  const shown = changes.slice(0, 5)
  const more = changes.length > shown.length ? `; and ${changes.length - shown.length} more tables` : ''
  return new MigrateError(
    'target',
    'target-changed',
    `The target was changed since the run: ${shown.join('; ')}${more}.`,
    {
      hint: 'Rolling back would remove those changes too: export them first, or confirm with --force and the name of the database.',
    },
  )
}

function toTable(object: CreatedObject): TableName {
  return { schema: object.schema ?? '', table: object.name }
}

const DEPENDENT_OBJECTS_STILL_EXIST = '2BP01'

async function dropOrRefuse(connection: Connection, sql: string): Promise<void> {
  try {
    await connection.execute(sql)
  } catch (error) {
    if (!hasDependents(error)) throw error
    throw new MigrateError(
      'target',
      'others-depend',
      `Objects that the run did not create depend on what it created: ${oneLine(error.detail)}.`,
      {
        hint: 'Drop or change them first; rollback never removes what the run did not create.',
        cause: error,
      },
    )
  }
}

/** Returns null when the object was dropped, else the reason why not. */
async function dropOrKeep(connection: Connection, sql: string): Promise<string | null> {
  const refusal = await refusalOf(connection, hasDependents, () => connection.execute(sql))
  return refusal === null ? null : oneLine(refusal.detail)
}

const hasDependents = (error: unknown): error is TargetError =>
  error instanceof TargetError && error.sqlstate === DEPENDENT_OBJECTS_STILL_EXIST

function oneLine(detail: string | null): string {
  return (detail ?? 'others use it').trim().split('\n').join('; ')
}
