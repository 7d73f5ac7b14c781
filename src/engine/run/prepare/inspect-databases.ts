/** Inspects databases without a target, down to the values: snapshots, catalogs and censuses. */

import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RunContext } from '../../events/run-context.ts'
import type { Inspection } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import { shellWord } from '../../model/shell-word.ts'
import type { Discovery } from '../../model/snapshot.ts'
import { discover } from '../../source/discover/discover.ts'
import { createRunFolder } from '../../source/files/work-folder.ts'
import { chooseDatabases } from './choose-databases.ts'
import { examineSources } from './examine-sources.ts'

export async function inspectDatabases(
  request: { readonly sources: readonly string[]; readonly workFolder: string; readonly salvage: boolean },
  context: RunContext,
): Promise<Inspection> {
  const { sources, workFolder, salvage } = request
  const discovery = await discover(sources, { salvage })
  if (!salvage) refuseUnreadableNamed(sources, discovery)
  const hint = 'Name a file or a folder: gpt-migrate inspect PATH.'
  const databases = chooseDatabases(discovery, { ...request, hint })
  const { folder } = createRunFolder(workFolder)
  const { catalogs, censuses } = await examineSources({ databases, folder, salvage }, context)
  return { discovery, catalogs, censuses }
}

/** Throws for a named file that cannot be read; unreadable files met while searching are only listed. */
function refuseUnreadableNamed(sources: readonly string[], { databases }: Discovery): void {
  const named = new Set(sources.map(realPath))
  for (const { path, health } of databases) {
    if (!named.has(path)) continue
    if (health.kind === 'unreadable') throw new MigrateError('source', health.code, health.detail)
    if (health.kind === 'damaged') {
      throw new MigrateError('source', 'database-corrupt', `${path} is damaged: ${health.detail}`, {
        hint: `What can be read of it: gpt-migrate inspect --salvage ${shellWord(path)}`,
      })
    }
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
