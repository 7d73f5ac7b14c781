/** Takes a run back: what it created is removed, and nothing else. */
import { type EngineThread, exitCodes } from '../../engine/door/index.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, targetChoiceOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performRollback(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  refuseUnnamedTarget(given, world)
  const { run, force } = given
  const done = await engine.call('rollBack', { target: targetChoiceOf(given, world), run, force })
  if (given.json) {
    world.print(JSON.stringify(done))
    return exitCodes.ok
  }
  const tables = done.removed.filter((object) => object.kind === 'table').length
  world.print(
    `Rolled back run ${done.run}: ${tables} tables and ${done.removed.length - tables} other objects removed.`,
  )
  for (const { object, reason } of done.kept) world.print(`  kept ${object.kind} ${object.name}: ${reason}`)
  return exitCodes.ok
}
