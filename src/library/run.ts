/** The functions that inspect databases and move them. */
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

/** How the commands that the report names are written; by default for somebody who types them in a terminal. */
export type PrintedCommands = {
  /** The command line that does the same again; a program of its own has none. */
  readonly again: string
  /** Options that name the target; null where they are not known. */
  readonly target: string | null
  /** Whether a command may ask; otherwise it gets `--yes`. */
  readonly canAsk: boolean
}

const planningNames = [...targetNames, ...Object.keys(planningDefaults)]
const migrateNames = [...planningNames, ...Object.keys(runningDefaults), 'printed']

/**
 * Moves databases and verifies them. Returns the report, whatever became of the run: `report.status` is `ok`, `quarantined`,
 * `mismatch`, `failed` or `stopped`, and `report.exitCode` is what the command line would exit with. Throws MigrateError when nothing
 * could be begun: `usage`, `source`, `target` or `plan`.
 */
export async function migrate(options: MigrateOptions): Promise<Report> {
  refuseUnknown('migrate', options, migrateNames)
  const { report } = await run(options)
  return report!
}

/**
 * What `gpt-migrate` without a command does. Returns the plan and the report; with `dryRun` no report, and what the run would remove
 * first; with `follow` how following ended. Throws MigrateError like `migrate`.
 */
export async function run(options: RunOptions): Promise<RunAnswer> {
  refuseUnknown('run', options, [...migrateNames, 'dryRun'])
  const { dryRun = false, printed } = options
  return call('runAll', requestOf(options, { dryRun, printed }), options)
}

/** What a run would do. Returns the plan and its DDL; nothing is written to the target, and none need be named. Throws MigrateError. */
export async function plan(options: PlanOptions = {}): Promise<PlanAnswer> {
  refuseUnknown('plan', options, planningNames)
  return call('planOnly', requestOf(options, { dryRun: true, printed: undefined }), options)
}

/** Returns what was found, with the catalog and the census of each database. Throws MigrateError `source`. */
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
