/**
 * The three shapes in which a source stores one JSON object per row: as JSON text, as a row for each name, as a column for each name.
 * Invariant: in each shape, every source column has a home: in the object, in a column of its own, or in the archive.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import type { TableCensus } from '../../model/census.ts'
import type { PivotMapping } from '../../model/mapping.ts'
import type { PivotPlan } from '../../model/plan.ts'
import { columnCensus, type MappedTable, valuesIn } from '../base/planning.ts'
import { columnsThatVary } from '../evidence/questions.ts'
import { findColumn } from './match-columns.ts'

type Shape =
  | { readonly kind: 'json' }
  | { readonly kind: 'rows'; readonly pivot: PivotPlan }
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'none' }

/** `kept`: source columns that are not to be gathered: the row's id, and what the user decided. */
export function recogniseShape(source: MappedTable, words: PivotMapping, kept: ReadonlySet<string>): Shape {
  const { table, census, homes, feeds } = source
  const document = homes.get(words.column)
  if (document !== undefined && !holdsNumbers(table, census, document)) return { kind: 'json' }

  const taken = new Set([...homes.values(), ...kept])
  if (document !== undefined) taken.delete(document)
  const named = words.name.map((name) => findColumn(table, name, taken)).find((name) => name !== null)
  const valued = words.value
    .map((name) => findColumn(table, name, taken))
    .find((name) => name !== null && name !== named)
  const groupBy = words.groupBy
    .map((target) => homes.get(target) ?? feeds.get(target))
    .filter((name) => name !== undefined)
  if (named != null && valued != null) {
    if (table.key.kind !== 'rowid' || groupBy.length === 0)
      return { kind: 'columns', columns: [named, valued] }
    const others = table.columns
      .map(({ name }) => name)
      .filter((name) => name !== named && name !== valued && !groupBy.includes(name))
    const varying = columnsThatVary(
      source.planning.queries,
      source.database,
      table.name,
      groupBy,
      others.filter((name) => !table.primaryKey.includes(name)),
    )
    // The key of a row does not belong to its group, even if the group has only this row.
    const archived = others.filter((name) => varying.includes(name) || table.primaryKey.includes(name))
    return { kind: 'rows', pivot: { groupBy: [...new Set(groupBy)], name: named, value: valued, archived } }
  }

  const columns = table.columns
    .map(({ name }) => name)
    .filter(
      (name) => !taken.has(name) && !table.primaryKey.includes(name) && holdsNumbers(table, census, name),
    )
  return columns.length > 0 ? { kind: 'columns', columns } : { kind: 'none' }
}

/** Whether the column holds only numbers and nulls; without values, by its declaration. */
function holdsNumbers(table: CatalogTable, census: TableCensus, name: string): boolean {
  const values = columnCensus(census, name)
  if (valuesIn(values) > 0) return values.texts + values.blobs === 0
  const affinity = table.columns.find((column) => column.name === name)?.affinity
  return affinity === 'integer' || affinity === 'real' || affinity === 'numeric'
}
