import type { SourceRow } from '../encode/cell.ts'
import type { Block } from '../model/block.ts'

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
   * Calls `visit` for each of the next rows, about `maxRows` of them, fewer when they are large.
   * Gives false once the range is exhausted.
   */
  advance(maxRows: number, visit: (row: SourceRow) => void): boolean
}
