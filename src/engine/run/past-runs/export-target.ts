/** Exports the target of a run that has ended. */

import { type RunContext, runPhase } from '../../events/run-context.ts'
import { exportToSqlite } from '../../export/export-target.ts'
import type { Exported } from '../../model/answers.ts'
import { chosenRun, type LaterRequest, onTarget, refuseUnfinished } from '../connect/choose-run.ts'

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
