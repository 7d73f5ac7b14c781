/** Opens and examines the target of a run. Invariant: this file loads nothing of the later phases, so that the server is asked at once. */
import { type RunContext, runPhase } from '../../events/run-context.ts'
import { findUnfinishedRun, listRuns } from '../../journal/journal.ts'
import type { RunSummary } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { INSUFFICIENT_PRIVILEGE } from '../../plan/checks/missing-rights.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'
import { probe } from '../../target/probe/probe.ts'
import type { RunRequest } from '../prepare/run-request.ts'
import { type OpenTarget, openTarget } from './open-target.ts'

export type ReachedTarget = { readonly target: OpenTarget; readonly found: FoundTarget }

/** Opens the target and examines it, as a phase of the run. The caller closes it. */
export async function reachTarget(request: RunRequest, context: RunContext): Promise<ReachedTarget> {
  return runPhase(context, 'connect', 0, 'server', async () => {
    const target = await openTarget(request.target)
    if (request.keepRunning) target.keep()
    try {
      return { target, found: await examineTarget(target.address, request) }
    } catch (error) {
      await target.close()
      throw error
    }
  })
}

export type FoundTarget = {
  readonly probe: TargetProbe
  readonly unfinished: RunRecord | null
  /** The runs in its journal, latest first. */
  readonly runs: readonly RunSummary[]
}

/** Returns the probe, the runs on the server, and the unfinished one or null. Throws the error of the first refused trial. */
export async function examineTarget(
  address: TargetAddress,
  { jobs, options }: Pick<RunRequest, 'jobs' | 'options'>,
): Promise<FoundTarget> {
  await using connection = await connect(address)
  const probed = await probe(connection, jobs)
  refuseTarget(probed, options.dataOnly === true)
  const runs = await listRuns(connection)
  const unfinished = runs.length === 0 ? null : await findUnfinishedRun(connection)
  return { probe: probed, unfinished, runs }
}

/** With `--data-only` missing rights are no error here: the plan names all of them together. */
function refuseTarget({ trials = [] }: TargetProbe, isDataOnly: boolean): void {
  const refused = trials.find(
    ({ outcome, code }) => outcome === 'refused' && !(isDataOnly && code === INSUFFICIENT_PRIVILEGE),
  )
  if (refused === undefined) return
  throw new MigrateError('target', refused.code ?? 'target-refused', refused.sentence, {
    ...(refused.help === null ? {} : { hint: refused.help }),
  })
}
