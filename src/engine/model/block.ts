import type { StoredCell } from './storage.ts'

/** One cell for a rowid or a pivot's group number, one per primary-key column of a WITHOUT ROWID table; null for an open end. */
export type KeyBound = readonly StoredCell[] | null

/** A range of keys: greater than `after`, up to and including `through`. Neighbouring ranges leave no gap and do not overlap. */
export type KeyRange = { readonly after: KeyBound; readonly through: KeyBound }

/** The unit of copying, committing, resuming and verifying: some tens of thousands of rows of one table. */
export type Block = {
  readonly tableId: string
  /** From 0, in key order. */
  readonly number: number
  readonly range: KeyRange
  /** Rows of the table before the block in key order: row k of the block (from 1) has the ordinal `rowsBefore + k`. */
  readonly rowsBefore: number
  /** Rows that the reader returns, before any filter: source rows, or groups of a pivot. */
  readonly rows: number
}

/** The result of copying a block, recorded in the journal in the transaction of its rows. */
export type BlockOutcome = {
  readonly targetRows: number
  readonly bytes: number
  /** 32 hex digits: `RowSum` over the rows as sent, each field with its length, in `CopyPlan.columns` order. */
  readonly checksum: string
  /** Tallies of source rows: of the table itself, and of its folds. */
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

/** How the cells of one target column were converted in the rows that were kept; nulls count as exact. */
export type ColumnTally = {
  readonly target: string
  readonly exact: number
  readonly normalized: number
  readonly rounded: number
  /** Largest absolute error as decimal text; null when nothing was rounded. */
  readonly maxError: string | null
}

/** The range that a reader opens for all rows of a table. */
export const EVERY_ROW: Pick<Block, 'range' | 'rowsBefore'> = {
  range: { after: null, through: null },
  rowsBefore: 0,
}

/** Returns one block for a whole table: before its blocks are cut, and for rows without a key. */
export function uncutBlock(tableId: string): Block {
  return { tableId, number: 0, ...EVERY_ROW, rows: 0 }
}
