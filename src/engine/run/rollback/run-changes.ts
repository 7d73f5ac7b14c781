/**
 * How a run's tables have changed since: their rows, and who wrote them. Transactions that write rows of the run are recorded in the journal,
 * so a row of any other transaction (`xmin`, manual section 5.6) was added or changed later. Invariant: read-only.
 */

import { readBlocks } from '../../journal/blocks.ts'
import type { TableState } from '../../model/answers.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { BlockRecord, RunRecord } from '../../model/journal.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { writtenBy } from '../../target/tables/own-rows.ts'
import { tableExists } from './created-objects.ts'
import { changedSince } from './left-rows.ts'

/** Returns the states of the run's tables that still exist, in the plan's order. */
export async function readTableStates(
  connection: Connection,
  record: RunRecord,
): Promise<readonly TableState[]> {
  const expected = expectedRows(record, await readBlocks(connection, record.run))
  const states: TableState[] = []
  const changed = await changedSince(connection, record.run, record.plan.schema.tables)
  for (const { schema, table, existing, hypertable, distribution } of record.plan.schema.tables) {
    if (!(await tableExists(connection, { schema, table }))) continue
    const name = quoteTable({ schema, table })
    const wanted = expected.get(name) ?? 0
    const count =
      distribution !== undefined ? countShards : hypertable === undefined ? countOwn : countOwnInChunks
    const { all, own } = await count(connection, name, record.run)
    const found = existing ? own : all
    const change =
      found !== wanted
        ? existing
          ? `${name} has ${own} of the ${wanted} rows that the run wrote`
          : `${name} has ${all} rows, and the run left ${wanted}`
        : own < found
          ? `${formatCounted(found - own, 'row')} of ${name} ${found - own === 1 ? 'was' : 'were'} written since`
          : changed.some((one) => one.schema === schema && one.table === table)
            ? `rows of ${name} have changed since the run`
            : null
    states.push({ table: { schema, table }, isFilled: existing, rows: found, change })
  }
  return states
}

type OwnRows = { readonly all: number; readonly own: number }

async function countOwn(connection: Connection, name: string, run: string): Promise<OwnRows> {
  return connection.queryOne<OwnRows>(
    `select count(*)::float8 as "all", (count(*) filter (where ${writtenBy(run)}))::float8 as own from ${name}`,
  )
}

/**
 * For a hypertable: rows in the columnstore do not show who wrote them, and a row leaves it when it is changed. So rows of others are counted
 * outside of the columnstore; those that were converted into it later show in the recorded sums (left-rows.ts).
 */
async function countOwnInChunks(connection: Connection, name: string, run: string): Promise<OwnRows> {
  const { all } = await connection.queryOne<{ all: number }>(`select count(*)::float8 as "all" from ${name}`)
  // Since 2.22 both settings have to be off.
  const { rows: settings } = await connection.query<{ name: string }>(
    `select name from pg_settings where name in ('timescaledb.enable_transparent_decompression', 'timescaledb.enable_columnarscan')`,
  )
  for (const setting of settings) await connection.execute(`set ${setting.name} = off`)
  const rows = await countOwn(connection, name, run)
  for (const setting of settings) await connection.execute(`reset ${setting.name}`)
  return { all, own: all - (rows.all - rows.own) }
}

/** For a table that Citus keeps: only the row's node knows its writer. */
async function countShards(connection: Connection, name: string): Promise<OwnRows> {
  const { all } = await connection.queryOne<{ all: number }>(`select count(*)::float8 as "all" from ${name}`)
  return { all, own: all }
}

/** Returns how many rows the run left in each target table, by quoted name. */
function expectedRows({ plan }: RunRecord, blocks: readonly BlockRecord[]): ReadonlyMap<string, number> {
  const expected = new Map<string, number>()
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const name = quoteTable(table.fate.copy.target)
    const rows = blocks
      .filter(({ block }) => block.tableId === table.id)
      .reduce((sum, { outcome }) => sum + (outcome?.targetRows ?? 0), 0)
    expected.set(name, (expected.get(name) ?? 0) + rows)
  }
  return expected
}
