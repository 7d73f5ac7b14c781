/**
 * The steps of a run, from a prepared plan to its report. Invariant: what is committed is recorded in the journal by the same transaction,
 * and however the run ends, the report says so.
 */
import { availableParallelism } from 'node:os'
import { recordProgress } from '../../events/record-progress.ts'
import { now, type RunContext, runPhase } from '../../events/run-context.ts'
import { version } from '../../events/version.ts'
import { BlockBook } from '../../journal/block-book.ts'
import { readBlocks } from '../../journal/blocks.ts'
import { readEditedRows } from '../../journal/edited-rows.ts'
import { readCreatedTables, readSteps, setStatus } from '../../journal/journal.ts'
import { hasJournal } from '../../journal/schema.ts'
import type { Block } from '../../model/block.ts'
import { asCopyFailure, type PlainError, toPlainError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { Report } from '../../model/report.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Verification } from '../../model/verification.ts'
import { planHash } from '../../plan/base/plan-hash.ts'
import { type Ddl, writeDdl } from '../../plan/ddl/ddl.ts'
import { firstDistributed, mayCommitLater } from '../../plan/distribution/table-facts.ts'
import { plannedNameOf, withOrigin } from '../../report/format.ts'
import { quarantineParentless } from '../../rows/quarantine-parentless.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import { largestRowsOf } from '../../source/base/row-size.ts'
import { isThisMachine } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { lockTarget } from '../../target/connection/run-lock.ts'
import { settlePrepared } from '../../target/extensions/citus.ts'
import { createdTables, refuseReplaced } from '../../target/guards/created-tables.ts'
import { refuseForeignTarget } from '../../target/guards/foreign-names.ts'
import { SharedCores } from '../../threads/shared-cores.ts'
import { type CopyWorkers, openCopyWorkers } from '../../workers/copy-workers.ts'
import type { ChecksumComparison } from '../../workers/verify-checksums.ts'
import { refuseOtherSchema } from '../connect/address-schema.ts'
import { closeRun } from '../finish/close-run.ts'
import { finishTarget, isIndexing, refuseStrange } from '../finish/finish-target.ts'
import { keepTimeseries } from '../finish/keep-timeseries.ts'
import { beginChecksums, notVerified, verifyRun } from '../finish/verify-run.ts'
import { cycleCopier } from '../load/copy-cycle-tables.ts'
import { copyTables } from '../load/copy-tables.ts'
import { continueCreating, createTarget } from '../load/create-target.ts'
import { fillReferences } from '../load/fill-references.ts'
import { LoadedTables } from '../load/loaded-tables.ts'
import { readerChangeReporter } from '../load/report-reader-change.ts'
import { type Sessions, shareSessions } from '../load/sessions.ts'
import { deriveLayout, stagingFileOf } from '../prepare/layout.ts'
import type { MigrateRequest } from '../prepare/migrate-request.ts'
import type { Prepared } from '../prepare/prepare.ts'

/** Runs a plan. Returns the report of every run that began; throws when nothing was written. */
export async function migrate(request: MigrateRequest, outerContext: RunContext): Promise<Report> {
  const { context, progressSoFar } = recordProgress(outerContext)
  const { control, emit } = context
  control.onPause((paused) => emit({ type: paused ? 'paused' : 'unpaused', at: now() }))
  const { tables } = request.prepared.plan.schema
  const sessions = await shareSessions(request.address, request.jobs, tables.length)
  const connection = await connect(request.address, { commitsLater: mayCommitLater(request.prepared.plan) })
  try {
    await lockTarget(connection)
    const { run, plan } = request.prepared
    if (request.resumed === null) refuseOtherSchema(plan, request.address)
    context.emit({ type: 'run-started', run, resumed: request.resumed !== null, at: now() })
    context.emit({ type: 'tables-planned', tables: plannedTables(plan), at: now() })
    if (sessions.finding !== null) context.emit({ type: 'finding', finding: sessions.finding })
    // Checked again under the lock: another session may have created a journal since.
    if (request.resumed !== null) await hasJournal(connection)
    if (request.resumed !== null && firstDistributed(plan) !== null) await settlePrepared(connection)
    const edited = request.resumed === null ? [] : await readEditedRows(connection, run)
    const workers = startWorkers(request, edited, sessions, context)
    try {
      const { blocks } = deriveLayout(request.prepared)
      const ddl = writeDdl(plan.schema, connection.major)
      const book = await beginRun(connection, request, blocks, ddl, context)
      const ending = await runPlan(connection, request, workers, book, ddl, sessions, context).catch(
        (error: unknown): Ending => ({
          verification: notVerified(request.verifyLevel),
          error: asCopyFailure(toPlainError(error)),
        }),
      )
      return await closeRun(
        {
          connection,
          request,
          book,
          ...ending,
          stoppedBy: context.control.stoppedBy,
          progressSoFar: progressSoFar(),
        },
        context,
      )
    } finally {
      await workers.close()
    }
  } finally {
    control.onPause(null)
    await connection.end()
  }
}

type Ending = { readonly verification: Verification; readonly error: PlainError | null }

async function runPlan(
  connection: Connection,
  request: MigrateRequest,
  workers: StartedWorkers,
  book: BlockBook,
  { afterLoad }: Ddl,
  { indexers, furtherIndexers, jobs }: Sessions,
  context: RunContext,
): Promise<Ending> {
  const { prepared, address, verifyLevel } = request
  const { plan, run, catalogs, snapshots, orphans } = prepared
  const stopped: Ending = { verification: notVerified(verifyLevel), error: null }
  const { workerData } = workers
  const { staging, largestRows } = workerData

  const cores = new SharedCores(isThisMachine(address) ? Math.max(jobs, availableParallelism()) : undefined)
  const executed = await readSteps(connection, run)
  const created = await readCreatedTables(connection, run)
  const indexing = afterLoad.filter((statement, number) => isIndexing(statement) && !executed.has(number))
  const loaded = new LoadedTables(plan, book, indexing, { lanes: jobs, cores })
  const readable: TableName[] = []
  let checksums: ChecksumComparison | null = null
  let report: (done: number, detail: string | null) => void = () => {}
  // Builds keys and indexes of loaded tables while others are still being copied.
  const finishing = finishTarget(
    connection,
    {
      run,
      plan,
      catalogs,
      snapshots,
      orphans,
      statements: afterLoad,
      executed,
      created,
      address,
      indexers,
      furtherIndexers,
      cores,
      loaded,
    },
    context,
    {
      progress: (done, detail) => report(done, detail),
      onReadable: (table) => (checksums === null ? readable.push(table) : checksums.readTarget(table)),
    },
  )
  finishing.catch(() => loaded.giveUp())
  try {
    const copied = await runPhase(context, 'copy', rowsToRead(plan), 'row', async () => {
      await quarantineParentless(connection, { run, plan, snapshots, staging }, book)
      const copyCycle = cycleCopier(connection, workerData)
      const pool = await workers.ready()
      return copyTables({ workers: pool, plan, book, copyCycle, largestRows, loaded, cores }, context)
    })
    if (!copied || !(await fillReferences(connection, workerData, book, context))) {
      loaded.giveUp()
      await finishing
      return stopped
    }

    // Another session may have replaced tables since the last block was committed.
    await refuseStrange(connection, { plan, created })
    await setStatus(connection, run, 'indexing')
    const verifying = { workerData, level: verifyLevel, book, hasSpareSession: indexers > 0 }
    checksums = await beginChecksums(connection, await workers.ready(), verifying, cores, context)
    for (const table of readable) checksums?.readTarget(table)
    const finished = await runPhase(context, 'index', afterLoad.length, 'statement', (progress) => {
      report = progress
      loaded.complete()
      return finishing
    })
    if (!finished) return stopped

    await setStatus(connection, run, 'verifying')
    const verification = await verifyRun(connection, verifying, checksums, context)
    const kept = await keepTimeseries(connection, await workers.ready(), verifying, verification, context)
    return { verification: kept, error: null }
  } finally {
    loaded.giveUp()
    await finishing.catch(() => {})
    await checksums?.close()
  }
}

/** Returns the journal's blocks: those of the interrupted run, or those of a new one after everything before the load is created. */
async function beginRun(
  connection: Connection,
  { prepared, resumed, truncate = null }: MigrateRequest,
  blocks: readonly Block[],
  { beforeLoad }: Ddl,
  context: RunContext,
): Promise<BlockBook> {
  const { run, plan, catalogs, snapshots } = prepared
  if (resumed !== null) {
    await refuseForeignTarget(connection, plan.schema.tables)
    await refuseReplaced(connection, createdTables(resumed.created))
    if (resumed.status === 'creating')
      await runPhase(context, 'create', beforeLoad.length, 'statement', (progress) =>
        continueCreating(connection, resumed, beforeLoad, progress),
      )
    return new BlockBook(await readBlocks(connection, run))
  }
  const record: RunRecord = {
    run,
    formatVersion: 1,
    programVersion: version,
    planHash: planHash(plan),
    plan,
    catalogs,
    snapshots,
    created: [],
    status: 'copying',
    startedAt: now(),
    finishedAt: null,
  }
  await runPhase(context, 'create', beforeLoad.length, 'statement', (progress) =>
    createTarget(connection, record, blocks, beforeLoad, progress, truncate),
  )
  return new BlockBook(blocks.map((block) => ({ block, outcome: null })))
}

type StartedWorkers = {
  readonly workerData: WorkerData
  ready(): Promise<CopyWorkers>
  /** Waits until the workers have ended; no-op when called again. */
  close(): Promise<void>
}

/** Starts the copy workers: they load their code and connect while the blocks are cut and the tables created. */
function startWorkers(
  request: MigrateRequest,
  edited: WorkerData['edited'],
  sessions: Sessions,
  context: RunContext,
): StartedWorkers {
  const { prepared, address } = request
  const { run, plan, snapshots, orphans } = prepared
  const staging = stagingFileOf(prepared)
  const workerData: WorkerData = {
    run,
    plan,
    snapshots,
    staging,
    orphans,
    address,
    edited,
    // A resumed run has no censuses.
    largestRows: largestRowsOf(prepared.censuses),
  }
  const opening = openCopyWorkers(workerData, sessions, readerChangeReporter(context))
  // A failure is reported by `ready`, or not at all when the run ends before.
  opening.catch(() => {})
  return {
    workerData,
    ready: () => opening,
    async close() {
      const pool = await opening.catch(() => null)
      await pool?.close()
    },
  }
}

function plannedTables(plan: Prepared['plan']) {
  return plan.tables.flatMap((table) => {
    const { id, fate } = table
    const name = plannedNameOf(table, plan)
    if (name === null) return []
    const among = fate.kind === 'copy' ? fate.copy.among : null
    const target = withOrigin(name, among?.kind === 'origins' ? among.value : undefined)
    return [{ tableId: id, target, rows: plan.sourceRows[id] ?? 0 }]
  })
}

/** Source rows of the tables that are not left out. */
const rowsToRead = ({ tables, sourceRows }: Prepared['plan']): number =>
  tables.reduce((rows, { id, fate }) => rows + (fate.kind === 'exclude' ? 0 : (sourceRows[id] ?? 0)), 0)
