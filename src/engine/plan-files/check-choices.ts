/**
 * Checks the names that the user typed against the databases found. Invariant: an unknown name is refused, with the closest known one as a
 * suggestion: a misspelt `--exclude` would move the table, and a misspelt `--as` would leave a file to another mapping.
 */
import type { Catalog } from '../model/catalog.ts'
import { MigrateError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { tableIdOf } from '../model/plan.ts'

/** Throws a usage error for an excluded table that no database has. */
export function refuseUnknownTables(exclude: readonly string[], catalogs: readonly Catalog[]): void {
  const known = catalogs.flatMap(({ database, tables, views }) =>
    [...tables, ...views].flatMap(({ name }) => [name, `${database}/${name}`, tableIdOf(database, name)]),
  )
  for (const name of exclude) {
    if (known.includes(name)) continue
    throw unmatched('exclude', name, 'no database has such a table', known)
  }
}

/** Throws a usage error for an unknown file, or for a database that the mapping does not have. `roles`: the mapping's databases. */
export function refuseUnknownRoles(
  as: Readonly<Record<string, string>>,
  files: readonly { readonly database: string; readonly path: string }[],
  /** Null when the mapping has no databases of its own. */
  roles: readonly string[] | null,
): void {
  for (const [file, role] of Object.entries(as)) {
    if (!files.some((found) => isFileNamed(found, file)))
      throw unmatched(
        'as',
        file,
        'no such file was found',
        files.flatMap(({ database, path }) => [database, path]),
      )
    if (roles !== null && !roles.some((known) => known.toLowerCase() === role.toLowerCase()))
      throw unmatched('as', role, 'the mapping has no such database', roles)
  }
}

/** Whether `name` means this file: its path, the end of its path, or the database's name. */
export function isFileNamed(
  found: { readonly database: string; readonly path: string },
  name: string,
): boolean {
  return found.database === name || found.path === name || found.path.endsWith(`/${name}`)
}

function unmatched(option: string, name: string, why: string, known: readonly string[]): MigrateError {
  const ignoringCase = known.find((one) => one.toLowerCase() === name.toLowerCase())
  const close = ignoringCase ?? nearest(name, known)
  const names = [...new Set(known)].slice(0, 8).join(', ')
  return new MigrateError('usage', 'name-unmatched', `--${option} names ${JSON.stringify(name)}: ${why}.`, {
    hint: close === null ? `There are: ${names}.` : `Did you mean ${JSON.stringify(close)}?`,
  })
}
