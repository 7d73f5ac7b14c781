/** Lists a target's runs, and what is in a run's quarantine. */

import { listQuarantine } from '../../journal/entries.ts'
import { listRuns } from '../../journal/journal.ts'
import type { ListedRejects, RunSummary } from '../../model/answers.ts'
import type { TargetChoice } from '../../model/options.ts'
import { chosenRun, type LaterRequest, onTarget } from '../connect/choose-run.ts'

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
