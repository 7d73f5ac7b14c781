/** Operations on a run that has ended: list, verify again, list and retry rejects, roll back, export; and serving the embedded server. */

import { type RunContext, runPhase } from '../../events/run-context.ts'
import { exportToSqlite } from '../../export/export-target.ts'
import { BlockBook } from '../../journal/block-book.ts'
import { readBlocks } from '../../journal/blocks.ts'
import { readEditedRows } from '../../journal/edited-rows.ts'
import { listQuarantine } from '../../journal/entries.ts'
import { listRuns } from '../../journal/journal.ts'
import type {
  Exported,
  ListedRejects,
  RepairedTable,
  RetriedRejects,
  RollbackPreview,
  RolledBack,
  RunSummary,
  VerifyAnswer,
} from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { TargetChoice } from '../../model/options.ts'
import type { VerifyLevel } from '../../model/report.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { isEmbeddedFolder, passwordFileOf, startEmbedded } from '../../target/server/embedded.ts'
import {
  chosenRun,
  type LaterRequest,
  onTarget,
  refuseUnfinished,
  removableRun,
} from '../connect/choose-run.ts'
import { embeddedDatabase } from '../connect/open-target.ts'
import { checkTimeseries } from '../finish/keep-timeseries.ts'
import { moveSequences } from '../finish/move-sequences.ts'
import { verifyAlone } from '../finish/verify-run.ts'
import { validateWaiting } from '../following/foreign-keys.ts'
import { checkFollowed, refuseSwitched } from '../following/verify-followed.ts'
import { shareSessions } from '../load/sessions.ts'
import { deriveLayout } from '../prepare/layout.ts'
import { resumePrepared } from '../prepare/resume.ts'
import { changingRows, recordLeft } from '../rollback/left-rows.ts'
import { previewRollback, rollBackRun } from '../rollback/rollback.ts'
import { repairTables } from './repair.ts'
import { retryRejects } from './retry.ts'

/** Compares the target with the run's snapshots again, or checks the cut-over of a run that was followed. */
export async function verifyAgain(
  request: LaterRequest & {
    readonly level: VerifyLevel
    readonly jobs: number | null
    /** Reloads blocks that differ, and compares again. */
    readonly repair: boolean
  },
  context: RunContext,
): Promise<VerifyAnswer> {
  return onTarget(request.target, async (connection, address) => {
    const record = await chosenRun(connection, request.run)
    if (request.repair) await refuseSwitched(connection, record.run, 'repair')
    const followed = await checkFollowed(connection, record)
    if (followed !== null) {
      const ok = followed.every((check) => check.ok)
      return {
        run: record.run,
        ok,
        tables: [],
        differences: [],
        checks: followed,
        reloadable: [],
        repaired: [],
      }
    }
    const prepared = await resumePrepared(record, null)
    const { staging } = deriveLayout(prepared)
    const book = await refuseUnfinished(connection, record.run, 'verify')
    const { run, plan, snapshots, orphans } = prepared
    const edited = await readEditedRows(connection, run)
    const workerData = { run, plan, snapshots, staging, orphans, address, edited }
    const count = await shareSessions(address, request.jobs, 0)
    const level = request.repair && request.level !== 'full' ? 'checksum' : request.level
    // This connection was open when the others were counted.
    const verifying = { workerData, count, level, hasSpareSession: true }
    let verification = await verifyAlone(connection, { ...verifying, book }, context)
    let repaired: readonly RepairedTable[] = []
    if (request.repair && verification.verdicts.some(({ match }) => !match)) {
      repaired = await repairTables(connection, workerData, verification.verdicts)
      const reread = new BlockBook(await readBlocks(connection, record.run))
      verification = await verifyAlone(connection, { ...verifying, book: reread }, context)
      // The tables are again as the run left them.
      if (verification.verdicts.every(({ match }) => match))
        await recordLeft(connection, record.run, plan.schema.tables)
    }
    const { verdicts, differences, ran } = verification
    const checks = [...verification.checks, ...(await checkTimeseries(connection, plan))]
    const tables = verdicts.map(({ tableId, targetRows, match }) => ({ tableId, rows: targetRows, match }))
    const ok =
      ran &&
      differences.length === 0 &&
      tables.every(({ match }) => match) &&
      checks.every((check) => check.ok)
    const reloadable = verdicts
      .filter(({ match, reload }) => !match && reload.length > 0)
      .map(({ tableId, reload }) => ({
        tableId,
        blocks: reload.length,
        rows: reload.reduce((total, block) => total + block.rows, 0),
      }))
    return { run, ok, tables, differences, checks, reloadable, repaired }
  })
}

export async function rollBackTarget(
  request: LaterRequest & { readonly force: string | null },
): Promise<RolledBack & { readonly run: string }> {
  return onTarget(request.target, async (connection, address) => {
    refuseOtherName(request.force, address)
    const { run } = await removableRun(connection, request.run)
    await refuseSwitched(connection, run, 'rollback')
    return { run, ...(await rollBackRun(connection, run, { force: request.force !== null })) }
  })
}

/** Returns what `rollBackTarget` would remove, or throws its errors. Changes nothing. */
export async function previewRollbackOfTarget(
  request: LaterRequest & { readonly force: string | null },
): Promise<RollbackPreview & { readonly database: string }> {
  return onTarget(request.target, async (connection, address) => {
    refuseOtherName(request.force, address)
    const { run } = await removableRun(connection, request.run)
    await refuseSwitched(connection, run, 'rollback')
    return { database: address.database, ...(await previewRollback(connection, run)) }
  })
}

/** Throws `force-name-differs`: the name of another database is no confirmation. */
function refuseOtherName(force: string | null, { database }: TargetAddress): void {
  if (force === null || force === database) return
  throw new MigrateError(
    'usage',
    'force-name-differs',
    `--force names "${force}", but the target is "${database}".`,
    { hint: 'Type the name of the database whose changed rows may be lost.' },
  )
}

export async function listTargetRuns(request: {
  readonly target: TargetChoice
}): Promise<readonly RunSummary[]> {
  return onTarget(request.target, (connection) => listRuns(connection))
}

export async function listRejects(request: LaterRequest): Promise<ListedRejects> {
  return onTarget(request.target, async (connection) => {
    const { run } = await chosenRun(connection, request.run)
    return { run, entries: await Array.fromAsync(listQuarantine(connection, run)) }
  })
}

/**
 * Loads rows out of quarantine: those of an edited export, or all of them as they are. Then moves sequences past them and validates the
 * foreign keys that waited for them.
 */
export async function retryTargetRejects(
  request: LaterRequest & { readonly file: string | null },
): Promise<RetriedRejects & { readonly run: string }> {
  return onTarget(request.target, async (connection) => {
    const record = await chosenRun(connection, request.run)
    await refuseSwitched(connection, record.run, 'retry')
    const book = await refuseUnfinished(connection, record.run, 'retry')
    const prepared = await resumePrepared(record, null)
    const { staging } = deriveLayout(prepared)
    const { run, plan, catalogs, snapshots, orphans } = prepared
    const work = { run, plan, snapshots, orphans, staging, book }
    const retry = () => retryRejects(connection, work, request.file)
    const answer = await changingRows(connection, work, retry)
    if (answer.loaded > 0) {
      await moveSequences(connection, { plan, catalogs })
      await validateWaiting(connection, plan)
    }
    return { run, ...answer }
  })
}

/** Rebuilds the source databases from the target alone. */
export async function exportTarget(
  request: LaterRequest & { readonly folder: string },
  context: RunContext,
): Promise<Exported & { readonly run: string }> {
  return onTarget(request.target, async (connection) => {
    const record = await chosenRun(connection, request.run)
    await refuseUnfinished(connection, record.run, 'export')
    const tables = record.plan.tables.filter(({ fate }) => fate.kind === 'copy').length
    const exported = await runPhase(context, 'export', tables, 'table', (progress) =>
      exportToSqlite(connection, record, request.folder, progress),
    )
    return { run: record.run, ...exported }
  })
}

/** Restarts the embedded server in a folder and leaves it running. Returns its URL without the password. */
export async function serveEmbedded(request: {
  readonly folder: string
  readonly port: number | null
}): Promise<{ url: string; pid: number; passwordFile: string }> {
  const { folder, port } = request
  if (!isEmbeddedFolder(folder)) {
    throw new MigrateError('usage', 'not-a-server-folder', `${folder} holds no embedded server.`, {
      hint: 'Name the folder that a run with --target embedded:DIR made.',
    })
  }
  const server = await startEmbedded({ folder, ...(port === null ? {} : { port }) })
  const url = new URL(server.url)
  url.pathname = `/${embeddedDatabase}`
  url.password = ''
  return { url: url.href, pid: server.pid, passwordFile: passwordFileOf(folder) }
}
