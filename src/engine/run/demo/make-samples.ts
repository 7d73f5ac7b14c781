/** Sample databases for trials, in a folder of their own. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createSampleDatabases } from '../../demo/sample-databases.ts'
import { type RunContext, runPhase } from '../../events/run-context.ts'
import { MigrateError } from '../../model/errors.ts'

/** The same rows every time. */
const sampleSeed = 20250814

/** A phase of its own. Returns the folder of the databases. One that holds samples already is taken as it is; any other with files in it is refused. */
export async function makeSamples(
  request: { readonly folder: string; readonly rows: number },
  context: RunContext,
): Promise<string> {
  const folder = join(resolve(request.folder), 'databases')
  if (existsSync(join(folder, 'trading.db'))) return folder
  await writeSamples(folder, request.rows, context)
  return folder
}

/** Writes the databases into a folder that is empty, or not there yet; any other is refused. */
export async function writeSamples(folder: string, rows: number, context: RunContext): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new MigrateError('usage', 'demo-folder-in-use', `The folder ${folder} is not empty.`, {
      hint: 'Remove it, or name another one with --folder DIR.',
    })
  }
  return runPhase(context, 'samples', rows, 'row', async (progress) => {
    createSampleDatabases({
      folder,
      rows,
      seed: sampleSeed,
      onProgress: (done) => progress(Math.min(done, rows)),
    })
  })
}
