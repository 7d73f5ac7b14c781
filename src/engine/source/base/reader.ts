import type { SourceRow } from '../../encode/cell/cell.ts'
import type { Block } from '../../model/block.ts'

/**
 * What both readers of a snapshot's table have in common. A reader belongs to one thread, reads one `CopyPlan`'s rows in key order, and
 * returns exactly what is stored.
 */
export type TableReader = {
  readonly name: 'sqlite' | 'pages'
  /** Reads the rows of a block in key order; its row k, from 1, has the ordinal `rowsBefore + k`. */
  open(block: Pick<Block, 'range' | 'rowsBefore'>): RangeReading
  close(): void
}

export type RangeReading = {
  /**
   * Calls `visit` for each of the next rows, about `maxRows` of them, fewer when they are large. A reader with access to the file's pages
   * first offers the rows to `take`, if given. Returns false once the range is exhausted.
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
}

/**
 * Takes cells from `from` up to, but without, `to`, in order; `ordinal` is that of the first row. Returns the first cell not taken, whose
 * row is then visited.
 */
export type TakeRows = (rows: LeafRows, from: number, to: number, ordinal: number) => number
