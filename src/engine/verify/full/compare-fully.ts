/**
 * Compares every row of every table with the snapshots, value by value, by an independent implementation: it shares no code with the encoder
 * or the readers. Invariant: a table without a difference has been read to its end on both sides.
 *
 * Both sides are converted to PostgreSQL's spelling of each value. Rows are summed in groups, so that memory does not grow with the table;
 * where groups differ, both sides are read again, and the rows of those groups are named.
 */
import { statSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import { MigrateError } from '../../model/errors.ts'
import type { BlockRecord } from '../../model/journal.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import type { Difference } from '../../model/report.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { TableName, TargetColumn, TargetTable } from '../../model/target-schema.ts'
import { unchangedJsonOf } from '../../plan/base/unchanged-json.ts'
import { comparedPlan } from '../../rows/compared.ts'
import type { OpenSnapshot } from '../../source/base/open-snapshot.ts'
import { largestRowOf } from '../../source/base/row-size.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { holdForReading } from '../../target/guards/foreign-names.ts'
import { ownRowsConditions } from '../../target/tables/own-rows.ts'
import { MOST_NAMED, type Naming, nameDifferentRows } from './name-rows.ts'
import { findRun, readEdits, readQuarantined } from './quarantined.ts'
import { rowMeaning } from './row-meaning.ts'
import { RowSums } from './row-sums.ts'
import { openSnapshots, readSnapshotRows } from './snapshot-rows.ts'
import { type PrintedRow, readTargetRows } from './target-rows.ts'

type FullComparison = {
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  /** Not used: children and groups are found in the snapshots again. */
  readonly staging: string | null
  readonly records: readonly BlockRecord[]
  /** The run whose quarantine counts; if missing, the plan's last run. */
  readonly run?: string
}

/**
 * Returns the differences: at most 100 of a table, then the number of the rest. Throws a MigrateError `verify` or `source` when it cannot
 * compare. `progress` is called with the number of finished tables and the name of the current one.
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
  const opened = openSnapshots()
  const reading = { connection, run, plan, snapshots, opened }
  let done = 0
  try {
    for (const table of copied) {
      const copy = copyPlanOf(table)
      const target = targetTableOf(plan, copy.target)
      progress(done, `${target.schema}.${target.table}`)
      const digested = digestedJson(reading, table)
      const sides = {
        source: sourceOf(reading, table, target, digested),
        target,
        own: ownRowsConditions(copy, run),
        digested,
      }
      differences.push(
        ...(await inOneMoment(connection, target, () => compareTable(connection, table, sides))),
      )
      done++
      progress(done, null)
    }
  } finally {
    opened.close()
  }
  return differences
}

/** Performs `work` in one snapshot, so that both readings of the target see the same rows. */
function inOneMoment<T>(connection: Connection, target: TableName, work: () => Promise<T>): Promise<T> {
  return connection.transaction(async () => {
    await connection.execute('set transaction isolation level repeatable read, read only')
    await holdForReading(connection, [target])
    return work()
  })
}

/**
 * Returns the source columns of JSON whose long documents are compared by digest, of those that the server returns as they are written; none in
 * a table without long values.
 */
function digestedJson({ plan, snapshots, opened }: Reading, table: TablePlan): ReadonlySet<string> {
  const snapshot = snapshots.find(({ database }) => database === table.database)
  if (snapshot === undefined || statSync(snapshot.file).size < LONG_BYTES) return new Set()
  const unchanged = unchangedJsonOf(plan, table.id, snapshot)
  const { rootPage } = copyPlanOf(table).read.table
  const isDigested =
    unchanged.size > 0 && largestRowOf(opened.at(snapshot.file), table.table, rootPage) >= LONG_BYTES
  return isDigested ? unchanged : new Set()
}

type Sides = {
  /** Yields batches of the rows that the target must hold according to the snapshots. */
  readonly source: () => AsyncGenerator<PrintedRow[], void, undefined>
  readonly target: TargetTable
  /** Conditions that select the run's rows in the target. */
  readonly own: readonly string[]
  /** As `digestedJson` returns them. */
  readonly digested: ReadonlySet<string>
}

async function compareTable(
  connection: Connection,
  table: TablePlan,
  { source, target, own, digested }: Sides,
): Promise<Difference[]> {
  const columns = comparedColumns(target, copyPlanOf(table)).map((column) => ({
    ...column,
    digestsLong: isFedBy(copyPlanOf(table), column.name, digested),
  }))
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
  const ofSource: PrintedRow[] = []
  const ofTarget: PrintedRow[] = []
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

/** Returns the columns to compare; a column that the target computes is compared when the source has it, too. */
function comparedColumns(target: TargetTable, { columns, computed }: CopyPlan): TargetColumn[] {
  return target.columns.filter(
    ({ name, generated }) =>
      (generated === null && (!target.existing || columns.some((column) => column.target === name))) ||
      computed?.some((column) => column.target === name),
  )
}

/** Whether the target column holds one of the given source columns. */
function isFedBy({ columns }: CopyPlan, target: string, sources: ReadonlySet<string>): boolean {
  const from = columns.find((column) => column.target === target)?.from
  return from?.kind === 'column' && sources.has(from.column)
}

function keyPositions({ identity }: CopyPlan, columns: readonly TargetColumn[]): number[] {
  if (identity.kind === 'multiset') return []
  return identity.columns.map((name) => columns.findIndex((column) => column.name === name))
}

/** Rows between two pauses that let other work of this thread run. */
const ROWS_AT_ONCE = 500

type Reading = {
  readonly connection: Connection
  readonly run: string
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly opened: OpenSnapshot
}

function sourceOf(
  { connection, run, plan, snapshots, opened }: Reading,
  table: TablePlan,
  target: TargetTable,
  digested: ReadonlySet<string>,
): Sides['source'] {
  const copy = comparedPlan(copyPlanOf(table))
  return async function* () {
    const isQuarantined = await readQuarantined(connection, run, table, copy)
    const withEdits = await readEdits(connection, run, table, copy)
    const meaning = rowMeaning(copy, comparedColumns(target, copyPlanOf(table)), digested)
    let batch: PrintedRow[] = []
    for (const row of readSnapshotRows(plan, table, copy, snapshots, opened, digested)) {
      if (!isQuarantined(row)) batch.push(meaning(withEdits(row)))
      if (batch.length < ROWS_AT_ONCE) continue
      yield batch
      batch = []
      await setImmediate()
    }
    yield batch
  }
}
