/** Starts the embedded server of a folder again and leaves it running. */

import { exitCodes, printableJson, shellWord } from '../../engine/door/index.ts'
import { defineCommand } from '../command.ts'
import { take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'

export const serve = defineCommand({
  name: 'serve',
  purpose: 'start the embedded server kept in DIR again',
  operands: [{ shown: 'DIR', completes: 'folders' }],
  options: take('port', 'json'),
  examples: [
    { line: 'gpt-migrate serve gpt-migrate-demo/postgres', does: "the demo's server, on a free port" },
    { line: 'gpt-migrate serve .gpt-migrate/postgres --port 5433', does: 'the server of --target embedded' },
  ],
  exitCodes: { ok: 'the server accepts connections', target: true },
  async perform({ values: { port, json }, operands: [folder], engine, world }) {
    if (folder === undefined) {
      throw usageError(
        'folder-missing',
        'serve needs the folder of an embedded server.',
        'gpt-migrate serve gpt-migrate-demo/postgres',
      )
    }
    const { url, pid, passwordFile } = await engine.call('serve', { folder, port })
    const connect = `PGPASSFILE=${shellWord(passwordFile)} psql ${shellWord(url)}`
    const lines = [url, `Connect  ${connect}`, `Stop     kill -INT ${pid}`]
    for (const line of json ? [printableJson({ url, pid, passwordFile })] : lines) world.print(line)
    return exitCodes.ok
  },
})
