/** Serves the embedded server of an earlier run. */

import { MigrateError } from '../../model/errors.ts'
import { isEmbeddedFolder, passwordFileOf, startEmbedded } from '../../target/server/embedded.ts'
import { embeddedDatabase } from '../connect/open-target.ts'

/** Restarts the embedded server in a folder and leaves it running. Returns its URL without the password. */
export async function serveEmbedded(request: {
  readonly folder: string
  readonly port: number | null
}): Promise<{ url: string; pid: number; passwordFile: string }> {
  const { folder, port } = request
  if (!isEmbeddedFolder(folder)) {
    throw new MigrateError('usage', 'not-a-server-folder', `${folder} holds no embedded server.`, {
      hint: 'Name the folder that a run with --target embedded:DIR made.',
    })
  }
  const server = await startEmbedded({ folder, ...(port === null ? {} : { port }) })
  const url = new URL(server.url)
  url.pathname = `/${embeddedDatabase}`
  url.password = ''
  return { url: url.href, pid: server.pid, passwordFile: passwordFileOf(folder) }
}
