/** The key by which a row of the target is found. */
import { type CatalogTable, rowidColumnOf } from '../../model/catalog.ts'
import type { ColumnOrigin, ColumnPlan, RowIdentity } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'

/** Returns the target's first key whose columns are all filled and never null; `multiset` when there is none. */
export function identityOf(
  source: CatalogTable,
  { primaryKey, uniques, columns }: TargetTable,
  filled: readonly ColumnPlan[],
): RowIdentity {
  const origins = new Map(filled.map(({ target, from }) => [target, from]))
  const isNeverNull = (name: string): boolean =>
    origins.has(name) && columns.find((one) => one.name === name)?.nullable === false
  const key = [primaryKey, ...uniques].find((one) => one?.columns.every(isNeverNull))
  if (key == null) return { kind: 'multiset' }
  const [first, ...more] = key.columns
  const ordered = more.length === 0 && isRowid(source, origins.get(first!))
  return { kind: 'columns', columns: key.columns, ordered }
}

/** Whether the column has the rowid's own values, as numbers. */
export function isRowid(source: CatalogTable, from: ColumnOrigin | undefined): boolean {
  if (from?.kind === 'rowid') return true
  return (
    from?.kind === 'column' && from.conversion.kind === 'integer' && from.column === rowidColumnOf(source)
  )
}
