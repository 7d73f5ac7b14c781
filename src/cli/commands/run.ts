/** The run: the wizard in a terminal, or without questions. */

import { type EngineThread, exitCodes, MigrateError } from '../../engine/door/index.ts'
import { chooseFace } from '../../faces/choose-face.ts'
import { jsonLines } from '../../faces/json-lines.ts'
import { type LineFace, plainLines } from '../../faces/plain-lines.ts'
import { planLines } from '../../faces/plan-lines.ts'
import { loadInkLean } from '../lean-ink.ts'
import { refuseUnwritable } from '../output-file.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, runRequestOf } from '../requests.ts'
import { shellCommand } from '../shell-command.ts'
import type { World } from '../world.ts'

export async function performRun(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  if (!given.yes && !given.dryRun) {
    if (chooseFace({ ...world.terminal, json: given.json, plain: given.plain }) === 'wizard')
      return askAndRun(given, engine, world)
    throw new MigrateError(
      'usage',
      'questions-not-possible',
      'This is not a terminal that the wizard can ask its questions in.',
      {
        hint: 'Give --yes with --source and --target to run without questions.',
      },
    )
  }
  refuseUnnamedTarget(given, world)
  refuseUnwritable('report', given.report)
  const lines = lineFace(given, world)
  const { report, plan } = await engine.call('runAll', runRequestOf(given, world), lines.hear)
  if (report !== null) return report.exitCode
  for (const line of given.json ? [JSON.stringify(plan)] : planLines(plan)) world.print(line)
  return exitCodes.ok
}

/** Ink is loaded only here: whoever doesn't ask doesn't wait for it. */
async function askAndRun(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const { runWizard } = await loadInkLean(() => import('../../app.tsx'))
  return runWizard({
    ...world,
    engine,
    given: runRequestOf(given, world),
    commandOf: ({ sources, target, exclude, allowMissing, salvage }) =>
      shellCommand({
        ...given,
        sources,
        target,
        salvage,
        plan: { ...given.plan, allowMissing, exclude: [...given.plan.exclude, ...exclude] },
      }),
  })
}

export function lineFace(given: Arguments, world: World): LineFace {
  return given.json ? jsonLines(world.print) : plainLines(world.print)
}
