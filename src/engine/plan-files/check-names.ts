/**
 * Checks a mapping file's names and SQL against the snapshots. Invariant: when it returns, every source table and column that the file
 * names exists, and every expression can be run on its rows.
 */
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import type { TargetMapping } from '../model/mapping.ts'
import { assignTables, fileName } from '../plan/mapped/assign-tables.ts'
import { findColumn } from '../plan/mapped/match-columns.ts'
import { refusalOfExpression } from '../source/base/check-expression.ts'
import { clip, refuse } from './check-file.ts'
import { designedOf, type MappingFile, refuseUnknown, unknownName } from './read-mapping.ts'
import type { FilePath } from './yaml-file.ts'

/** `roles`: for each database, the mapping's database that the user chose for it. */
export function checkNames(
  file: MappingFile,
  catalogs: readonly Catalog[],
  roles: ReadonlyMap<string, string>,
): void {
  const { mapping, read } = file
  const databases = Object.keys(mapping.databases)
  const used = new Set<string>()
  for (const catalog of catalogs) {
    const role = roles.get(catalog.database) ?? nameIn(databases, fileName(catalog.database))
    if (role === null || !Object.hasOwn(mapping.databases, role)) continue
    used.add(role)
    const words = mapping.databases[role]!.tables
    const assigned = assignTables(words, catalog)
    for (const [name, table] of Object.entries(words)) {
      const at: FilePath = ['databases', role, 'tables', name]
      const source = assigned.get(name)
      if (source === undefined) {
        const tables = catalog.tables.map((known) => known.name)
        throw unknownName(read, at, name, tables, `${catalog.database} has no table`, 'key')
      } else if ('target' in table) checkColumns(file, at, table, source)
    }
  }
  const [unused] = databases.filter((role) => !used.has(role))
  if (unused !== undefined && used.size === 0 && catalogs.length > 0) {
    const found = catalogs.map(({ database }) => fileName(database))
    throw unknownName(read, ['databases', unused], unused, found, 'Among the sources is no file', 'key')
  }
}

function nameIn(names: readonly string[], wanted: string): string | null {
  return names.find((name) => name.toLowerCase() === wanted.toLowerCase()) ?? null
}

function checkColumns(file: MappingFile, at: FilePath, words: TargetMapping, source: CatalogTable): void {
  const { read, mapping, trusted } = file
  const names = source.columns.map(({ name }) => name)
  const what = `${source.name} has no column`
  for (const list of ['rename', 'leaveOut'] as const) {
    for (const name of Object.keys(words[list] ?? {})) {
      refuseUnknown(read, [...at, list, name], name, names, what, 'key')
    }
  }
  const run = (place: FilePath, sql: string): void => {
    const reason = refusalOfExpression(sql, { table: source.name, columns: names }, trusted)
    if (reason !== null)
      throw refuse(read.place(place), `"${clip(sql)}" cannot be run on ${source.name}: ${reason}`)
  }
  if (words.filter !== undefined) run([...at, 'filter'], words.filter)
  const isDesigned = designedOf(mapping, words.target) !== null
  for (const [name, column] of Object.entries(words.columns ?? {})) {
    const place = [...at, 'columns', name]
    const { expression, constant, aliases = [], orElse = [] } = column
    if (expression !== undefined) run([...place, 'expression'], expression)
    if (isDesigned) continue
    const isGiven = expression !== undefined || constant !== undefined
    if (isGiven && column.type === undefined) {
      throw refuse(read.place(place, 'key'), `${words.target}.${name} has no type`, 'Give one: type: text')
    }
    if (isGiven) continue
    const renamed = Object.values(words.rename ?? {}).includes(name)
    const isThere = [name, ...aliases, ...orElse].some((one) => findColumn(source, one, new Set()) !== null)
    if (!renamed && !isThere && column.identity === undefined)
      throw unknownName(read, place, name, names, what, 'key')
  }
}
