/**
 * Runs all checks of the requested level after the copy. Invariant: a check that could not run is a failed check, never a passed one.
 */

import { type RunContext, runPhase } from '../../events/run-context.ts'
import type { BlockBook } from '../../journal/block-book.ts'
import { readServerRefusals } from '../../journal/journal.ts'
import type { Difference, VerifyLevel } from '../../model/report.ts'
import type { TableVerdict, Verification } from '../../model/verification.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { SharedCores } from '../../threads/shared-cores.ts'
import { checkStructure } from '../../verify/check-structure.ts'
import { checkViews } from '../../verify/check-views.ts'
import { compareCounts } from '../../verify/compare-counts.ts'
import { compareEntries } from '../../verify/compare-entries.ts'
import { checkEarlier } from '../../verify/earlier-rows.ts'
import { mergeDifferences } from '../../verify/merge-differences.ts'
import { nameDifferences } from '../../verify/name-differences.ts'
import { plainShape } from '../../verify/plain-shape.ts'
import { readShapePairs } from '../../verify/shape-pairs.ts'
import { testWrites } from '../../verify/write-test.ts'
import { type CopyWorkers, openCopyWorkers, type WorkerCount } from '../../workers/copy-workers.ts'
import { ChecksumComparison } from '../../workers/verify-checksums.ts'
import { readerChangeReporter } from '../load/report-reader-change.ts'

export function notVerified(level: VerifyLevel): Verification {
  return { level, ran: false, verdicts: [], differences: [], checks: [], readers: new Map() }
}

export type VerifyRequest = {
  /** What the copy workers were started with. */
  readonly workerData: WorkerData
  readonly level: VerifyLevel
  readonly book: BlockBook
  /** Whether the server allows a session beside the run's and the workers'. */
  readonly hasSpareSession: boolean
}

/** Verifies a run whose target is complete, with workers of its own. */
export async function verifyAlone(
  connection: Connection,
  { count, ...request }: VerifyRequest & { readonly count: WorkerCount },
  context: RunContext,
): Promise<Verification> {
  const workers = await openCopyWorkers(request.workerData, count, readerChangeReporter(context))
  try {
    const checksums = await beginChecksums(connection, workers, request, new SharedCores(), context)
    return await verifyRun(connection, request, checksums, context)
  } finally {
    await workers.close()
  }
}

/**
 * Has the idle workers read the snapshots again, on cores that the server leaves free. Returns null at levels without checksums. The caller
 * closes the comparison.
 */
export async function beginChecksums(
  connection: Connection,
  workers: CopyWorkers,
  { workerData, level, book }: VerifyRequest,
  cores: SharedCores,
  context: RunContext,
): Promise<ChecksumComparison | null> {
  if (level === 'none' || level === 'count') return null
  const refusals = await readServerRefusals(connection, workerData.run)
  return new ChecksumComparison(workers, workerData.plan, book.records, refusals, cores, context)
}

/** `checksums` is required at levels that compare checksums; its workers read while the session checks. Throws the error of a worker. */
export async function verifyRun(
  connection: Connection,
  request: VerifyRequest,
  checksums: ChecksumComparison | null,
  context: RunContext,
): Promise<Verification> {
  const { level, workerData, book } = request
  const { plan, snapshots, staging } = workerData
  if (level === 'none') return notVerified(level)
  const tables = plan.tables.filter((table) => table.fate.kind === 'copy')
  return runPhase(context, 'verify', tables.length, 'table', async (progress) => {
    const comparing = checksums?.finish() ?? Promise.resolve<readonly TableVerdict[]>([])
    // Its rejection is handled when it is awaited below, once the session is free.
    comparing.catch(() => {})
    const readingShapes = readShapesAside(request)
    readingShapes.catch(() => {})
    let differences: Difference[] = [...(await compareCounts(connection, workerData, book.records))]
    const writes = await testWrites(connection, plan)
    const checks = [
      ...(await checkStructure(connection, { run: workerData.run, plan }, await readingShapes)),
      ...(await checkViews(connection, { run: workerData.run, plan })),
      ...(await checkEarlier(connection, { run: workerData.run, plan })),
      ...writes,
    ]
    const verdicts = await comparing
    if (checksums !== null) {
      for (const verdict of verdicts) {
        if (verdict.differing.length === 0) continue
        differences.push(...(await nameDifferences(connection, workerData, verdict)))
      }
      differences.push(...(await compareEntries(connection, workerData, verdicts, book.records)))
    }
    if (level === 'full' && context.control.stoppedBy === null) {
      // Imported dynamically, since other levels need none of it.
      const { compareFully } = await import('../../verify/full/compare-fully.ts')
      const found = await compareFully(
        connection,
        { run: workerData.run, plan, snapshots, staging, records: book.records },
        progress,
      )
      differences = mergeDifferences(differences, found)
    }
    return {
      level,
      ran: context.control.stoppedBy === null,
      verdicts,
      differences,
      checks,
      readers: new Map(verdicts.map((verdict) => [verdict.tableId, verdict.reader])),
    }
  })
}

/** From this many twins on, creating them takes longer than opening a session. */
const MANY_TWINS = 100

/**
 * Reads the shapes of the created tables on a session of its own. Returns null where few need a twin, and where the server gives no such
 * session: the run's own reads them then. Throws when the session is lost.
 */
async function readShapesAside({ workerData, hasSpareSession }: VerifyRequest) {
  const { address, plan } = workerData
  const created = plan.schema.tables.filter(({ existing }) => !existing)
  const twins = created.filter((table) => plainShape(table) === null)
  if (!hasSpareSession || twins.length < MANY_TWINS) return null
  const session = await connect(address).catch(() => null)
  if (session === null) return null
  try {
    return await readShapePairs(session, created)
  } finally {
    await session.end()
  }
}
