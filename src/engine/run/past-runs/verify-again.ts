/** Compares the target of a run that has ended with its snapshots again. */

import type { RunContext } from '../../events/run-context.ts'
import { BlockBook } from '../../journal/block-book.ts'
import { readBlocks } from '../../journal/blocks.ts'
import { readEditedRows } from '../../journal/edited-rows.ts'
import type { RepairedTable, VerifyAnswer } from '../../model/answers.ts'
import type { VerifyLevel } from '../../model/report.ts'
import { refuseStandby } from '../../target/guards/standby.ts'
import { chosenRun, type LaterRequest, onTarget, refuseUnfinished } from '../connect/choose-run.ts'
import { checkTimeseries } from '../finish/keep-timeseries.ts'
import { verifyAlone } from '../finish/verify-run.ts'
import { refuseSwitched } from '../following/refuse-switched.ts'
import { checkFollowed } from '../following/verify-followed.ts'
import { shareSessions } from '../load/sessions.ts'
import { deriveLayout } from '../prepare/layout.ts'
import { resumePrepared } from '../prepare/resume.ts'
import { recordLeft } from '../rollback/left-rows.ts'

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
    await refuseStandby(connection)
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
      const { repairTables } = await import('./repair.ts')
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
