import type { SourceRow } from '../encode/cell.ts'
import type { KeyRange } from '../model/block.ts'

/**
 * What both readers of a snapshot's table do. A reader belongs to one thread, reads one `CopyPlan`'s rows in key order,
 * and sees exactly what is stored.
 */
export type TableReader = {
  readonly name: 'sqlite' | 'pages'
  /** The rows of a range, both ends included, in key order. */
  open(range: KeyRange): RangeReading
  close(): void
}

export type RangeReading = {
  /**
   * Calls `visit` for each of the next rows, about `maxRows` of them, fewer when they are large.
   * Gives false once the range is exhausted.
   */
  advance(maxRows: number, visit: (row: SourceRow) => void): boolean
}
