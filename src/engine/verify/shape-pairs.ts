/**
 * The actual and planned shapes of many tables, in few round trips. Invariant: tables that cannot be read together are left out, so that the
 * check of each reports its own error.
 */
import type { TargetTable } from '../model/target-schema.ts'
import type { Connection } from '../target/connection/connection.ts'
import { inRolledBack, unlessFailed } from './attempt-check.ts'
import { plainShape } from './plain-shape.ts'
import { shapeComplaints } from './shape-complaints.ts'
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
  const planned = tables.map((table, index) => provenShape(table, actual[index]!))
  const doubtful = tables.filter((_, index) => actual[index] !== null && planned[index] === null)
  const twins =
    doubtful.length === 0 ? [] : await inRolledBack(connection, () => readPlannedShapes(connection, doubtful))
  return new Map(
    tables.map((table, index) => [
      table,
      {
        actual: actual[index]!,
        planned: planned[index] ?? twins[doubtful.indexOf(table)] ?? null,
      },
    ]),
  )
}

/** Returns the planned shape when the table's own spelling is that of a plain one, and a twin could not differ. */
function provenShape(table: TargetTable, actual: TableShape | null): TableShape | null {
  const plain = actual === null ? null : plainShape(table)
  return plain !== null && shapeComplaints(table, plain, actual!).length === 0 ? plain : null
}
