/**
 * Creates monthly partitions that a run's partitioned tables lack: for rows in the default partition, and for the months ahead. Invariant:
 * a second call changes nothing.
 */

import type { RunContext } from '../../events/run-context.ts'
import type { ExtendedPartitions, ExtendedTable } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import type { TargetChoice } from '../../model/options.ts'
import type { TableName, TargetTable } from '../../model/target-schema.ts'
import type { Connection } from '../../target/connection/connection.ts'
import {
  type MonthPartitions,
  makeMonthPartition,
  monthAfter,
  readMonthPartitions,
  readStranded,
} from '../../target/tables/month-partitions.ts'
import { handToPartman } from '../../target/tables/partman.ts'
import { chosenRun, onTarget } from '../connect/choose-run.ts'

export type PartitionsRequest = {
  readonly target: TargetChoice
  readonly run: string | null
  /** Months after the current one that get a partition. */
  readonly ahead: number
  /** Has pg_partman create partitions from now on. */
  readonly partman: boolean
  /** Reports what is missing, and creates nothing. */
  readonly dryRun: boolean
}

export async function extendPartitions(
  { target, run: name, ahead, partman, dryRun }: PartitionsRequest,
  context: RunContext,
): Promise<ExtendedPartitions> {
  return onTarget(target, async (connection) => {
    const { run, plan } = await chosenRun(connection, name)
    const partitioned = plan.schema.tables.filter(({ partitioning }) => partitioning !== null)
    if (partitioned.length === 0) {
      throw new MigrateError('target', 'nothing-partitioned', `Run ${run} made no partitioned table.`, {
        hint: plan.schema.tables.some(({ hypertable }) => hypertable !== undefined)
          ? 'Its time series are hypertables: TimescaleDB makes their chunks by itself.'
          : 'gpt-migrate status lists the runs; name another one with --run.',
      })
    }
    const tables: ExtendedTable[] = []
    for (const table of partitioned) {
      if (!(await context.control.mayContinue())) break
      tables.push(await extend(connection, table, { ahead, partman, dryRun }, context))
    }
    return { run, tables, stoppedBy: context.control.stoppedBy }
  })
}

async function extend(
  connection: Connection,
  { schema, table }: TargetTable,
  { ahead, partman, dryRun }: Pick<PartitionsRequest, 'ahead' | 'partman' | 'dryRun'>,
  context: RunContext,
): Promise<ExtendedTable> {
  const name = { schema, table }
  const partitions = await readMonthPartitions(connection, name)
  if (partitions === null) {
    throw new MigrateError(
      'target',
      'not-partitioned',
      `${schema}.${table} is not partitioned by months any more.`,
      { hint: 'gpt-migrate verify says what else differs from the plan.' },
    )
  }
  const { months } = partitions
  const stranded = await readStranded(connection, partitions)
  const missing = missingMonths({ months, stranded }, await currentMonth(connection), ahead)
  const made: ExtendedTable['made'][number][] = []
  const report = (what: string) => (attempt: number) =>
    context.emit({ type: 'finding', finding: waitingForLock(name, what, attempt) })
  if (!dryRun) {
    for (const { month } of missing) {
      if (!(await context.control.mayContinue())) break
      const partition = await makeMonthPartition(
        connection,
        partitions,
        month,
        report(`the partition of ${month}`),
      )
      made.push({ month, ...partition })
    }
    if (partman) await handToPartman(connection, partitions, ahead, report('handing it to pg_partman'))
  }
  const covered = [...partitions.months, ...made.map(({ month }) => month)].toSorted()
  return {
    table: name,
    made,
    missing: dryRun ? missing : [],
    lastMonth: covered.at(-1) ?? null,
    keeper: partman && !dryRun ? 'pg_partman' : 'gpt-migrate',
  }
}

/** Returns uncovered months: those of rows in the default partition, and those up to `ahead` months from now. */
export function missingMonths(
  { months, stranded }: Pick<MonthPartitions, 'months'> & { readonly stranded: Stranded },
  now: string,
  ahead: number,
): readonly { readonly month: string; readonly rows: number }[] {
  const rows = new Map(stranded.map((entry) => [entry.month, entry.rows]))
  const last = months.at(-1)
  // When nothing is covered yet, begins with the current month: earlier months without rows need no partition.
  let month = last === undefined || last < now ? now : monthAfter(last, 1)
  for (; month <= monthAfter(now, ahead); month = monthAfter(month, 1)) {
    if (!rows.has(month)) rows.set(month, 0)
  }
  const known = new Set(months)
  return [...rows]
    .filter(([one]) => !known.has(one))
    .map(([one, count]) => ({ month: one, rows: count }))
    .toSorted((a, b) => (a.month < b.month ? -1 : 1))
}

type Stranded = Awaited<ReturnType<typeof readStranded>>

async function currentMonth(connection: Connection): Promise<string> {
  const { month } = await connection.queryOne<{ month: string }>(`select to_char(now(), 'YYYY-MM') as month`)
  return month
}

function waitingForLock({ schema, table }: TableName, what: string, attempt: number): Finding {
  return {
    severity: 'notice',
    code: 'waiting-for-lock',
    message: `${schema}.${table}: another session holds a lock; ${what} is tried again (${attempt}).`,
  }
}
