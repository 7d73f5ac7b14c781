/**
 * Removes tables and views that a run created. Invariant: in the caller's transaction, in which they are locked and checked first: none that
 * was replaced, or that others changed or depend on, is dropped.
 */
import type { CreatedObject, RunRecord } from '../../model/journal.ts'
import { partitionNames, type TableName } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { createdTables, refuseReplaced } from '../../target/guards/created-tables.ts'
import { refuseOtherTimescale } from '../../target/guards/foreign-names.ts'
import { refuseForeignObjects } from '../../target/guards/ownership.ts'
import { takeFromPartman } from '../../target/tables/partman.ts'
import { existingObjects } from './created-objects.ts'
import { dropOrRefuse, toTable } from './drop-objects.ts'
import { readTableStates, refuseChanges } from './run-changes.ts'

/**
 * Removes those of the objects that exist, which are tables and views of the run. Returns them. Throws `target-changed` when rows changed since
 * the run, unless `force`, `others-depend` and `table-replaced`.
 */
export async function removeTables(
  connection: Connection,
  record: RunRecord,
  objects: readonly CreatedObject[],
  { force }: { readonly force: boolean },
): Promise<readonly CreatedObject[]> {
  const created = await existingObjects(connection, objects)
  const names = new Set(created.filter(({ kind }) => kind === 'table').map((one) => quoteTable(toTable(one))))
  const planned = record.plan.schema.tables.filter((table) => names.has(quoteTable(table)))
  const apart = new Set(planned.filter(({ hypertable }) => hypertable !== undefined).map(quoteTable))
  const referring = findReferring(record, names, apart)
  const held = new Set([...names, ...referring.map(({ table }) => quoteTable(table))])
  await holdTables(
    connection,
    record.created.filter((one) => one.kind === 'table' && held.has(quoteTable(toTable(one)))),
  )
  if (!force) refuseChanges(await readTableStates(connection, record, planned))
  for (const { schema, table, partitioning, hypertable } of planned) {
    if (partitioning !== null) await takeFromPartman(connection, { schema, table })
    // The internal tables of a columnstore outlive their hypertable, but not their chunks.
    if (hypertable !== undefined) {
      await refuseOtherTimescale(connection, hypertable.extensionSchema)
      const call = `${quoteIdentifier(hypertable.extensionSchema)}.drop_chunks`
      await connection.query(`select ${call}($1::regclass, older_than => 'infinity'::timestamptz)`, [
        quoteTable({ schema, table }),
      ])
    }
  }
  for (const { relations, key } of referring)
    for (const relation of relations)
      await connection.execute(
        `alter table if exists ${quoteTable(relation)} drop constraint if exists ${quoteIdentifier(key)}`,
      )
  // Views go before the tables that they read.
  for (const kind of ['view', 'table'] as const) {
    const dropped = created.filter((object) => object.kind === kind).map((one) => quoteTable(toTable(one)))
    // Older versions of TimescaleDB can only drop one hypertable per statement.
    const alone = dropped.filter((name) => apart.has(name))
    const together = dropped.filter((name) => !apart.has(name))
    for (const some of [...alone.map((name) => [name]), ...(together.length === 0 ? [] : [together])])
      await dropOrRefuse(connection, `drop ${kind} ${some.join(', ')} restrict`)
  }
  return created
}

/** Locks those of the tables that exist, and checks that they are still the run's. */
async function holdTables(connection: Connection, objects: readonly CreatedObject[]): Promise<void> {
  const there = await existingObjects(connection, objects)
  const tables = there.map(toTable)
  if (tables.length === 0) return
  await refuseForeignObjects(connection, tables)
  await connection.execute(`lock table ${tables.map(quoteTable).join(', ')} in access exclusive mode`)
  await refuseForeignObjects(connection, tables)
  await refuseReplaced(connection, createdTables(there))
}

type Referring = {
  readonly table: TableName
  /** The table, or for an unvalidated key of a partitioned one its partitions. */
  readonly relations: readonly TableName[]
  readonly key: string
}

/** Returns the run's foreign keys to tables that are dropped before the referring ones. `apart`: those that are dropped one by one. */
function findReferring(
  { plan, created }: RunRecord,
  dropped: ReadonlySet<string>,
  apart: ReadonlySet<string>,
): readonly Referring[] {
  const own = new Set(createdTables(created).map(quoteTable))
  return plan.schema.tables.flatMap((table) => {
    if (!own.has(quoteTable(table))) return []
    const { schema, foreignKeys, partitioning } = table
    return foreignKeys.flatMap(({ name, references, validated }) => {
      const parent = quoteTable(references)
      if (!dropped.has(parent) || (dropped.has(quoteTable(table)) && !apart.has(parent))) return []
      const parts = partitioning === null || validated ? [] : partitionNames(partitioning)
      return [{ table, relations: [table, ...parts.map((part) => ({ schema, table: part }))], key: name }]
    })
  })
}
