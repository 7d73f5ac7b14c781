/** The runs that the target's journal knows. */
import { type EngineThread, exitCodes } from '../../engine/door/index.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, targetChoiceOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performStatus(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  refuseUnnamedTarget(given, world)
  const runs = await engine.call('listRuns', { target: targetChoiceOf(given, world) })
  if (given.json) {
    world.print(JSON.stringify(runs))
    return exitCodes.ok
  }
  if (runs.length === 0) world.print('The target holds no run of gpt-migrate.')
  for (const { run, status, startedAt, finishedAt, programVersion } of runs) {
    const end = finishedAt === null ? 'not finished' : `finished ${finishedAt}`
    world.print(`${run}  ${status}  started ${startedAt}  ${end}  gpt-migrate ${programVersion}`)
  }
  return exitCodes.ok
}
