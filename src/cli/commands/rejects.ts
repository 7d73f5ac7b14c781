/** The rows in quarantine: listed for people, or exported as JSON lines. */

import { type EngineThread, exitCodes, MigrateError } from '../../engine/index.ts'
import { rejectLines } from '../../faces/reject-lines.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, targetChoiceOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performRejects(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const [action = 'list'] = given.rest
  if (action !== 'list' && action !== 'export') {
    throw new MigrateError('usage', 'unknown-command', `rejects takes list or export, not "${action}".`, {
      hint: 'See gpt-migrate --help.',
    })
  }
  refuseUnnamedTarget(given, world)
  const { run, entries } = await engine.call('listRejects', {
    target: targetChoiceOf(given, world),
    run: given.run,
  })
  const asJson = given.json || action === 'export'
  for (const line of asJson ? entries.map((entry) => JSON.stringify(entry)) : rejectLines(run, entries))
    world.print(line)
  return exitCodes.ok
}
