/** What is in the databases, down to the values, without a target: snapshots, catalogs and censuses. */

import type { RunContext } from '../events/run-context.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Census } from '../model/census.ts'
import { MigrateError } from '../model/errors.ts'
import type { Discovery } from '../model/snapshot.ts'
import { discover } from '../source/discover/discover.ts'
import { createRunFolder } from '../source/files/work-folder.ts'
import { lookInto } from './prepare.ts'
import { chooseDatabases } from './run-all.ts'

export type Inspection = {
  readonly discovery: Discovery
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
}

export async function inspectDatabases(
  request: { readonly sources: readonly string[]; readonly workFolder: string; readonly salvage: boolean },
  context: RunContext,
): Promise<Inspection> {
  const { sources, workFolder, salvage } = request
  const discovery = await discover(sources, { salvage })
  const databases = chooseDatabases(discovery, salvage)
  if (databases.length === 0) {
    throw new MigrateError(
      'source',
      'no-database',
      `No SQLite database was found in ${sources.join(', ')}.`,
      {
        hint: 'Name a file or a folder.',
      },
    )
  }
  const { folder } = createRunFolder(workFolder)
  const { catalogs, censuses } = await lookInto({ databases, folder, salvage }, context)
  return { discovery, catalogs, censuses }
}
