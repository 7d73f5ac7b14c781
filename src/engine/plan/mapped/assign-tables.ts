/**
 * Assigns files to the databases of the mapping (roles), and source tables to its tables. Invariant: a role has one file at most, and a
 * table of the mapping one source table at most.
 */
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { Mapping, TableMapping } from '../../model/mapping.ts'
import type { Notes } from '../base/findings.ts'
import { plainName } from '../base/planning.ts'

/** Returns database → role, null for a file that the mapping doesn't know. `named`: the user's choice (`--as`), file → role. */
export function assignRoles(
  mapping: Mapping,
  catalogs: readonly Catalog[],
  named: ReadonlyMap<string, string>,
  notes: Notes,
): ReadonlyMap<string, string | null> {
  const roles = new Map<string, string | null>(catalogs.map(({ database }) => [database, null]))
  for (const role of Object.keys(mapping.databases)) {
    const byOption = catalogs.filter(({ database }) => named.get(database) === role)
    const byName = catalogs.filter(({ database }) => !named.has(database) && isFileOf(role, database))
    const candidates = byOption.length > 0 ? byOption : byName
    const chosen = candidates
      .map((catalog) => ({ catalog, known: knownTables(mapping, role, catalog) }))
      .sort(
        (a, b) =>
          b.known - a.known ||
          a.catalog.database.length - b.catalog.database.length ||
          (a.catalog.database < b.catalog.database ? -1 : 1),
      )[0]?.catalog
    if (chosen === undefined) continue
    roles.set(chosen.database, role)
    for (const { database } of [...byOption, ...byName]) {
      if (database === chosen.database) continue
      notes.find({
        severity: 'warning',
        code: 'role-taken',
        message: `${database} is not taken as ${role}, because ${chosen.database} is; its tables go into a schema of their own.`,
        hint: `Name the right file with --as ${database}=${role}.`,
        database,
      })
    }
  }
  return roles
}

/** Whether the file has the role's name, or is a dump of such a file, as `trading.sql` and `trading.db.sql.gz` are of `trading.db`. */
export function isFileOf(role: string, database: string): boolean {
  const [file, wanted] = [fileName(database).toLowerCase(), role.toLowerCase()]
  const dumped = file.replace(/\.(?:sql|dump)(?:\.gz)?$/, '')
  return file === wanted || (dumped !== file && [wanted, wanted.replace(/\.[^.]+$/, '')].includes(dumped))
}

export function fileName(database: string): string {
  return database.slice(Math.max(database.lastIndexOf('/'), database.lastIndexOf('\\')) + 1)
}

function knownTables(mapping: Mapping, role: string, catalog: Catalog): number {
  return assignTables(mapping.databases[role]?.tables ?? {}, catalog).size
}

/** Returns name in the mapping → source table, which is found by this name or else by an alias. */
export function assignTables(
  tables: Readonly<Record<string, TableMapping>>,
  catalog: Catalog,
): ReadonlyMap<string, CatalogTable> {
  const ordinary = catalog.tables.filter(({ kind }) => kind === 'table')
  const taken = new Set<string>()
  const assigned = new Map<string, CatalogTable>()
  const take = (name: string, wanted: string): void => {
    const free = ordinary.filter((table) => !taken.has(table.name))
    const found =
      free.find((table) => table.name === wanted) ??
      free.find((table) => plainName(table.name) === plainName(wanted))
    if (found === undefined) return
    taken.add(found.name)
    assigned.set(name, found)
  }
  for (const name of Object.keys(tables)) take(name, name)
  for (const [name, { aliases = [] }] of Object.entries(tables)) {
    for (const alias of aliases) if (!assigned.has(name)) take(name, alias)
  }
  return assigned
}
