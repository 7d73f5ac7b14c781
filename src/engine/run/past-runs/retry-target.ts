/** Loads rows of a run that has ended out of quarantine. */

import type { RetriedRejects } from '../../model/answers.ts'
import { chosenRun, type LaterRequest, onTarget, refuseUnfinished } from '../connect/choose-run.ts'
import { moveSequences } from '../finish/move-sequences.ts'
import { validateWaiting } from '../following/foreign-keys.ts'
import { refuseSwitched } from '../following/refuse-switched.ts'
import { deriveLayout } from '../prepare/layout.ts'
import { resumePrepared } from '../prepare/resume.ts'
import { changingRows } from '../rollback/left-rows.ts'
import { retryRejects } from './retry.ts'

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
