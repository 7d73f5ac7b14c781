/** What a verification found, table by table and as a whole. */
import type { Block } from './block.ts'
import type { Difference, VerifyCheck, VerifyLevel } from './report.ts'

export type TableVerdict = {
  readonly tableId: string
  readonly match: boolean
  readonly sourceRows: number
  readonly targetRows: number
  readonly source: string
  readonly target: string
  /** Blocks whose rows differ, where the target can be read by block; otherwise all of the table's, or none. */
  readonly differing: readonly Block[]
  /** Null when quarantine and archive are as they should be; otherwise the blocks of which they are not, if it is any block's. */
  readonly entriesDiffering: readonly Block[] | null
  /** What repair has to load again: these blocks where the target can be read by block, otherwise all of the table's. */
  readonly reload: readonly Block[]
  /** The reader that read the snapshot again. */
  readonly reader: string
  readonly elapsedMs: number
}

/** Ordinals of the rows that the server had refused, by block. */
export type ServerRefusals = ReadonlyMap<string, readonly number[]>

export type Verification = {
  readonly level: VerifyLevel
  /** False when it was stopped, or never begun. */
  readonly ran: boolean
  readonly verdicts: readonly TableVerdict[]
  readonly differences: readonly Difference[]
  readonly checks: readonly VerifyCheck[]
  /** Reader of the verification, by table plan id. */
  readonly readers: ReadonlyMap<string, string>
}
