/**
 * The actual and planned shapes of many tables, in few round trips. Invariant: tables that cannot be read together are left out, so that the
 * check of each reports its own error.
 */
import type { TargetTable } from '../model/target-schema.ts'
import type { Connection } from '../target/connection/connection.ts'
import { inRolledBack, unlessFailed } from './attempt-check.ts'
import { readPlannedShapes, readShapes, type TableShape } from './table-shape.ts'

export type ShapePair = {
  /** Null when the table is missing. */
  readonly actual: TableShape | null
  readonly planned: TableShape | null
}

/** A limit because each planned shape is a table with its indexes, which takes entries of the server's lock table. */
const TABLES_AT_ONCE = 50

export async function readShapePairs(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<ReadonlyMap<TargetTable, ShapePair>> {
  const pairs = new Map<TargetTable, ShapePair>()
  for (const ofSchema of Map.groupBy(tables, ({ schema }) => schema).values()) {
    for (let at = 0; at < ofSchema.length; at += TABLES_AT_ONCE) {
      const together = ofSchema.slice(at, at + TABLES_AT_ONCE)
      const found = await unlessFailed(connection, () => readTogether(connection, together))
      for (const [table, pair] of found ?? []) pairs.set(table, pair)
    }
  }
  return pairs
}

export async function readShapePair(connection: Connection, table: TargetTable): Promise<ShapePair> {
  return (await readTogether(connection, [table])).get(table)!
}

async function readTogether(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<ReadonlyMap<TargetTable, ShapePair>> {
  const actual = await readShapes(connection, tables)
  const present = tables.filter((_, index) => actual[index] !== null)
  const planned =
    present.length === 0 ? [] : await inRolledBack(connection, () => readPlannedShapes(connection, present))
  return new Map(
    tables.map((table, index) => [
      table,
      { actual: actual[index]!, planned: planned[present.indexOf(table)] ?? null },
    ]),
  )
}
