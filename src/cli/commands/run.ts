/** The run: the wizard in a terminal, or without questions. */

import { type EngineThread, exitCodes, MigrateError } from '../../engine/index.ts'
import { jsonLines } from '../../faces/json-lines.ts'
import { type LineFace, plainLines } from '../../faces/plain-lines.ts'
import { planLines } from '../../faces/plan-lines.ts'
import { refuseUnwritable } from '../output-file.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, runRequestOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performRun(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  if (!given.yes && !given.dryRun) {
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

export function lineFace(given: Arguments, world: World): LineFace {
  return given.json ? jsonLines(world.print) : plainLines(world.print)
}
