/** Sample databases for trials, in a folder of their own. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createSampleDatabases } from '../demo/sample-databases.ts'
import { MigrateError } from '../model/errors.ts'

/** The same rows every time. */
export const sampleSeed = 20250814

/** Returns the folder of the databases. One that holds samples already is taken as it is; any other with files in it is refused. */
export function makeSamples(request: { readonly folder: string; readonly rows: number }): string {
  const folder = join(resolve(request.folder), 'databases')
  const names = existsSync(folder) ? readdirSync(folder) : []
  if (names.includes('trading.db')) return folder
  if (names.length > 0) {
    throw new MigrateError('usage', 'demo-folder-in-use', `The folder ${folder} is not empty.`, {
      hint: 'Remove it, or name another one with --folder DIR.',
    })
  }
  createSampleDatabases({ folder, rows: request.rows, seed: sampleSeed })
  return folder
}
