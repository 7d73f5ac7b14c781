/**
 * Child tables that become JSON in their parent's rows. Invariant: a table is folded only when its rows name rows of a parent that is
 * copied; else it becomes a table of its own.
 */
import type { CatalogTable } from '../model/catalog.ts'
import type { TableCensus } from '../model/census.ts'
import type { FoldMapping } from '../model/mapping.ts'
import type { FoldPlan } from '../model/plan.ts'
import type { MappedTable, Planning } from './planning.ts'
import { plainName, rowName } from './planning.ts'
import { findOrphans, type Orphans, quoteIdentifier } from './questions.ts'

export type PlannedFold = { readonly fold: FoldPlan; readonly orphans: Orphans }

/** How the child's rows find their parents; null when no column of it names any. */
export function planFold(
  planning: Planning,
  tableId: string,
  child: CatalogTable,
  census: TableCensus,
  mapping: FoldMapping,
  parent: MappedTable,
): PlannedFold | null {
  const { database } = parent
  let best: PlannedFold | null = null
  for (const [childColumn, parentColumn] of pairsOf(child, mapping, parent)) {
    const fold: FoldPlan = {
      tableId,
      table: child.name,
      columns: child.columns.map(({ name }) => name),
      childColumn,
      parentColumn,
    }
    if (census.rows === 0) return { fold, orphans: { rows: 0, samples: [] } }
    const orphans = findOrphans(
      planning.queries,
      { database, table: child.name, sql: quoteIdentifier(childColumn) },
      { database, table: parent.table.name, sql: quoteIdentifier(parentColumn) },
      rowName(child),
      'sqlite',
    )
    const nulls = census.columns.find(({ name }) => name === childColumn)?.nulls ?? 0
    const all = { rows: orphans.rows + nulls, samples: orphans.samples }
    if (all.rows < census.rows && (best === null || all.rows < best.orphans.rows))
      best = { fold, orphans: all }
    if (all.rows === 0) break
  }
  return best
}

/** Pairs of a child's column and the parent's column that it may hold, the likeliest first. */
function pairsOf(
  child: CatalogTable,
  { fold }: FoldMapping,
  parent: MappedTable,
): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = []
  for (const key of child.foreignKeys) {
    if (key.columns.length !== 1 || plainName(key.table) !== plainName(parent.table.name)) continue
    for (const parentColumn of key.parentColumns) pairs.push([key.columns[0]!, parentColumn])
  }
  const named = (table: CatalogTable, name: string): string | undefined =>
    table.columns.find((column) => plainName(column.name) === plainName(name))?.name
  for (const name of [...fold.by, `${parent.table.name}_id`]) {
    const childColumn = named(child, name)
    if (childColumn === undefined) continue
    const parents = [name, parent.identity.column, 'id', ...parent.table.primaryKey, ...fold.by]
    for (const parentName of parents) {
      const parentColumn = parentName === null ? undefined : named(parent.table, parentName)
      if (parentColumn !== undefined) pairs.push([childColumn, parentColumn])
    }
  }
  return pairs.filter(([a, b], index) => pairs.findIndex(([c, d]) => a === c && b === d) === index)
}
