import {
  type PlanningOptions,
  planningDefaults,
  type RunningOptions,
  type TargetChoice,
  type TargetOptions,
} from '../model/options.ts'
import type { PlanOptions } from '../model/plan.ts'
import type { RunRequest } from '../run/prepare/run-request.ts'

export function targetChoice(
  { target, role, workFolder, port }: TargetOptions,
  env: TargetChoice['env'],
): TargetChoice {
  return { target, role, workFolder, port, env }
}

/** `command`: the command line that repeats the run, for the report; empty when there is none. */
export function runRequest(
  options: TargetOptions & PlanningOptions & RunningOptions,
  { env, dryRun, command }: { env: TargetChoice['env']; dryRun: boolean; command: string },
): RunRequest {
  return {
    sources: options.source.length === 0 ? planningDefaults.source : options.source,
    as: options.as,
    mapping: options.mapping,
    planFile: options.plan,
    trustsMapping: options.trustMapping,
    truncate: options.truncate,
    options: planOptions(options),
    target: targetChoice(options, env),
    jobs: options.jobs,
    verifyLevel: options.verify,
    workFolder: options.workFolder,
    keepDays: options.keepDays,
    startOver: options.startOver,
    salvage: options.salvage,
    keepRunning: options.keepRunning,
    follow: options.follow,
    dryRun,
    reportFile: options.report,
    command,
  }
}

function planOptions(options: PlanningOptions): PlanOptions {
  const { timezone, orphans, unmapped, onOverflow, onReject, exact, allowMissing, schema } = options
  const { identifiers, strictTypes, int4WhenFits, timeseries, exclude } = options
  return {
    ...{ timezone, orphans, unmapped, onOverflow, onReject, exact, allowMissing, schema },
    ...{ identifiers, strictTypes, int4WhenFits, timeseries, exclude },
    ...(Object.keys(options.epoch).length === 0 ? {} : { epochs: options.epoch }),
    ...(options.distribute === null ? {} : { distribute: options.distribute }),
    ...(options.columnstore === null ? {} : { columnstore: options.columnstore }),
    ...(options.retention === null ? {} : { retention: options.retention }),
    ...(options.search ? { search: options.searchLanguage } : {}),
    ...(options.jsonText === null ? {} : { jsonText: options.jsonText }),
    ...(options.dataOnly ? { dataOnly: true } : {}),
    ...(options.append ? { append: true } : {}),
    ...(options.into === null ? {} : { into: options.into }),
    ...(options.views ? { views: true } : {}),
  }
}
