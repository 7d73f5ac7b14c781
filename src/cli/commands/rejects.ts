/** The rows in quarantine: listed for people, exported as JSON lines, or tried again. */

import { type EngineThread, exitCodes, MigrateError } from '../../engine/door/index.ts'
import { rejectLines, retryLines } from '../../faces/reject-lines.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, targetChoiceOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performRejects(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const [action = 'list', file = null] = given.rest
  if (action !== 'list' && action !== 'export' && action !== 'retry') {
    throw new MigrateError(
      'usage',
      'unknown-command',
      `rejects takes list, export or retry, not "${action}".`,
      {
        hint: 'See gpt-migrate --help.',
      },
    )
  }
  refuseUnnamedTarget(given, world)
  if (action === 'retry') {
    const answer = await engine.call('retryRejects', {
      target: targetChoiceOf(given, world),
      run: given.run,
      file,
    })
    for (const line of given.json ? [JSON.stringify(answer)] : retryLines(answer)) world.print(line)
    return answer.left.length === 0 ? exitCodes.ok : exitCodes.quarantined
  }
  const { run, entries } = await engine.call('listRejects', {
    target: targetChoiceOf(given, world),
    run: given.run,
  })
  const asJson = given.json || action === 'export'
  for (const line of asJson ? entries.map((entry) => JSON.stringify(entry)) : rejectLines(run, entries))
    world.print(line)
  return exitCodes.ok
}
