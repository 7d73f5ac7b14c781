/**
 * Sorts the tables of all files: mapped, folded, left out, or for the automatic mapping. Invariant: each is in one of these groups, and
 * what the mapping expects but no database has is a finding.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import type { Census, TableCensus } from '../../model/census.ts'
import { MigrateError } from '../../model/errors.ts'
import type { FoldMapping } from '../../model/mapping.ts'
import { tableIdOf } from '../../model/plan.ts'
import { exclusionOf } from '../automatic/auto-fates.ts'
import type { OtherTable, Planning, SentTable, SourceTable } from '../base/planning.ts'
import { assignTables } from './assign-tables.ts'

export type Child = SourceTable & {
  readonly planning: Planning
  readonly mapping: FoldMapping
  readonly role: string
  readonly parentTable: string
}

type SortedTables = {
  readonly mapped: SentTable[]
  readonly children: Child[]
  readonly others: OtherTable[]
  readonly excluded: {
    readonly tableId: string
    readonly database: string
    readonly table: string
    readonly reason: string
  }[]
}

/** Throws MigrateErrors `no-such-target` and `target-taken`. */
export function sortTables(planning: Planning, roles: ReadonlyMap<string, string | null>): SortedTables {
  const sorted: SortedTables = { mapped: [], children: [], others: [], excluded: [] }
  for (const catalog of planning.catalogs) {
    const { database } = catalog
    const role = roles.get(database) ?? null
    const words = role === null ? {} : (planning.mapping.databases[role]?.tables ?? {})
    const assigned = assignTables(words, catalog)
    const names = new Map([...assigned].map(([name, table]) => [table.name, name]))
    for (const table of catalog.tables) {
      const tableId = tableIdOf(database, table.name)
      const name = names.get(table.name)
      const mapping = name === undefined ? undefined : words[name]
      const reason =
        exclusionOf(planning, database, table.name) ??
        (mapping !== undefined && 'exclude' in mapping ? mapping.exclude : null)
      if (reason !== null) {
        sorted.excluded.push({ tableId, database, table: table.name, reason })
        continue
      }
      const known = censusOf(planning, database, table.name)
      if (role === null || name === undefined || mapping === undefined || known === null) {
        sorted.others.push({ database, table: table.name })
        continue
      }
      const source = { planning, tableId, database, table, census: known }
      if ('target' in mapping) {
        const draft = planning.drafts.get(mapping.target)
        if (draft === undefined) {
          throw new MigrateError(
            'plan',
            'no-such-target',
            `The mapping sends ${tableId} to ${mapping.target}, which it does not define.`,
          )
        }
        if (sorted.mapped.some((other) => other.draft === draft)) {
          throw new MigrateError('plan', 'target-taken', `The mapping sends two tables to ${mapping.target}.`)
        }
        sorted.mapped.push({ ...source, role, roleTable: name, mapping, draft })
      } else if ('fold' in mapping) {
        sorted.children.push({ ...source, mapping, role, parentTable: mapping.fold.into })
      }
    }
    if (role !== null) reportMissingTables(planning, database, role, assigned)
  }
  reportMissingFiles(planning, roles)
  return sorted
}

const tablesByName = new WeakMap<Census, ReadonlyMap<string, TableCensus>>()

export function censusOf(planning: Planning, database: string, table: string): TableCensus | null {
  const census = planning.censuses.get(database)
  if (census === undefined) return null
  const byName = tablesByName.get(census) ?? new Map(census.tables.map((one) => [one.table, one]))
  tablesByName.set(census, byName)
  return byName.get(table) ?? null
}

function reportMissingTables(
  planning: Planning,
  database: string,
  role: string,
  assigned: ReadonlyMap<string, CatalogTable>,
): void {
  for (const name of Object.keys(planning.mapping.databases[role]?.tables ?? {})) {
    if (assigned.has(name)) continue
    planning.notes.find({
      severity: 'warning',
      code: 'missing-table',
      message: `${database} has no table ${name}; what the plan has for it is created empty.`,
      database,
      table: name,
    })
  }
}

function reportMissingFiles(planning: Planning, roles: ReadonlyMap<string, string | null>): void {
  const present = new Set(roles.values())
  for (const [role, { tables }] of Object.entries(planning.mapping.databases)) {
    if (present.has(role)) continue
    planning.notes.find({
      severity: planning.options.allowMissing ? 'warning' : 'error',
      code: 'missing-database',
      message: `${role} was not found; its tables (${Object.keys(tables).join(', ')}) would be created empty, and references into it would be orphans.`,
      hint: `Name the file with --as FILE=${role}, or continue without it with --allow-missing.`,
      database: role,
    })
  }
}
