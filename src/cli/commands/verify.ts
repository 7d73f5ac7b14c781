/** An earlier run's target compared with its snapshots again. */

import { type EngineThread, exitCodes } from '../../engine/door/index.ts'
import { verifyLines } from '../../faces/verify-lines.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, targetChoiceOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performVerify(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  refuseUnnamedTarget(given, world)
  const { run, jobs, verifyLevel, repair } = given
  const answer = await engine.call('verifyAgain', {
    target: targetChoiceOf(given, world),
    run,
    jobs,
    level: verifyLevel,
    repair,
  })
  for (const line of given.json ? [JSON.stringify(answer)] : verifyLines(answer)) world.print(line)
  return answer.ok ? exitCodes.ok : exitCodes.verify
}
