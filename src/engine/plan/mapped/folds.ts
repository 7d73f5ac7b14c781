/**
 * Child tables that become JSON in their parent's rows. Invariant: a table is folded only when its rows reference rows of a parent that
 * is copied; else it becomes a table of its own.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { FoldMapping } from '../../model/mapping.ts'
import type { FoldPlan, TablePlan } from '../../model/plan.ts'
import { plainColumn } from '../../model/target-schema.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { NamePool } from '../../syntax/target-names.ts'
import { columnOf } from '../base/designed-tables.ts'
import type { MappedTable, OtherTable } from '../base/planning.ts'
import { find, plainName, rowName } from '../base/planning.ts'
import { findOrphans, type Orphans } from '../evidence/questions.ts'
import type { Child } from './sort-tables.ts'

type PlannedFold = { readonly fold: FoldPlan; readonly orphans: Orphans }

/** Returns the fold by the columns that leave the fewest orphans; null when no column of the child references the parent. */
function planFold(
  { planning, tableId, table: child, census, mapping }: Child,
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
      { database, table: child.name, sql: quoteSqlite(childColumn) },
      { database, table: parent.table.name, sql: quoteSqlite(parentColumn) },
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

/** Returns pairs of a child column and the parent column that it may reference, the most likely first. */
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

/** Plans the folds into their parents; returns the children that can't be folded. */
export function foldChildren(
  children: readonly Child[],
  mapped: readonly MappedTable[],
  tables: Map<string, TablePlan>,
): OtherTable[] {
  const unfolded: OtherTable[] = []
  for (const child of children) {
    const { tableId, database, table, mapping } = child
    const parent = mapped.find(
      (source) =>
        source.database === database && source.roleTable === child.parentTable && source.pivot === null,
    )
    const planned = parent === undefined ? null : planFold(child, parent)
    if (parent === undefined || planned === null) {
      unfolded.push({ database, table: table.name })
      const why =
        parent === undefined
          ? `${child.parentTable} is not part of the run`
          : `no column of it names a row of ${parent.table.name}`
      find(child, null, {
        severity: 'warning',
        code: 'not-folded',
        message: `${table.name} is not folded into ${mapping.fold.into}, because ${why}; it becomes a table of its own.`,
      })
      continue
    }
    const column = foldColumn(child, parent)
    parent.folds.push(planned.fold)
    parent.origins.set(column, { kind: 'fold', fold: parent.folds.length - 1 })
    tables.set(tableId, {
      id: tableId,
      database,
      table: table.name,
      fate: { kind: 'fold', into: parent.tableId, column },
    })
    const { rows, samples } = planned.orphans
    if (rows > 0) {
      find(child, planned.fold.childColumn, {
        severity: 'warning',
        code: 'no-parent',
        message: `${formatCounted(rows, 'row')} of ${table.name} ${rows === 1 ? 'refers' : 'refer'} to no row of ${parent.table.name}; ${rows === 1 ? 'it goes' : 'they go'} to quarantine.`,
        count: rows,
        samples,
      })
    }
  }
  return unfolded
}

/** Returns the planned column, or adds one when the parent has values of its own for it. */
function foldColumn(child: Child, parent: MappedTable): string {
  const { draft } = parent
  const planned = child.mapping.fold.column
  const own = parent.homes.get(planned)
  if (own === undefined && !parent.origins.has(planned)) {
    if (columnOf(draft, planned).type === 'jsonb') return planned
  }
  const pool = new NamePool([
    ...draft.columns.map(({ name }) => name),
    ...parent.table.columns.map(({ name }) => name),
  ])
  const name = pool.claim(pool.has(child.table.name) ? `${child.table.name}_rows` : child.table.name)
  const comment = `Rows of ${child.table.name} of ${child.database}.`
  draft.columns.push(plainColumn(name, 'jsonb', { origin: 'added', comment }))
  find(child, null, {
    severity: 'notice',
    code: 'fold-beside',
    message: `${parent.table.name} has values of its own for ${planned}; the rows of ${child.table.name} go into ${draft.designedName}.${name}.`,
  })
  return name
}
