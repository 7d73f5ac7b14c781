/**
 * The whole run without questions. Invariant: the target is asked, and the first event emitted, before the code of what follows is
 * loaded, which takes as long as the answers.
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

/** The plan and its DDL; nothing is written to the target, and none need be named. */
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

/** An embedded server that only a run makes: to plan for it, nothing is created. */
function isNotThereYet({ target }: RunRequest): boolean {
  const folder = embeddedFolderOf(target)
  return folder !== null && !isEmbeddedFolder(folder)
}

/** A file that can't be used is reported before the run begins. */
async function refuseUnreadable(request: RunRequest): Promise<void> {
  const { mapping, planFile = null } = request
  const namesFile = planFile !== null || (mapping !== null && typeof mapping === 'object')
  if (namesFile) (await loadRest()).refuseUnreadable(request)
}
