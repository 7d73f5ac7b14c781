/**
 * Everything that is checked after the copy, at the level asked for. Invariant: a check that could not run is a failed check,
 * never a passed one.
 */

import { type CopyWorkers, openCopyWorkers } from '../copy/copy-workers.ts'
import type { WorkerBirth } from '../copy/task.ts'
import { readServerRefusals } from '../journal/journal.ts'
import type { Difference, VerifyCheck, VerifyLevel } from '../model/report.ts'
import type { Connection } from '../target/connection.ts'
import { checkStructure } from '../verify/check-structure.ts'
import { checkViews } from '../verify/check-views.ts'
import { compareCounts } from '../verify/compare-counts.ts'
import { compareEntries } from '../verify/compare-entries.ts'
import { checkEarlier } from '../verify/earlier-rows.ts'
import { compareFully } from '../verify/full/compare-fully.ts'
import { nameDifferences } from '../verify/name-differences.ts'
import { ChecksumComparison, type TableVerdict } from '../verify/verify-checksums.ts'
import { testWrites } from '../verify/write-test.ts'
import type { BlockBook } from './block-book.ts'
import { playPhase, type Stage } from './stage.ts'
import { readerTeller } from './tell-reader.ts'

export type Verification = {
  readonly level: VerifyLevel
  /** False when it was stopped, or never begun. */
  readonly ran: boolean
  readonly verdicts: readonly TableVerdict[]
  readonly differences: readonly Difference[]
  readonly checks: readonly VerifyCheck[]
  /** Reader of the verification, by table plan id. */
  readonly readers: ReadonlyMap<string, string>
}

export function notVerified(level: VerifyLevel): Verification {
  return { level, ran: false, verdicts: [], differences: [], checks: [], readers: new Map() }
}

export type VerifyRequest = {
  /** What the copy workers were born with. */
  readonly birth: WorkerBirth
  readonly level: VerifyLevel
  readonly book: BlockBook
}

/** Verifies a run whose target is complete. */
export async function verifyAlone(
  connection: Connection,
  { jobs, ...request }: VerifyRequest & { readonly jobs: number },
  stage: Stage,
): Promise<Verification> {
  const workers = await openCopyWorkers(request.birth, jobs, readerTeller(stage))
  try {
    const checksums = await beginChecksums(connection, workers, request, stage)
    return await verifyRun(connection, request, checksums, stage)
  } finally {
    await workers.close()
  }
}

/** Lets the workers, who have nothing else to do, read the snapshots again; null at levels without checksums. To be closed. */
export async function beginChecksums(
  connection: Connection,
  workers: CopyWorkers,
  { birth, level, book }: VerifyRequest,
  stage: Stage,
): Promise<ChecksumComparison | null> {
  if (level === 'none' || level === 'count') return null
  const refusals = await readServerRefusals(connection, birth.run)
  return new ChecksumComparison(workers, birth.plan, book.records, refusals, stage)
}

/** Throws what a worker threw; the checksums must be given at the levels that have them. */
export async function verifyRun(
  connection: Connection,
  request: VerifyRequest,
  checksums: ChecksumComparison | null,
  stage: Stage,
): Promise<Verification> {
  const { level, birth, book } = request
  const { plan, snapshots, staging } = birth
  if (level === 'none') return notVerified(level)
  const tables = plan.tables.filter((table) => table.fate.kind === 'copy')
  return playPhase(stage, 'verify', tables.length, 'table', async (progress) => {
    const differences: Difference[] = [...(await compareCounts(connection, birth, book.records))]
    let verdicts: readonly TableVerdict[] = []
    if (checksums !== null) {
      verdicts = await checksums.finish()
      for (const verdict of verdicts) {
        if (verdict.differing.length === 0) continue
        differences.push(...(await nameDifferences(connection, birth, verdict)))
      }
      differences.push(...(await compareEntries(connection, birth, verdicts, book.records)))
    }
    if (level === 'full' && stage.control.stoppedBy === null) {
      const found = await compareFully(
        connection,
        { run: birth.run, plan, snapshots, staging, records: book.records },
        progress,
      )
      differences.push(...found)
    }
    const checks = [
      ...(await checkStructure(connection, { run: birth.run, plan })),
      ...(await checkViews(connection, { run: birth.run, plan })),
      ...(await checkEarlier(connection, { run: birth.run, plan })),
      ...(await testWrites(connection, plan)),
    ]
    return {
      level,
      ran: stage.control.stoppedBy === null,
      verdicts,
      differences,
      checks,
      readers: new Map(verdicts.map((verdict) => [verdict.tableId, verdict.reader])),
    }
  })
}
