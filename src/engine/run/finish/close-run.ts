/** The end of every run: its final status in the journal, and its report in the work folder. */
import { arch, availableParallelism, release, type } from 'node:os'
import { join, resolve } from 'node:path'
import type { Progress } from '../../events/progress.ts'
import { now, type RunContext } from '../../events/run-context.ts'
import { version } from '../../events/version.ts'
import type { BlockBook } from '../../journal/block-book.ts'
import { countQuarantine } from '../../journal/entries.ts'
import { finishRun, readRun } from '../../journal/journal.ts'
import { asCopyFailure, type PlainError, toPlainError } from '../../model/errors.ts'
import { fileReason } from '../../model/file-error.ts'
import type { SchemaOutcome } from '../../model/forecast.ts'
import type { QuarantineTally, RunStatus } from '../../model/journal.ts'
import type { StopSignal } from '../../model/live-answers.ts'
import type { OperationFacts } from '../../model/operations.ts'
import type { Plan } from '../../model/plan.ts'
import type { Report } from '../../model/report.ts'
import type { Verification } from '../../model/verification.ts'
import { writeNamedFile } from '../../own-files/named-file.ts'
import { buildReport } from '../../report/build-report.ts'
import { nextSteps, psqlWords, targetWords } from '../../report/next-steps.ts'
import { operationSteps } from '../../report/operations.ts'
import { renderReport, saveReport } from '../../report/save-report.ts'
import { publicUrl, type TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { readOperationFacts } from '../../target/probe/operation-facts.ts'
import { passwordFileOf } from '../../target/server/embedded.ts'
import { readSchemaOutcome } from '../../verify/schema-outcome.ts'
import type { MigrateRequest } from '../prepare/migrate-request.ts'

type ClosingRun = {
  readonly connection: Connection
  readonly request: MigrateRequest
  readonly book: BlockBook
  readonly verification: Verification
  readonly error: PlainError | null
  readonly stoppedBy: StopSignal | null
  readonly progressSoFar: Progress
}

export async function closeRun(closing: ClosingRun, context: RunContext): Promise<Report> {
  const { request } = closing
  const { folder } = request.prepared
  const finishedAt = now()
  const reportFile = join(folder, 'report.json')
  const report = await recordEnd(closing, finishedAt, reportFile)
  const page = join(folder, 'report.html')
  for (const file of [reportFile, page])
    saveOrReport(
      context,
      (error) => `The report was not written: ${toPlainError(error).message}`,
      () => saveReport(report, file),
    )
  const named = request.reportFile
  if (named !== null)
    saveOrReport(
      context,
      (error) => `${named} was not written: ${fileReason(error)}. The report is ${page}.`,
      () => writeNamedFile(resolve(named), renderReport(report, named), { isPrivate: true }),
    )
  context.emit({ type: 'run-finished', report, at: finishedAt })
  return report
}

/** Reports a failure to write a report as a finding: the target and the verdict are unaffected. */
function saveOrReport(context: RunContext, messageOf: (error: unknown) => string, save: () => void): void {
  try {
    save()
  } catch (error) {
    context.emit({
      type: 'finding',
      finding: { severity: 'warning', code: 'report-not-written', message: messageOf(error) },
    })
  }
}

/** Writes the end into the journal. A run whose end could not be written has failed, and the next start resumes it. */
async function recordEnd(closing: ClosingRun, finishedAt: string, reportFile: string): Promise<Report> {
  const { connection, request } = closing
  const { run } = request.prepared
  let counts: readonly QuarantineTally[] = []
  try {
    if (connection.lost !== null) throw connection.lost
    counts = await countQuarantine(connection, run)
    const { plan } = request.prepared
    const hasEnded = closing.error === null && closing.stoppedBy === null
    const outcome =
      hasEnded && plan.forecast !== undefined
        ? await readSchemaOutcome(connection, plan, plan.forecast)
        : null
    const facts = await readOperationFacts(connection)
    const report = reportOf(closing, counts, outcome, finishedAt, reportFile, facts)
    const isOver = report.status === 'ok' || report.status === 'quarantined' || report.status === 'mismatch'
    if (isOver) await recordVerdict(closing, report.status === 'mismatch' ? 'failed' : 'finished', finishedAt)
    return report
  } catch (error) {
    const failure = closing.error ?? asCopyFailure(toPlainError(error))
    return reportOf({ ...closing, error: failure }, counts, null, finishedAt, reportFile, null)
  }
}

/** Records the status. When the answer to the commit is lost, the journal shows whether it was made. */
async function recordVerdict(
  { connection, request }: ClosingRun,
  status: 'finished' | 'failed',
  finishedAt: string,
): Promise<void> {
  const { run } = request.prepared
  try {
    await finishRun(connection, run, status, finishedAt)
  } catch (error) {
    if (connection.lost === null || (await statusIn(request.address, run)) !== status) throw error
  }
}

/** Reads the status on a new connection; null when none can be made. */
async function statusIn(address: TargetAddress, run: string): Promise<RunStatus | null> {
  try {
    await using connection = await connect(address)
    return (await readRun(connection, run))?.status ?? null
  } catch {
    return null
  }
}

function reportOf(
  { connection, request, book, verification, error, stoppedBy, progressSoFar }: ClosingRun,
  quarantine: readonly QuarantineTally[],
  schemaOutcome: SchemaOutcome | null,
  finishedAt: string,
  reportFile: string,
  facts: OperationFacts | null,
): Report {
  const { prepared, address, embedded, command, keepDays } = request
  const { run, plan, snapshots } = prepared
  const quarantined = quarantine.reduce((sum, { rows }) => sum + rows, 0)
  const named = {
    address,
    embedded: embedded === null ? null : { ...embedded, passwordFile: passwordFileOf(embedded.folder) },
    targetOptions: request.targetOptions ?? null,
  }
  const stopped = stoppedBy !== null || error !== null
  const lastMonth = lastMonthOf(plan)
  const psql = psqlWords(named)
  const operations =
    stopped || facts === null
      ? []
      : operationSteps({
          plan,
          facts,
          psql,
          url: psql === null ? null : publicUrl(address),
          embedded: embedded?.folder ?? null,
          partitions: `npx gpt-migrate partitions${targetWords(named)} --ahead 12`,
          lastMonth,
          database: address.database,
        })
  return buildReport({
    run,
    startedAt: request.startedAt,
    finishedAt,
    plan,
    snapshots,
    target: {
      version: connection.version,
      database: address.database,
      host: `${address.host}:${address.port}`,
    },
    records: book.records,
    copyReaders: book.copyReaders,
    quarantine,
    verify: verification,
    schemaOutcome,
    tableSeconds: new Map(progressSoFar.tables.map((table) => [table.tableId, table.elapsedMs / 1000])),
    phases: progressSoFar.phases.map(({ phase, elapsedMs }) => ({ phase, seconds: (elapsedMs ?? 0) / 1000 })),
    stoppedBy,
    error,
    findings: [...plan.findings, ...progressSoFar.findings],
    environment: {
      program: version,
      node: process.versions.node,
      system: `${type()} ${release()} ${arch()}`,
      cores: availableParallelism(),
    },
    nextSteps: nextSteps({
      ...named,
      command,
      canAsk: request.canAsk ?? true,
      quarantined: quarantined,
      lastMonth,
      operations: operations.length,
      snapshots: snapshots.length,
      keepDays,
      reportFile,
      finishedAt,
      stopped,
    }),
    operations,
  })
}

/** Returns the last month for which every table that is partitioned by month has a partition; null when no table is. */
function lastMonthOf({ schema }: Plan): string | null {
  const covered = schema.tables.flatMap(
    ({ partitioning }) => partitioning?.months.at(-1)?.from.slice(0, 7) ?? [],
  )
  return covered.toSorted()[0] ?? null
}
