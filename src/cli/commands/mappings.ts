/** The built-in mappings, as files to start one's own from. */
import { type EngineThread, exitCodes, MigrateError } from '../../engine/door/index.ts'
import { refuseUnwritable, writeOutput } from '../output-file.ts'
import type { Arguments } from '../parse-arguments.ts'
import type { World } from '../world.ts'

export async function performMappings(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const [action, name = 'gpt-trader'] = given.rest
  if (action !== 'show' || name !== 'gpt-trader') {
    const what =
      action === 'show' ? `There is no mapping "${name}" to show.` : 'mappings takes show and a name.'
    throw new MigrateError('usage', 'unknown-command', what, { hint: 'gpt-migrate mappings show gpt-trader' })
  }
  refuseUnwritable('out', given.out)
  const text = await engine.call('showMapping', { name })
  if (given.out === null) world.print(text.trimEnd())
  else writeOutput('out', given.out, text)
  return exitCodes.ok
}
