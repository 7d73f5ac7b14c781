/**
 * Compares every row of every table with the snapshots, value by value, by an implementation of its own: it shares no code with
 * the encoder nor with the readers. Invariant: a table without a difference has been read to its end on both sides.
 *
 * Both sides are brought into PostgreSQL's own spelling of each value. Rows are summed in groups, so that memory doesn't grow with
 * the table; only where groups differ both sides are read again, and the rows of those groups are named.
 */
import { setImmediate } from 'node:timers/promises'
import { MigrateError } from '../../model/errors.ts'
import type { BlockRecord } from '../../model/journal.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import type { Difference } from '../../model/report.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { TableName, TargetColumn, TargetTable } from '../../model/target-schema.ts'
import { comparedPlan } from '../../rows/compared.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { holdForReading } from '../../target/guards/foreign-names.ts'
import { ownRowsConditions } from '../../target/tables/own-rows.ts'
import { MOST_NAMED, type Naming, nameDifferentRows } from './name-rows.ts'
import { findRun, readEdits, readQuarantined } from './quarantined.ts'
import { rowMeaning } from './row-meaning.ts'
import { RowSums } from './row-sums.ts'
import { readSnapshotRows } from './snapshot-rows.ts'
import { readTargetRows, type SaidRow } from './target-rows.ts'

type FullComparison = {
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  /** Not read: children and groups are found in the snapshots again. */
  readonly staging: string | null
  readonly records: readonly BlockRecord[]
  /** Whose quarantine counts; without it the last run of the plan. */
  readonly run?: string
}

/**
 * The differences, at most 100 of a table and then how many more there are. Throws a MigrateError `verify` or `source` when it
 * can't compare. `progress` is called with the number of tables done and the name of the current one.
 */
export async function compareFully(
  connection: Connection,
  comparison: FullComparison,
  progress: (done: number, detail: string | null) => void,
): Promise<Difference[]> {
  const { plan, snapshots } = comparison
  const run = comparison.run ?? (await findRun(connection, plan))
  const copied = plan.tables.filter(({ fate }) => fate.kind === 'copy')
  const differences: Difference[] = []
  let done = 0
  for (const table of copied) {
    const copy = copyPlanOf(table)
    const target = targetTableOf(plan, copy.target)
    progress(done, `${target.schema}.${target.table}`)
    const sides = {
      source: sourceOf(connection, run, plan, table, snapshots, target),
      target,
      own: ownRowsConditions(copy, run),
    }
    differences.push(...(await inOneMoment(connection, target, () => compareTable(connection, table, sides))))
    done++
    progress(done, null)
  }
  return differences
}

/** Both readings of the target see the same rows. */
function inOneMoment<T>(connection: Connection, target: TableName, work: () => Promise<T>): Promise<T> {
  return connection.transaction(async () => {
    await connection.execute('set transaction isolation level repeatable read, read only')
    await holdForReading(connection, [target])
    return work()
  })
}

type Sides = {
  /** What the snapshots' rows must say in the target, some rows at a time. */
  readonly source: () => AsyncGenerator<SaidRow[], void, undefined>
  readonly target: TargetTable
  /** Conditions on the target's rows that are the run's. */
  readonly own: readonly string[]
}

async function compareTable(
  connection: Connection,
  table: TablePlan,
  { source, target, own }: Sides,
): Promise<Difference[]> {
  const columns = comparedColumns(target, copyPlanOf(table))
  const naming: Naming = {
    table: table.id,
    columns: columns.map(({ name }) => name),
    keyAt: keyPositions(copyPlanOf(table), columns),
  }
  const sums = new RowSums(naming.keyAt)
  for await (const rows of source()) {
    for (const row of rows) sums.add(row, 1)
  }
  for await (const rows of readTargetRows(connection, target, columns, own)) {
    for (const row of rows) sums.add(row, -1)
  }
  const differing = sums.differing()
  if (differing.length === 0) return []

  const chosen = new Set(differing.slice(0, MOST_NAMED))
  const ofSource: SaidRow[] = []
  const ofTarget: SaidRow[] = []
  for await (const rows of source()) {
    for (const row of rows) if (chosen.has(sums.groupOf(row))) ofSource.push(row)
  }
  for await (const rows of readTargetRows(connection, target, columns, own)) {
    for (const row of rows) if (chosen.has(sums.groupOf(row))) ofTarget.push(row)
  }
  const found = nameDifferentRows(naming, ofSource, ofTarget)
  const unnamed = found.length - MOST_NAMED + differing.length - chosen.size
  if (found.length === 0) {
    throw new MigrateError(
      'verify',
      'unsteady',
      `${naming.table} differed at the first reading and not at the second.`,
      { hint: 'Verify again; if it stays so, the disk or the memory of this machine is not to be trusted.' },
    )
  }
  if (found.length <= MOST_NAMED && differing.length === chosen.size) return found
  const most = differing.length === chosen.size ? '' : 'at least '
  return [
    ...found.slice(0, MOST_NAMED),
    {
      table: naming.table,
      kind: 'changed',
      key: null,
      column: null,
      source: null,
      target: `${most}${unnamed} more differences`,
    },
  ]
}

/** What the target computes by itself is compared where the source has it too. */
function comparedColumns(target: TargetTable, { columns, computed }: CopyPlan): TargetColumn[] {
  return target.columns.filter(
    ({ name, generated }) =>
      (generated === null && (!target.existing || columns.some((column) => column.target === name))) ||
      computed?.some((column) => column.target === name),
  )
}

function keyPositions({ identity }: CopyPlan, columns: readonly TargetColumn[]): number[] {
  if (identity.kind === 'multiset') return []
  return identity.columns.map((name) => columns.findIndex((column) => column.name === name))
}

/** Rows between two pauses for other work of this thread. */
const ROWS_AT_ONCE = 500

function sourceOf(
  connection: Connection,
  run: string,
  plan: Plan,
  table: TablePlan,
  snapshots: readonly Snapshot[],
  target: TargetTable,
): Sides['source'] {
  const copy = comparedPlan(copyPlanOf(table))
  return async function* () {
    const isQuarantined = await readQuarantined(connection, run, table, copy)
    const withEdits = await readEdits(connection, run, table, copy)
    const say = rowMeaning(copy, comparedColumns(target, copyPlanOf(table)))
    let said: SaidRow[] = []
    for (const row of readSnapshotRows(plan, table, copy, snapshots)) {
      if (!isQuarantined(row)) said.push(say(withEdits(row)))
      if (said.length < ROWS_AT_ONCE) continue
      yield said
      said = []
      await setImmediate()
    }
    yield said
  }
}
