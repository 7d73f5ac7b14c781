/** Makes sample databases for trials, in a folder of their own. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createSampleDatabases } from '../../demo/sample-databases.ts'
import { type RunContext, runPhase } from '../../events/run-context.ts'
import { MigrateError } from '../../model/errors.ts'

/** Fixed, so that the rows are the same every time. */
const sampleSeed = 20250814

/**
 * Makes the samples, as a phase of its own, unless they exist. Returns the folder of the databases. Throws `demo-folder-in-use` when that
 * folder holds other files.
 */
export async function makeSamples(
  request: { readonly folder: string; readonly rows: number },
  context: RunContext,
): Promise<string> {
  const folder = join(resolve(request.folder), 'databases')
  if (existsSync(join(folder, 'trading.db'))) return folder
  await writeSamples(folder, request.rows, context)
  return folder
}

/** Writes the databases into an empty or new folder. Throws `demo-folder-in-use` for any other. */
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
