/**
 * How a run's tables have changed since: their rows, and who wrote them. Transactions that write rows of the run are recorded in the journal,
 * so a row of any other transaction (`xmin`, manual section 5.6) was added or changed later. Invariant: read-only.
 */

import { readBlocks } from '../../journal/blocks.ts'
import type { TableState } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { BlockRecord, RunRecord } from '../../model/journal.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { createdTables } from '../../target/guards/created-tables.ts'
import { writtenBy } from '../../target/tables/own-rows.ts'
import { existingTables } from './created-objects.ts'
import { changedSince } from './left-rows.ts'

/** Returns the states of those of the tables that are the run's and still exist, in the plan's order; by default of all tables of its plan. */
export async function readTableStates(
  connection: Connection,
  record: RunRecord,
  tables: readonly TargetTable[] = record.plan.schema.tables,
): Promise<readonly TableState[]> {
  const created = new Set(createdTables(record.created).map(quoteTable))
  const own = tables.filter((table) => table.existing || created.has(quoteTable(table)))
  const expected = expectedRows(record, await readBlocks(connection, record.run))
  const states: TableState[] = []
  const changed = await changedSince(connection, record.run, own)
  for (const { schema, table, existing, hypertable, distribution } of await existingTables(connection, own)) {
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
  const byTable = Map.groupBy(blocks, ({ block }) => block.tableId)
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const name = quoteTable(table.fate.copy.target)
    const rows = (byTable.get(table.id) ?? []).reduce(
      (sum, { outcome }) => sum + (outcome?.targetRows ?? 0),
      0,
    )
    expected.set(name, (expected.get(name) ?? 0) + rows)
  }
  return expected
}

export function changesOf(tables: readonly TableState[]): readonly string[] {
  return tables.flatMap(({ change }) => change ?? [])
}

/** Throws `target-changed` when a table has changed since the run. */
export function refuseChanges(tables: readonly TableState[]): void {
  const changes = changesOf(tables)
  if (changes.length === 0) return
  const shown = changes.slice(0, 5)
  const more = changes.length > shown.length ? `; and ${changes.length - shown.length} more tables` : ''
  throw new MigrateError(
    'target',
    'target-changed',
    `The target was changed since the run: ${shown.join('; ')}${more}.`,
    {
      hint: 'Rolling back would remove those changes too: export them first, or confirm with --force and the name of the database.',
    },
  )
}
