/**
 * Forward again: an application that was moved back to the files of a fallback is followed from there, without a new snapshot. Invariant:
 * in one transaction the target becomes what the files said when the application was moved back to them, rows that only the target had go
 * to quarantine, and the run is followed; whatever ends the program before its commit leaves the run moved back.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { now, type RunContext } from '../events/run-context.ts'
import { type AsideRow, readAside, STATE_FOLDER } from '../fallback/folder.ts'
import { readSwitchedFiles } from '../fallback/switched-files.ts'
import { DeltaApplier, keylessTables } from '../follow/round/apply-delta.ts'
import { type EncodedRow, NO_BLOCK, NO_ORDINAL } from '../follow/round/encode-changes.ts'
import type { TableDelta } from '../follow/round/table-delta.ts'
import { differFromTarget } from '../follow/round/target-difference.ts'
import {
  type ChangeCapture,
  countPending,
  dropChangeCapture,
  type PendingChanges,
} from '../journal/change-capture.ts'
import {
  forgetArchive,
  leastOrdinal,
  quarantinedName,
  readRefused,
  replaceQuarantine,
  writeArchive,
  writeQuarantine,
} from '../journal/entries.ts'
import { readFollow, restartFollow } from '../journal/follow.ts'
import { addForward, readForwards } from '../journal/forward.ts'
import { createJournal } from '../journal/journal.ts'
import { dropBarrier, raiseFollowBarrier } from '../journal/write-barrier.ts'
import { MigrateError } from '../model/errors.ts'
import type { QuarantineEntry, RunRecord } from '../model/journal.ts'
import { copyPlanOf, type TablePlan, targetTableOf } from '../model/plan.ts'
import { rejectSentences } from '../model/reject-sentences.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { parentlessEntries } from '../rows/quarantine-parentless.ts'
import { entryTables } from '../rows/sum-entries.ts'
import { openReader } from '../source/readers/readers.ts'
import { findOrphans, type OrphanSets, orphanTestsOf } from '../source/staging/orphans.ts'
import { buildStaging, needsStaging, openStaging } from '../source/staging/staging.ts'
import type { Connection } from '../target/connection.ts'
import { lockTarget } from '../target/run-lock.ts'
import { continueReport } from './continue-report.ts'
import { refuseSources } from './followable.ts'
import { dropForeignKeys } from './foreign-keys.ts'

/** Returns the run with the files as its sources. Throws `late-writes` where PostgreSQL was written after it was left. */
export async function goForward(
  connection: Connection,
  record: RunRecord,
  capture: ChangeCapture,
  context: Pick<RunContext, 'emit'>,
): Promise<RunRecord> {
  const { run, plan, catalogs } = record
  const folder = capture.folder!
  refuseShared(record)
  await lockTarget(connection)
  refuseLateWrites(await countPending(connection))
  const databases = catalogs.map(({ database }) => database)
  const snapshots = await readSwitchedFiles(folder, databases, capture.switchedAt!)
  refuseSources({ plan, snapshots })
  const aside = readAside(folder)
  const pass = randomUUID()
  await connection.transaction(async () => {
    await createJournal(connection)
    await dropChangeCapture(connection)
    await dropBarrier(connection)
    await dropForeignKeys(connection, plan)
    await takeOverRows(connection, record, snapshots, join(folder, STATE_FOLDER))
    await writeQuarantine(connection, run, asideEntries(aside, await leastOrdinal(connection, run)))
    const known = await readFollow(connection, run)
    const [last] = await readForwards(connection, run)
    await restartFollow(connection, run, capture.switchedAt!)
    await addForward(connection, run, {
      number: (last?.number ?? 0) + 1,
      folder,
      firstRound: known?.round ?? 0,
      pass,
      snapshots,
    })
    await raiseFollowBarrier(connection, capture.tables, { run, pass })
  })
  await continueReport(connection, run, { what: 'forward-again', at: now(), folder }, context)
  return { ...record, snapshots }
}

/** Makes the target's rows, its quarantine and its archive what the files say. */
async function takeOverRows(
  connection: Connection,
  { run, plan }: RunRecord,
  snapshots: readonly Snapshot[],
  scratch: string,
): Promise<void> {
  const staging = needsStaging(plan) ? join(scratch, 'forward-staging.db') : null
  if (staging !== null) buildStaging(plan, snapshots, staging)
  const applier = new DeltaApplier(connection, run, plan)
  await applier.prepare()
  const isKeyless = keylessTables(plan)
  const refused = await readRefused(connection, run, isKeyless)
  const work: Takeover = {
    ...{ connection, run, plan, snapshots, staging },
    orphans: findOrphans(plan, snapshots),
    isRefused: ({ ifRefused }) =>
      refused.size > 0 && ifRefused?.some((entry) => refused.has(quarantinedName(entry, isKeyless))) === true,
    scratch: join(scratch, 'forward.db'),
  }
  const deltas: TableDelta[] = []
  for (const table of plan.tables)
    if (table.fate.kind === 'copy') deltas.push(await differenceOf(work, table))
  await applier.apply(deltas.filter(({ gone, come }) => gone.length + come.length > 0))
}

type Takeover = Pick<RunRecord, 'run' | 'plan' | 'snapshots'> & {
  readonly connection: Connection
  readonly staging: string | null
  readonly orphans: OrphanSets
  readonly isRefused: (row: EncodedRow) => boolean
  readonly scratch: string
}

/** What the table's rows differ in; its entries in quarantine and archive are those of the files afterwards. */
async function differenceOf(work: Takeover, table: TablePlan): Promise<TableDelta> {
  const { connection, run, plan, snapshots, staging, isRefused, scratch } = work
  const copy = copyPlanOf(table)
  const tableIds = entryTables(table.id, copy)
  const encoded = {
    tableId: table.id,
    copy,
    target: targetTableOf(plan, copy.target),
    orphans: orphanTestsOf(work.orphans, table),
    exact: plan.options.exact,
  }
  await forgetArchive(connection, run, tableIds)
  const { delta, quarantine } = await differFromTarget(
    connection,
    run,
    encoded,
    () => openReader('sqlite', table, copy, snapshots, staging),
    { isRefused, scratch, keep: (entries) => writeArchive(connection, run, entries) },
  )
  const file = snapshots.find(({ database }) => database === table.database)!.file
  const parentless =
    staging === null
      ? []
      : copy.folds.flatMap((_, index) => parentlessEntries(file, openStaging(staging), table, copy, index))
  await replaceQuarantine(connection, run, tableIds, [
    ...quarantine,
    ...parentless.map((entry) => ({ ...entry, block: NO_BLOCK, ordinal: NO_ORDINAL })),
  ])
  return delta
}

/** They bear no key: a row of the files may have the same. */
function asideEntries(aside: readonly AsideRow[], least: number): readonly QuarantineEntry[] {
  return aside.map(({ tableId, reason, cells }, index) => ({
    ...{ tableId, cells, key: [], column: null },
    block: NO_BLOCK,
    ordinal: least - 1 - index,
    code: 'refused-by-old-layout',
    reason: `${rejectSentences['refused-by-old-layout']}: ${reason}`,
  }))
}

/** Whose a row is that the application changed meanwhile nothing tells. */
function refuseShared({ run, plan }: RunRecord): void {
  const shared = plan.tables.find(({ fate }) => fate.kind === 'copy' && fate.copy.among?.kind === 'earlier')
  if (shared === undefined) return
  throw new MigrateError(
    'plan',
    'not-followable',
    `Run ${run} added its rows to tables that held others before (${shared.id}): they can't be told apart after the application has worked on them.`,
    {
      hint: 'gpt-migrate cutover --back --keep postgres goes on with PostgreSQL; else move the files with a run of their own.',
    },
  )
}

function refuseLateWrites(late: PendingChanges): void {
  if (late.changes === 0) return
  throw new MigrateError(
    'target',
    'late-writes',
    `PostgreSQL was written after the application had been moved back: ${late.tables.map(({ target, changes }) => `${changes} changes of ${target}`).join(', ')}. The files have none of it.`,
    {
      hint: 'gpt-migrate cutover --back --keep sqlite leaves those changes behind; then gpt-migrate follow.',
    },
  )
}
