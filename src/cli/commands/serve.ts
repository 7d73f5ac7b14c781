/** Starts the embedded server of a folder again and leaves it running. */
import { type EngineThread, exitCodes, MigrateError } from '../../engine/door/index.ts'
import type { Arguments } from '../parse-arguments.ts'
import type { World } from '../world.ts'

export async function performServe(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  const [folder] = given.rest
  if (folder === undefined) {
    throw new MigrateError('usage', 'folder-missing', 'serve needs the folder of an embedded server.', {
      hint: 'gpt-migrate serve gpt-migrate-demo/postgres',
    })
  }
  const { url, pid } = await engine.call('serve', { folder, port: given.port })
  world.print(
    given.json
      ? JSON.stringify({ url, pid })
      : `${url}\nServing in the background (process ${pid}); stop it with: kill -INT ${pid}`,
  )
  return exitCodes.ok
}
