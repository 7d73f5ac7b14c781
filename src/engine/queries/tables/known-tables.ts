/** The tables that statements name, in the source and in the target. */
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { Conversion } from '../../model/conversion.ts'
import { type CopyPlan, type Plan, type TablePlan, tableIdOf, targetTableOf } from '../../model/plan.ts'
import type { TableName } from '../../model/target-schema.ts'
import { foldName } from '../../syntax/sqlite-names.ts'
import { isNameToken } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'

export type KnownColumn = {
  readonly name: string
  readonly affinity: CatalogTable['columns'][number]['affinity']
  readonly collation: string
  /** In the source, the column cannot hold NULL. */
  readonly notNull: boolean
  /** The column alone is a key, so that no two rows share a value. */
  readonly isUnique: boolean
  /** Null when the plan has no column for it. */
  readonly target: { readonly name: string; readonly type: string; readonly conversion: Conversion } | null
}

export type KnownTable = {
  readonly database: string
  readonly name: string
  readonly catalog: CatalogTable
  readonly columns: readonly KnownColumn[]
  /** By name, as `foldName` returns it. */
  readonly columnsByName: ReadonlyMap<string, KnownColumn>
  readonly plan: TablePlan
  /** Null when its rows are not rows of a target table. */
  readonly copied: { readonly target: TableName; readonly copy: CopyPlan } | null
}

export type KnownDatabase = {
  readonly database: string
  readonly catalog: Catalog
  readonly tables: readonly KnownTable[]
}

export function knownDatabases(plan: Plan, catalogs: readonly Catalog[]): KnownDatabase[] {
  const plans = new Map(plan.tables.map((table) => [table.id, table]))
  return catalogs.map((catalog) => ({
    database: catalog.database,
    catalog,
    tables: catalog.tables.flatMap((table) => {
      const planned = plans.get(tableIdOf(catalog.database, table.name))
      return planned === undefined ? [] : [knownTable(plan, planned, table)]
    }),
  }))
}

function knownTable(plan: Plan, planned: TablePlan, catalog: CatalogTable): KnownTable {
  const { fate } = planned
  const copied =
    fate.kind === 'copy' && fate.copy.pivot === null ? { target: fate.copy.target, copy: fate.copy } : null
  const unique = new Set(
    [
      catalog.primaryKey,
      ...catalog.indexes
        .filter(({ unique, partial }) => unique && !partial)
        .map(({ columns }) => columns.map(({ name }) => name ?? '')),
    ].flatMap((columns) => (columns.length === 1 ? columns : [])),
  )
  const rowid = catalog.key.kind === 'rowid' ? catalog.key.column : null
  const target = copied === null ? null : targetTableOf(plan, copied.target)
  const columns = catalog.columns.map((column): KnownColumn => {
    const carried = copied === null ? [] : [...copied.copy.columns, ...(copied.copy.computed ?? [])]
    const found = carried.find(({ from }) => from.kind === 'column' && from.column === column.name)
    const type = target?.columns.find(({ name }) => name === found?.target)?.type
    return {
      name: column.name,
      affinity: column.affinity,
      collation: column.collation,
      notNull: column.notNull || column.name === rowid,
      isUnique: unique.has(column.name),
      target:
        found?.from.kind === 'column' && type !== undefined
          ? { name: found.target, type, conversion: found.from.conversion }
          : null,
    }
  })
  const columnsByName = new Map(columns.map((column) => [foldName(column.name), column]))
  return {
    database: planned.database,
    name: catalog.name,
    catalog,
    columns,
    columnsByName,
    plan: planned,
    copied,
  }
}

/** Returns the tables that the statement's words name, including the tables of views, in the order of the catalog. */
export function tablesIn(sql: string, { catalog, tables }: KnownDatabase): KnownTable[] {
  const seen = new Set<string>()
  const views = new Map(catalog.views.map((view) => [foldName(view.name), view]))
  const look = (text: string): void => {
    for (const { text: name } of tokensOf(text).filter(isNameToken)) {
      const folded = foldName(name)
      if (seen.has(folded)) continue
      seen.add(folded)
      const view = views.get(folded)
      if (view !== undefined) look(view.sql)
    }
  }
  look(sql)
  return tables.filter(({ name }) => seen.has(foldName(name)))
}

/** Returns the views that the statement's words name. */
export function viewsIn(sql: string, { catalog }: KnownDatabase): string[] {
  const names = new Set(
    tokensOf(sql)
      .filter(isNameToken)
      .map(({ text }) => foldName(text)),
  )
  return catalog.views.map(({ name }) => name).filter((name) => names.has(foldName(name)))
}

export function columnNamed(table: KnownTable, name: string): KnownColumn | undefined {
  return table.columnsByName.get(foldName(name))
}
