/** Which of the databases that were found are moved. */
import { MigrateError } from '../../model/errors.ts'
import type { Discovery, FoundDatabase } from '../../model/snapshot.ts'

/** Returns the usable databases among those found in `sources`. Throws `no-database` when there is none. */
export function chooseDatabases(
  discovery: Discovery,
  {
    sources,
    salvage,
    hint,
  }: { readonly sources: readonly string[]; readonly salvage: boolean; readonly hint: string },
): { database: string; path: string }[] {
  const chosen = discovery.databases
    .filter(({ health }) => usable.has(health.kind) || (salvage && health.kind === 'damaged'))
    .map(({ database, path }) => ({ database, path }))
  if (chosen.length > 0) return chosen
  throw new MigrateError('source', 'no-database', `No SQLite database was found in ${sources.join(', ')}.`, {
    hint,
  })
}

const usable: ReadonlySet<FoundDatabase['health']['kind']> = new Set(['ok', 'unchecked', 'empty'])
