/** The command line's values as requests to the engine. Pure. */
import {
  type EngineProcess,
  isTargetNamed,
  MigrateError,
  type RunRequest,
  runRequest,
} from '../engine/door/index.ts'
import type { PrintedCommands, Target, Watching } from '../index.ts'
import { isInPlanFile, refuseContradictions } from '../library/contradictions.ts'
import type { NamedOptions, Values } from './command.ts'
import { canAsk } from './confirm.ts'
import { optionWords, type Texts } from './shell-command.ts'
import { take } from './take-options.ts'
import type { World } from './world.ts'

/** The options that name a target, for every command that needs one. */
export const targetOptions = take('target', 'role', 'workFolder', 'port')

/** The options that decide a plan, for the run and for `plan`. */
export const planningOptions = {
  ...take('source', 'as', 'mapping', 'plan', 'trustMapping', 'exclude', 'allowMissing', 'views', 'salvage'),
  ...take('target', 'role', 'schema', 'into', 'dataOnly', 'append'),
  ...take('timezone', 'orphans', 'unmapped', 'onOverflow', 'onReject', 'identifiers', 'timeseries'),
  ...take('distribute', 'epoch', 'jsonText', 'columnstore', 'retention', 'search', 'searchLanguage'),
  ...take('strictTypes', 'int4WhenFits', 'exact', 'workFolder', 'keepDays', 'port'),
} satisfies NamedOptions

/** The other options of a run. */
export const runningOptions = take(
  'truncate',
  'follow',
  'keepRunning',
  'startOver',
  'dryRun',
  'verify',
  'jobs',
  'report',
)

/** The command for the same run without questions, with the options that may be repeated. */
export function shellCommand(texts: Texts): string {
  return `npx gpt-migrate --yes ${optionWords({ ...planningOptions, ...runningOptions }, texts)}`.trimEnd()
}

/** The command that runs the plan in `file`. `texts`: the options of the command that planned it. */
export function commandOfPlan(file: string, texts: Texts): string {
  const kept = Array.from(texts).filter(([name]) => !inPlanFile.includes(name))
  return shellCommand(new Map([...kept, ['plan', [file]]]))
}

/** The target and the engine of a command, as the library's functions take them. */
export function onTarget({
  values: { target, role, workFolder, port },
  engine,
  world,
}: {
  readonly values: Values<typeof targetOptions>
  readonly engine: EngineProcess
  readonly world: World
}): Target & Pick<Watching, 'engine'> {
  return { target, role, workFolder, port, env: world.env, engine }
}

/** How the commands in the report are written. `texts`: the command's options as typed. */
export function printedCommands(texts: Texts, world: World): PrintedCommands {
  return {
    again: shellCommand(texts),
    target: optionWords(take('target', 'role'), texts),
    canAsk: canAsk(world, false),
  }
}

/** The request of the run that the wizard or the demo asks for. `texts`: the command's options as typed. */
export function runRequestOf(
  values: Values<typeof planningOptions> & Values<typeof runningOptions>,
  world: World,
  texts: Texts,
): RunRequest {
  const { again, target, canAsk } = printedCommands(texts, world)
  const request = runRequest(values, { env: world.env, dryRun: values.dryRun, command: again })
  return { ...request, targetOptions: target, canAsk }
}

const plans = { ...planningOptions, ...take('truncate') }
type PlanOption = keyof typeof plans
const planNames = Object.keys(plans) as PlanOption[]

/** Options that a plan file decides. */
export const inPlanFile: readonly string[] = planNames
  .filter(isInPlanFile)
  .map((option) => plans[option].name)

/** Throws a usage error for planning options that contradict each other. */
export function checkPlanning({
  values,
  texts,
}: {
  readonly values: Values<typeof planningOptions>
  readonly texts: ReadonlyMap<string, readonly string[]>
}): void {
  refuseContradictions(
    values,
    planNames.filter((option) => texts.has(plans[option].name)),
    (option) => `--${plans[option].name}`,
  )
}

/** Throws a usage error when a run without questions names no target. */
export function refuseUnnamedTarget({ target }: { readonly target: string | null }, world: World): void {
  if (isTargetNamed({ target, env: world.env })) return
  throw new MigrateError('usage', 'no-target', 'No target was named.', {
    hint: 'Give --target postgres://user@host/database, set DATABASE_URL, or try --target embedded.',
  })
}
