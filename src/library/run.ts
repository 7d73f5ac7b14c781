/** Inspects, plans and moves databases. */
import { planningDefaults, type RunRequest, runningDefaults, runRequest } from '../engine/door/index.ts'
import type { Inspection, PlanAnswer, RunAnswer } from '../engine/model/answers.ts'
import type { PlanningOptions, RunningOptions } from '../engine/model/options.ts'
import type { Report } from '../engine/model/report.ts'
import { call } from './call.ts'
import type { Watching } from './engine.ts'
import {
  environmentOf,
  type Given,
  refuseUnknown,
  type Target,
  targetNames,
  targetOf,
  withDefaults,
} from './options.ts'

/** `source`: one path or several. */
export type PlanOptions = Target &
  Watching &
  Omit<Given<PlanningOptions>, 'source'> & { readonly source?: string | readonly string[] | undefined }
export type MigrateOptions = PlanOptions &
  Given<RunningOptions> & { readonly printed?: PrintedCommands | undefined }
export type RunOptions = MigrateOptions & { readonly dryRun?: boolean | undefined }
export type InspectOptions = Watching & Pick<PlanOptions, 'source' | 'salvage' | 'workFolder'>

/** How the commands in the report are written; by default for somebody who types them in a terminal. */
export type PrintedCommands = {
  /** The command line for the same run; empty in a program that has none. */
  readonly again: string
  /** The options that name the target; null when they are not known. */
  readonly target: string | null
  /** Whether a command may ask questions; if not, it is printed with `--yes`. */
  readonly canAsk: boolean
}

const planningNames = [...targetNames, ...Object.keys(planningDefaults)]
const migrateNames = [...planningNames, ...Object.keys(runningDefaults), 'printed']

/**
 * Moves databases and verifies them. Returns the report, however the run ended: `report.status` is `ok`, `quarantined`, `mismatch`,
 * `failed` or `stopped`, and `report.exitCode` is what the command line would exit with. Throws MigrateError when the run could not begin:
 * `usage`, `source`, `target` or `plan`.
 */
export async function migrate(options: MigrateOptions): Promise<Report> {
  refuseUnknown('migrate', options, migrateNames)
  const { report } = await run(options)
  return report!
}

/**
 * Does what `gpt-migrate` without a command does. Returns the plan and the report; with `dryRun`, no report but what the run would remove
 * first; with `follow`, also how following ended. Throws MigrateError like `migrate`.
 */
export async function run(options: RunOptions): Promise<RunAnswer> {
  refuseUnknown('run', options, [...migrateNames, 'dryRun'])
  const { dryRun = false, printed } = options
  return call('runAll', requestOf(options, { dryRun, printed }), options)
}

/** Plans a run. Returns the plan and its DDL; writes nothing to the target, which need not be named. Throws MigrateError. */
export async function plan(options: PlanOptions = {}): Promise<PlanAnswer> {
  refuseUnknown('plan', options, planningNames)
  return call('planOnly', requestOf(options, { dryRun: true, printed: undefined }), options)
}

/** Returns the databases found, with the catalog and the census of each. Throws MigrateError `source`. */
export async function inspect(options: InspectOptions = {}): Promise<Inspection> {
  refuseUnknown('inspect', options, ['source', 'salvage', 'workFolder'])
  const { source, salvage } = planningOf(options)
  return call('inspect', { sources: source, salvage, workFolder: targetOf(options).workFolder }, options)
}

function requestOf(
  options: MigrateOptions,
  { dryRun, printed }: { readonly dryRun: boolean; readonly printed: PrintedCommands | undefined },
): RunRequest {
  const all = { ...targetOf(options), ...planningOf(options), ...withDefaults(runningDefaults, options) }
  const request = runRequest(all, { env: environmentOf(options), dryRun, command: printed?.again ?? '' })
  return printed === undefined
    ? request
    : { ...request, targetOptions: printed.target, canAsk: printed.canAsk }
}

function planningOf({
  source,
  ...options
}: Pick<PlanOptions, 'source'> & Given<Omit<PlanningOptions, 'source'>>): PlanningOptions {
  const sources = typeof source === 'string' ? [source] : source
  return withDefaults(planningDefaults, { ...options, source: sources })
}
