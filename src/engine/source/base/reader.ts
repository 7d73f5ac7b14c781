import type { SourceRow } from '../../encode/cell/cell.ts'
import type { Block } from '../../model/block.ts'

/**
 * What both readers of a snapshot's table do. A reader belongs to one thread, reads one `CopyPlan`'s rows in key order,
 * and sees exactly what is stored.
 */
export type TableReader = {
  readonly name: 'sqlite' | 'pages'
  /** The rows of a block in key order; row k of it, from 1, has the ordinal `rowsBefore + k`. */
  open(block: Pick<Block, 'range' | 'rowsBefore'>): RangeReading
  close(): void
}

export type RangeReading = {
  /**
   * Calls `visit` for each of the next rows, about `maxRows` of them, fewer when they are large; before that, a reader that has rows
   * as they lie in the file offers them to `take`, if given. Returns false once the range is exhausted.
   */
  advance(maxRows: number, visit: (row: SourceRow) => void, take?: TakeRows): boolean
}

/** The rows of a leaf page of a table, whose cells have been checked to lie within it, in the order of their rowids. */
export type LeafRows = {
  /** The page is `bytes[start, end)`. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Of each cell the payload's place in `bytes` and its size, and the rowid's upper and lower 32 bits. */
  readonly cells: Int32Array
  /** A larger payload continues in other pages. */
  readonly mostLocal: number
}

/**
 * Takes some of the cells from `from` up to, but without, `to`, in order; `ordinal` is of the row in the first one. Returns the first cell
 * that it did not take: its row is visited next.
 */
export type TakeRows = (rows: LeafRows, from: number, to: number, ordinal: number) => number
