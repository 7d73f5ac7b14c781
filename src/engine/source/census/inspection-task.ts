import type { KeyRange } from '../../model/block.ts'
import type { CatalogTable } from '../../model/catalog.ts'
import type { RowsOfTables } from '../tree-check/tree-check.ts'
import type { RangeCount } from './page-census.ts'

/** A step of inspecting a snapshot, as plain data. */
export type InspectionTask =
  /** Hashes a new snapshot, which is flushed to disk afterwards. */
  | { readonly kind: 'hash'; readonly file: string }
  /** Finds damage, or counts the rows of a sound snapshot. `path`: the source's, for errors. */
  | { readonly kind: 'check'; readonly file: string; readonly path: string }
  /** Counts a table's rows through SQLite. */
  | { readonly kind: 'rows'; readonly file: string; readonly table: string }
  /** Counts the values of a table's columns in a range of rowids, by its pages. */
  | {
      readonly kind: 'count'
      readonly file: string
      readonly table: CatalogTable
      readonly columns: readonly string[]
      readonly range: KeyRange
    }

/** `damage`: see `findDamage`. `rows`: null unless the check has counted them. */
export type CheckResult = {
  readonly kind: 'check'
  readonly damage: readonly string[]
  readonly rows: RowsOfTables | null
}

export type InspectionResult =
  | { readonly kind: 'hash'; readonly sha256: string }
  | CheckResult
  /** Null when the table cannot be read. */
  | { readonly kind: 'rows'; readonly rows: number | null }
  /** Null when the pages cannot be read. */
  | { readonly kind: 'count'; readonly found: RangeCount | null }
