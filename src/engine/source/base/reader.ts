import type { SourceRow } from '../../encode/cell/cell.ts'
import type { Block } from '../../model/block.ts'
import type { CopyPlan } from '../../model/plan.ts'
import type { TextEncoding } from './file-header.ts'

/**
 * What both readers of a snapshot's table have in common. A reader belongs to one thread, reads one `CopyPlan`'s rows in key order, and
 * returns exactly what is stored.
 */
export type TableReader = {
  readonly name: 'sqlite' | 'pages'
  /** How the rows offered to `take` are stored; null when none are offered. */
  readonly stored: StoredRows | null
  /** Reads the rows of a block in key order; its row k, from 1, has the ordinal `rowsBefore + k`. */
  open(block: Pick<Block, 'range' | 'rowsBefore'>): RangeReading
  close(): void
}

/** The records of a table b-tree with rowids, as compiled code reads them. */
export type StoredRows = Pick<CopyPlan, 'key'> & Pick<CopyPlan['read'], 'table'>

/** The rows of a snapshot's table as they lie in the snapshot. */
export function storedInSnapshot({ key, read }: Pick<CopyPlan, 'key' | 'read'>): StoredRows {
  return { key, table: read.table }
}

export type RangeReading = {
  /**
   * Calls `visit` for each of the next rows, about `maxRows` of them, fewer when they are large. A reader with `stored` rows first offers
   * them to `take`, if given. Returns false once the range is exhausted.
   */
  advance(maxRows: number, visit: (row: SourceRow) => void, take?: TakeRows): boolean
}

/** The rows of a table's leaf page in rowid order; their cells have been checked to lie within the page. */
export type LeafRows = {
  /** The page is `bytes[start, end)`. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** For each cell: the payload's offset in `bytes`, its size, and the upper and lower 32 bits of the rowid. */
  readonly cells: Int32Array
  /** The largest payload that lies completely in the page. */
  readonly mostLocal: number
  /** Of the text in the payloads. */
  readonly encoding: TextEncoding
}

/**
 * Takes cells from `from` up to, but without, `to`, in order; `ordinal` is that of the first row. Returns the first cell not taken, whose
 * row is then visited.
 */
export type TakeRows = (rows: LeafRows, from: number, to: number, ordinal: number) => number
