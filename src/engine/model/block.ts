import type { StoredCell } from './storage.ts'

/** One cell for a rowid or a pivot's group number, one for each primary-key column of a WITHOUT ROWID table; null is open. */
export type KeyBound = readonly StoredCell[] | null

/** A half-open range of keys: greater than `after`, up to and with `through`. Neighbours leave no gap and don't overlap. */
export type KeyRange = { readonly after: KeyBound; readonly through: KeyBound }

/** The unit of copying, committing, resuming and verifying: some tens of thousands of rows of one table. */
export type Block = {
  readonly tableId: string
  /** From 0, in key order. */
  readonly number: number
  readonly range: KeyRange
  /** Rows before it in key order: row k of the block (from 1) has the ordinal `rowsBefore + k`. */
  readonly rowsBefore: number
  /** Rows that the reader shows, before any filter: source rows, or groups of a pivot. */
  readonly rows: number
}

/** What copying a block came to; recorded in the journal in the transaction of its rows. */
export type BlockOutcome = {
  readonly targetRows: number
  readonly bytes: number
  /** 32 hex digits: `RowSum` over the rows as sent, each field with its length, in `CopyPlan.columns` order. */
  readonly checksum: string
  /** Source rows accounted for: of the table itself, and of its folds. */
  readonly sources: readonly SourceTally[]
  readonly columns: readonly ColumnTally[]
}

/** `read` = `held` + `quarantined` + `excluded`, in source rows. */
export type SourceTally = {
  readonly tableId: string
  readonly read: number
  readonly held: number
  readonly quarantined: number
  readonly excluded: number
}

/** How the cells of one target column came over in the rows that were kept; nulls count as exact. */
export type ColumnTally = {
  readonly target: string
  readonly exact: number
  readonly normalized: number
  readonly rounded: number
  /** Largest absolute error, decimal text; null when nothing was rounded. */
  readonly maxError: string | null
}

/** What a reader opens for all rows of a table. */
export const EVERY_ROW: Pick<Block, 'range' | 'rowsBefore'> = {
  range: { after: null, through: null },
  rowsBefore: 0,
}

/** Stands for the blocks of a table that are still to be cut, and for rows that no key names. */
export function uncutBlock(tableId: string): Block {
  return { tableId, number: 0, ...EVERY_ROW, rows: 0 }
}
