/** What a run would do, printed; nothing is written to the target. */
import { type EngineThread, exitCodes } from '../../engine/door/index.ts'
import { planLines } from '../../faces/plan-lines.ts'
import { refuseUnwritable, writeOutput } from '../output-file.ts'
import type { Arguments } from '../parse-arguments.ts'
import { runRequestOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performPlan(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  refuseUnwritable('out', given.out)
  const { plan, sql } = await engine.call('planOnly', runRequestOf(given, world))
  const text = given.sql ? sql : given.json ? JSON.stringify(plan, null, 2) : planLines(plan).join('\n')
  if (given.out !== null && /\.ya?ml$/i.test(given.out) && !given.sql) {
    writeOutput('out', given.out, await engine.call('writePlan', { plan }))
  } else if (given.out === null) world.print(text)
  else writeOutput('out', given.out, `${text}\n`)
  return plan.findings.some((finding) => finding.severity === 'error') ? exitCodes.plan : exitCodes.ok
}
