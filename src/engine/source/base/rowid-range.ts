import type { CatalogTable } from '../../model/catalog.ts'
import type { TableCensus } from '../../model/census.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from './sqlite.ts'

/** The smallest and the largest rowid; null for a table without rows, or without a name for its rowid. */
export function rowidRange(db: SqliteDatabase, { name, key }: CatalogTable): TableCensus['rowids'] {
  if (key.kind !== 'rowid') return null
  // As separate queries, each is one search in the b-tree.
  const edge = (aggregate: string) =>
    db
      .prepare(`select ${aggregate}(${quoteSqlite(key.name)}) from main.${quoteSqlite(name)}`)
      .pluck()
      .safeIntegers()
      .get() as bigint | null
  const [min, max] = [edge('min'), edge('max')]
  return min === null || max === null ? null : { min: String(min), max: String(max) }
}
