/**
 * Makes rows of the target, their quarantine and their archive equal to files. Invariant: everything happens in the caller's transaction,
 * and equal rows are not touched.
 */

import { join } from 'node:path'
import { type DeltaApplier, keylessTables } from '../../follow/round/apply-delta.ts'
import { type EncodedRow, parentlessOf } from '../../follow/round/encode-changes.ts'
import type { TableDelta } from '../../follow/round/table-delta.ts'
import { differFromTarget } from '../../follow/round/target-difference.ts'
import { quarantinedName, readRefused, writeArchive } from '../../journal/entries.ts'
import { forgetEntries } from '../../journal/journal.ts'
import { replaceQuarantine } from '../../journal/remove-entries.ts'
import { signTransaction } from '../../journal/row-owners.ts'
import type { RunRecord } from '../../model/journal.ts'
import { copyPlanOf, type TablePlan } from '../../model/plan.ts'
import { entryTables } from '../../rows/sum-entries.ts'
import { comparedTableOf } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import { findOrphans, type OrphanSets, orphanTestsOf } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import type { Connection } from '../../target/connection/connection.ts'

/**
 * `applier`: prepared, on the same connection. `scratch`: our own folder for temporary files. `isChosen`: the tables to compare. Returns the
 * number of rows of each table that differed.
 */
export async function takeOverRows(
  connection: Connection,
  applier: DeltaApplier,
  { run, plan, snapshots }: Pick<RunRecord, 'run' | 'plan' | 'snapshots'>,
  scratch: string,
  isChosen: (table: TablePlan) => boolean = () => true,
): Promise<ReadonlyMap<string, number>> {
  const staging = needsStaging(plan) ? join(scratch, 'forward-staging.db') : null
  if (staging !== null) buildStaging(plan, snapshots, staging)
  const isKeyless = keylessTables(plan)
  const refused = await readRefused(connection, run, isKeyless)
  const work: Takeover = {
    ...{ connection, run, plan, snapshots, staging },
    orphans: findOrphans(plan, snapshots),
    isRefused: ({ ifRefused }) =>
      refused.size > 0 && ifRefused?.some((entry) => refused.has(quarantinedName(entry, isKeyless))) === true,
    scratch: join(scratch, 'forward.db'),
  }
  // Rows of a run in existing tables are recognised by the transaction that wrote them.
  if (plan.schema.tables.some(({ existing }) => existing)) await signTransaction(connection, run)
  const deltas: TableDelta[] = []
  for (const table of plan.tables)
    if (table.fate.kind === 'copy' && isChosen(table)) deltas.push(await differenceOf(work, table))
  await applier.apply(deltas.filter(({ gone, come }) => gone.length + come.length > 0))
  return new Map(deltas.map(({ tableId, gone, come }) => [tableId, Math.max(gone.length, come.length)]))
}

type Takeover = Pick<RunRecord, 'run' | 'plan' | 'snapshots'> & {
  readonly connection: Connection
  readonly staging: string | null
  readonly orphans: OrphanSets
  readonly isRefused: (row: EncodedRow) => boolean
  readonly scratch: string
}

/** Returns the differences of the table's rows, and replaces its entries in quarantine and archive with those of the files. */
async function differenceOf(work: Takeover, table: TablePlan): Promise<TableDelta> {
  const { connection, run, plan, snapshots, staging, isRefused, scratch } = work
  const copy = copyPlanOf(table)
  const tableIds = entryTables(table.id, copy)
  await forgetEntries(connection, run, tableIds, ['archive'])
  const { delta, quarantine } = await differFromTarget(
    connection,
    run,
    comparedTableOf(plan, table, orphanTestsOf(work.orphans, table)),
    () => openReader('sqlite', table, copy, snapshots, staging),
    { isRefused, scratch, keep: (entries) => writeArchive(connection, run, entries) },
  )
  await replaceQuarantine(connection, run, tableIds, [
    ...quarantine,
    ...parentlessOf(table, snapshots, staging),
  ])
  return delta
}
