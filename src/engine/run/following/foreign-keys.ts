/**
 * The foreign keys of a followed run, dropped while rounds may bring a child row before its parent, and those that wait for rows in
 * quarantine. Invariant: they are restored as the plan has them.
 */

import type { Plan } from '../../model/plan.ts'
import { partitionNames } from '../../model/target-schema.ts'
import { writeUnvalidated } from '../../plan/ddl/constraint-ddl.ts'
import { writeDdl } from '../../plan/ddl/ddl.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { isRowRefusal, TargetError } from '../../target/connection/pg-errors.ts'
import { readForeignKeys } from '../../verify/foreign-keys.ts'

export async function dropForeignKeys(connection: Connection, plan: Plan): Promise<void> {
  for (const { object, table } of writeDdl(plan.schema, connection.major).afterLoad) {
    if (object.kind !== 'foreign-key' || table === null) continue
    await connection.execute(
      `alter table ${quoteTable(table)} drop constraint if exists ${quoteIdentifier(object.name)}`,
    )
  }
}

/** Adds the keys for new rows without checking existing ones. In the caller's transaction. */
export async function addForeignKeys(connection: Connection, plan: Plan): Promise<void> {
  const statements = plan.schema.tables
    .filter(({ existing }) => !existing)
    .flatMap((table) => table.foreignKeys.flatMap((foreignKey) => writeUnvalidated(table, foreignKey)))
  if (statements.length > 0) await connection.execute(statements.map(({ sql }) => sql).join(';\n'))
}

/** SQLSTATE for what TimescaleDB does not support on constraints of hypertables with a columnstore. */
const FEATURE_NOT_SUPPORTED = '0A000'

/**
 * Validates the keys. Returns the names of those that existing rows break, or that a columnstore keeps from being validated: they hold for
 * new rows only.
 */
export async function validateForeignKeys(connection: Connection, plan: Plan): Promise<readonly string[]> {
  const unvalidated: string[] = []
  for (const table of plan.schema.tables) {
    if (table.existing) continue
    for (const { name, validated } of table.foreignKeys) {
      if (!validated) continue
      const { partitioning } = table
      const relations = partitioning === null ? [table.table] : partitionNames(partitioning)
      try {
        for (const relation of relations) {
          await connection.execute(
            `alter table ${quoteTable({ schema: table.schema, table: relation })} validate constraint ${quoteIdentifier(name)}`,
          )
        }
        if (partitioning !== null) await joinPartitions(connection, table, name)
      } catch (error) {
        const isUnsupported =
          table.hypertable?.columnstore !== undefined &&
          error instanceof TargetError &&
          error.sqlstate === FEATURE_NOT_SUPPORTED
        if (!isUnsupported && !isRowRefusal(error)) throw error
        unvalidated.push(name)
      }
    }
  }
  return unvalidated
}

/** Validates the keys that waited for rows in quarantine, after rows were loaded from it; keys that rows still break keep waiting. */
export async function validateWaiting(connection: Connection, plan: Plan): Promise<void> {
  const keys = await readForeignKeys(connection, plan.schema.tables)
  const tables = plan.schema.tables.map((table) => {
    const { schema, table: name, partitioning } = table
    const relations = partitioning === null ? [name] : partitionNames(partitioning)
    const waits = (key: string): boolean =>
      relations.some((one) => keys.get(quoteTable({ schema, table: one }))?.get(key)?.validated === false)
    return { ...table, foreignKeys: table.foreignKeys.filter((key) => waits(key.name)) }
  })
  await validateForeignKeys(connection, { ...plan, schema: { ...plan.schema, tables } })
}

/** Adds the key to the partitioned table itself, which adopts the valid keys of its partitions. */
async function joinPartitions(
  connection: Connection,
  table: Plan['schema']['tables'][number],
  name: string,
): Promise<void> {
  const added = writeDdl({ extensions: [], schemas: [], tables: [table] }, connection.major).afterLoad
  const key = added.find(({ object }) => object.kind === 'foreign-key' && object.name === name)
  if (key !== undefined) await connection.execute(key.sql)
}
