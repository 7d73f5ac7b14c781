/** The command line's words as requests to the engine. Pure. */
import { isTargetNamed, MigrateError, type RunRequest, type TargetChoice } from '../engine/door/index.ts'
import type { Arguments } from './parse-arguments.ts'
import { shellCommand } from './shell-command.ts'
import type { World } from './world.ts'

export function targetChoiceOf(given: Arguments, world: World): TargetChoice {
  const { target, workFolder, port } = given
  return { target, workFolder, port, env: world.env }
}

export function runRequestOf(given: Arguments, world: World): RunRequest {
  return {
    sources: given.sources.length === 0 ? ['.'] : given.sources,
    as: given.as,
    mapping: given.mapping,
    planFile: given.planFile,
    truncate: given.truncate,
    options: given.plan,
    target: targetChoiceOf(given, world),
    jobs: given.jobs,
    verifyLevel: given.verifyLevel,
    workFolder: given.workFolder,
    keepDays: given.keepDays,
    startOver: given.startOver,
    salvage: given.salvage,
    keepRunning: given.keepRunning,
    dryRun: given.dryRun,
    reportFile: given.report,
    command: shellCommand(given),
  }
}

/** A run without questions never lands in a place that nobody chose. */
export function refuseUnnamedTarget(given: Arguments, world: World): void {
  if (isTargetNamed({ target: given.target, env: world.env })) return
  throw new MigrateError('usage', 'no-target', 'No target was named.', {
    hint: 'Give --target postgres://user@host/database, set DATABASE_URL, or try --target embedded.',
  })
}
