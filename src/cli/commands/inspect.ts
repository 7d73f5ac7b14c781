/** What is in the databases, down to the values. */

import { type EngineThread, exitCodes } from '../../engine/door/index.ts'
import { inspectionLines } from '../../faces/inspection-lines.ts'
import type { Arguments } from '../parse-arguments.ts'
import type { World } from '../world.ts'

export async function performInspect(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const sources = given.sources.length === 0 ? ['.'] : given.sources
  const inspection = await engine.call('inspect', {
    sources,
    salvage: given.salvage,
    workFolder: given.workFolder,
  })
  for (const line of given.json ? [JSON.stringify(inspection)] : inspectionLines(inspection))
    world.print(line)
  return exitCodes.ok
}
