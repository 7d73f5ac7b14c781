import type { KeyRange } from '../../model/block.ts'
import type { CatalogTable } from '../../model/catalog.ts'
import type { RowsOfTables } from '../tree-check/tree-check.ts'
import type { RangeCount } from './page-census.ts'

/** A piece of looking into a snapshot; plain data. */
export type InspectionTask =
  /** The hash of a new snapshot, which is on the disk afterwards. */
  | { readonly kind: 'hash'; readonly file: string }
  /** What is damaged, as `findDamage` reports it, or how many rows there are; `path` is the source's, for errors. */
  | { readonly kind: 'check'; readonly file: string; readonly path: string }
  /** How many rows SQLite finds in a table. */
  | { readonly kind: 'rows'; readonly file: string; readonly table: string }
  /** The values of a table's columns in a range of its rowids, by its pages. */
  | {
      readonly kind: 'count'
      readonly file: string
      readonly table: CatalogTable
      readonly columns: readonly string[]
      readonly range: KeyRange
    }

/** `rows` is null unless the check has counted them. */
export type CheckResult = {
  readonly kind: 'check'
  readonly damage: readonly string[]
  readonly rows: RowsOfTables | null
}

export type InspectionResult =
  | { readonly kind: 'hash'; readonly sha256: string }
  | CheckResult
  /** Null where the table cannot be read. */
  | { readonly kind: 'rows'; readonly rows: number | null }
  /** Null where the pages cannot be read. */
  | { readonly kind: 'count'; readonly found: RangeCount | null }
