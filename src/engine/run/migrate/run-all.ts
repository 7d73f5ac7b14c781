/**
 * The whole run without questions. Invariant: the target is asked, and the first event emitted, before the modules of the later phases are
 * loaded, which takes as long as the server's answers.
 */

import { now, type RunContext } from '../../events/run-context.ts'
import type { PlanAnswer, RunAnswer } from '../../model/answers.ts'
import { isEmbeddedFolder } from '../../target/server/embedded.ts'
import { type ReachedTarget, reachTarget } from '../connect/reach-target.ts'
import { embeddedFolderOf, isTargetNamed } from '../connect/target-choice.ts'
import type { RunRequest } from '../prepare/run-request.ts'

const loadRest = () => import('./run-on-target.ts')

export async function runAll(request: RunRequest, context: RunContext): Promise<RunAnswer> {
  const startedAt = now()
  await refuseUnreadable(request)
  if (request.dryRun && isNotThereYet(request)) return (await loadRest()).planUnmade(request, context)
  const [reached, { runOnTarget }] = await Promise.all([reachTarget(request, context), loadRest()])
  try {
    return await runOnTarget(request, reached, startedAt, context)
  } finally {
    await reached.target.close()
  }
}

/** Returns the plan and its DDL. Writes nothing to the target, and needs none. */
export async function planOnly(request: RunRequest, context: RunContext): Promise<PlanAnswer> {
  await refuseUnreadable(request)
  const hasTarget = isTargetNamed(request.target) && !isNotThereYet(request)
  const reaching: Promise<ReachedTarget | null> = hasTarget
    ? reachTarget(request, context)
    : Promise.resolve(null)
  const [reached, { planOnTarget }] = await Promise.all([reaching, loadRest()])
  try {
    return await planOnTarget(request, reached, context)
  } finally {
    await reached?.target.close()
  }
}

/** Whether the target is an embedded server that only a run would make; planning for it creates nothing. */
function isNotThereYet({ target }: RunRequest): boolean {
  const folder = embeddedFolderOf(target)
  return folder !== null && !isEmbeddedFolder(folder)
}

/** Reports an unreadable mapping or plan file before the run begins. */
async function refuseUnreadable(request: RunRequest): Promise<void> {
  const { mapping, planFile = null } = request
  const namesFile = planFile !== null || (mapping !== null && typeof mapping === 'object')
  if (namesFile) (await loadRest()).refuseUnreadable(request)
}
