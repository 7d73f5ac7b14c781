/**
 * Source rows that are in quarantine instead of the target, according to the journal. Invariant: a row is excused only by an entry of its own
 * run, table and ordinal, or for a pivot by an entry of its group.
 */
import { MigrateError } from '../../model/errors.ts'
import type { CopyPlan, Plan, TablePlan } from '../../model/plan.ts'
import type { StoredCell } from '../../model/storage.ts'
import { planHash } from '../../plan/base/plan-hash.ts'
import { printValue, valueOfStored } from '../../rows/meaning/source-value.ts'
import type { Connection } from '../../target/connection/connection.ts'
import type { SnapshotRow } from './snapshot-rows.ts'

/** Returns the plan's last run in the target's journal. */
export async function findRun(connection: Connection, plan: Plan): Promise<string> {
  const { rows } = await connection.query<{ run: string }>(
    'select run from gpt_migrate.run where plan_hash = $1 order by started_at desc, run desc limit 1',
    [planHash(plan)],
  )
  if (rows[0] !== undefined) return rows[0].run
  throw new MigrateError('verify', 'run-unknown', 'The journal of the target has no run with this plan.', {
    hint: 'Verify the database that the run was made into.',
  })
}

export async function readQuarantined(
  connection: Connection,
  run: string,
  table: TablePlan,
  copy: CopyPlan,
): Promise<(row: SnapshotRow) => boolean> {
  if (copy.pivot !== null) return readQuarantinedGroups(connection, run, table, copy, copy.pivot.groupBy)
  const { rows } = await connection.query<{ ordinal: string }>(
    'select ordinal from gpt_migrate.quarantine where run = $1 and table_id = $2',
    [run, table.id],
  )
  const ordinals = new Set(rows.map(({ ordinal }) => Number(ordinal)))
  return ({ ordinal }) => ordinals.has(ordinal)
}

/** Returns a function that applies a row's edits: the target must hold the edited cells. */
export async function readEdits(
  connection: Connection,
  run: string,
  table: TablePlan,
  copy: CopyPlan,
): Promise<(row: SnapshotRow) => SnapshotRow> {
  const { rows } = await connection.query<{ ordinal: string; cells: Readonly<Record<string, StoredCell>> }>(
    'select ordinal, cells from gpt_migrate.mended where run = $1 and table_id = $2',
    [run, table.id],
  )
  const edits = new Map(rows.map(({ ordinal, cells }) => [Number(ordinal), cells]))
  return (row) => {
    const edited = edits.get(row.ordinal)
    if (edited === undefined) return row
    const cells = row.cells.map((cell, index) => {
      const name = copy.read.columns[index]
      return name !== undefined && Object.hasOwn(edited, name) ? valueOfStored(edited[name]!) : cell
    })
    return { ...row, cells }
  }
}

/** A group is quarantined with all of its rows. */
async function readQuarantinedGroups(
  connection: Connection,
  run: string,
  table: TablePlan,
  copy: CopyPlan,
  groupBy: readonly string[],
): Promise<(row: SnapshotRow) => boolean> {
  const { rows } = await connection.query<{ cells: Readonly<Record<string, StoredCell>> }>(
    'select cells from gpt_migrate.quarantine where run = $1 and table_id = $2',
    [run, table.id],
  )
  const groups = new Set(
    rows.map(({ cells }) => groupBy.map((column) => printValue(valueOfStored(cells[column] ?? null))).join()),
  )
  const at = groupBy.map((column) => copy.read.columns.indexOf(column))
  return ({ members }) => groups.has(at.map((index) => printValue(members[0]![index]!)).join())
}
