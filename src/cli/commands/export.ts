/** The way back: the target's data as SQLite databases in the old layout. */
import { type EngineThread, exitCodes, MigrateError } from '../../engine/door/index.ts'
import { exportLines } from '../../faces/export-lines.ts'
import type { Arguments } from '../parse-arguments.ts'
import { refuseUnnamedTarget, targetChoiceOf } from '../requests.ts'
import type { World } from '../world.ts'

export async function performExport(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const { toSqlite: folder, run } = given
  if (folder === null) {
    throw new MigrateError('usage', 'no-folder', 'export needs a folder to write to.', {
      hint: 'Name one that is empty or not there yet: gpt-migrate export --to-sqlite DIR.',
    })
  }
  refuseUnnamedTarget(given, world)
  const answer = await engine.call('exportToSqlite', { target: targetChoiceOf(given, world), run, folder })
  for (const line of given.json ? [JSON.stringify(answer)] : exportLines(answer)) world.print(line)
  return answer.unwrittenCount === 0 ? exitCodes.ok : exitCodes.verify
}
