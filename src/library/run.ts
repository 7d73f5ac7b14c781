/** Inspects, plans and moves databases. */
import { planningDefaults, type RunRequest, runningDefaults, runRequest } from '../engine/door/index.ts'
import type { Inspection, PlanAnswer, RunAnswer } from '../engine/model/answers.ts'
import type { MappingChoice, PlanningOptions, RunningOptions } from '../engine/model/options.ts'
import type { Report } from '../engine/model/report.ts'
import { call } from './call.ts'
import { refuseContradictions } from './contradictions.ts'
import type { Watching } from './engine.ts'
import {
  checked,
  environmentOf,
  type Given,
  namesOf,
  type Target,
  targetNames,
  targetOf,
  withDefaults,
} from './options.ts'

/** `source`: one path or several. `mapping`: a built-in mapping, or the path of a file. */
export type PlanOptions = Target &
  Watching &
  Omit<Given<PlanningOptions>, 'source' | 'mapping'> & {
    readonly source?: string | readonly string[] | undefined
    readonly mapping?: MappingChoice | string | undefined
  }
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

const planningNames = [...targetNames, ...namesOf(planningDefaults)] as const
const migrateNames = [...planningNames, ...namesOf(runningDefaults), 'printed'] as const

/**
 * Moves databases and verifies them. Returns the report, however the run ended: `report.status` is `ok`, `quarantined`, `mismatch`,
 * `failed` or `stopped`, and `report.exitCode` is what the command line would exit with. Throws MigrateError when the run could not begin:
 * `usage`, `source`, `target` or `plan`.
 */
export async function migrate(options: MigrateOptions): Promise<Report> {
  const { report } = await perform(checked('migrate', options, migrateNames), false)
  return report!
}

/**
 * Does what `gpt-migrate` without a command does. Returns the plan and the report; with `dryRun`, no report but what the run would remove
 * first; with `follow`, also how following ended. Throws MigrateError like `migrate`.
 */
export async function run(options: RunOptions): Promise<RunAnswer> {
  const { dryRun = false, ...given } = checked('run', options, [...migrateNames, 'dryRun'])
  return perform(given, dryRun)
}

/** Plans a run. Returns the plan and its DDL; writes nothing to the target, which need not be named. Throws MigrateError. */
export async function plan(options: PlanOptions = {}): Promise<PlanAnswer> {
  const given = checked('plan', options, planningNames)
  return call('planOnly', requestOf(given, true), given)
}

/** Returns the databases found, with the catalog and the census of each. Throws MigrateError `source`. */
export async function inspect(options: InspectOptions = {}): Promise<Inspection> {
  const given = checked('inspect', options, ['source', 'salvage', 'workFolder'])
  const { source, salvage } = planningOf(given)
  return call('inspect', { sources: source, salvage, workFolder: targetOf(given).workFolder }, given)
}

function perform(given: MigrateOptions, dryRun: boolean): Promise<RunAnswer> {
  return call('runAll', requestOf(given, dryRun), given)
}

function requestOf(given: MigrateOptions, dryRun: boolean): RunRequest {
  const planning = planningOf(given)
  refuseContradictions(
    planning,
    [
      ...namesOf(planningDefaults).filter(
        (name) => JSON.stringify(planning[name]) !== JSON.stringify(planningDefaults[name]),
      ),
      ...('truncate' in given ? ['truncate' as const] : []),
    ],
    (name) => name,
  )
  const { printed } = given
  const all = { ...targetOf(given), ...planning, ...withDefaults(runningDefaults, given) }
  const request = runRequest(all, { env: environmentOf(given), dryRun, command: printed?.again ?? '' })
  return printed === undefined
    ? request
    : { ...request, targetOptions: printed.target, canAsk: printed.canAsk }
}

/** The rules have made `source` a list, and `mapping` a choice. */
function planningOf(given: Pick<PlanOptions, 'source' | 'mapping'>): PlanningOptions {
  return withDefaults(planningDefaults, given as Given<PlanningOptions>)
}
