/**
 * Follows an application that was moved back to the files of a fallback, without new snapshots. Invariant: one transaction makes the target
 * equal to the files as of the move back, puts rows that only the target had into quarantine, and starts the following; if the program ends
 * before the commit, the run stays moved back.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { now, type RunContext } from '../../events/run-context.ts'
import type { AsideRow } from '../../fallback/aside-rows.ts'
import { readAside, STATE_FOLDER } from '../../fallback/folder.ts'
import { readSwitchedFiles } from '../../fallback/switched-files.ts'
import { DeltaApplier } from '../../follow/round/apply-delta.ts'
import { NO_BLOCK } from '../../follow/round/encode-changes.ts'
import { dropChangeCapture, readChangeCapture } from '../../journal/change-capture.ts'
import { writeQuarantine } from '../../journal/entries.ts'
import { readFollow, restartFollow } from '../../journal/follow.ts'
import { addForward, readForwards } from '../../journal/forward.ts'
import { countPending, type PendingChanges } from '../../journal/noted-changes.ts'
import { leastOrdinal } from '../../journal/remove-entries.ts'
import { createJournal } from '../../journal/schema.ts'
import { dropBarrier, raiseFollowBarrier } from '../../journal/write-barrier.ts'
import { MigrateError } from '../../model/errors.ts'
import type { QuarantineEntry, RunRecord } from '../../model/journal.ts'
import { rejectSentences } from '../../model/reject-sentences.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { lockTarget } from '../../target/connection/run-lock.ts'
import { continueReport } from './continue-report.ts'
import { refuseSources } from './followable.ts'
import { dropForeignKeys } from './foreign-keys.ts'
import { takeOverRows } from './take-over-rows.ts'

/**
 * Returns the run with the files as its sources; null when another process has gone forward first. Throws `late-writes` when PostgreSQL was
 * written to after the move back.
 */
export async function goForward(
  connection: Connection,
  record: RunRecord,
  context: Pick<RunContext, 'emit'>,
): Promise<RunRecord | null> {
  const { run, plan, catalogs } = record
  refuseShared(record)
  await lockTarget(connection)
  const capture = await readChangeCapture(connection)
  if (capture?.state !== 'fallen back') return null
  const folder = capture.folder!
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
    const applier = new DeltaApplier(connection, run, plan)
    await applier.prepare()
    await takeOverRows(connection, applier, { ...record, snapshots }, join(folder, STATE_FOLDER))
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

/** The entries have no key, since a row of the files may have the same one. */
function asideEntries(aside: readonly AsideRow[], least: number): readonly QuarantineEntry[] {
  return aside.map(({ tableId, reason, cells }, index) => ({
    ...{ tableId, cells, key: [], column: null },
    block: NO_BLOCK,
    ordinal: least - 1 - index,
    code: 'refused-by-old-layout',
    reason: `${rejectSentences['refused-by-old-layout']}: ${reason}`,
  }))
}

/** Refuses a run that added rows to earlier ones: the application may have changed any of them, and nothing distinguishes them. */
function refuseShared({ run, plan }: RunRecord): void {
  const shared = plan.tables.find(({ fate }) => fate.kind === 'copy' && fate.copy.among?.kind === 'earlier')
  if (shared === undefined) return
  throw new MigrateError(
    'plan',
    'not-followable',
    `Run ${run} added its rows to tables that held others before (${shared.id}): they can't be distinguished after the application has worked on them.`,
    {
      hint: 'gpt-migrate cutover --back --keep postgres returns to PostgreSQL; else move the files with a run of their own.',
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
