/** The result of a verification, by table and as a whole. */
import type { Block } from './block.ts'
import type { Difference, VerifyCheck, VerifyLevel } from './report.ts'

export type TableVerdict = {
  readonly tableId: string
  readonly match: boolean
  readonly sourceRows: number
  readonly targetRows: number
  readonly source: string
  readonly target: string
  /** Blocks whose rows differ, when the target can be read by block; otherwise all blocks of the table, or none. */
  readonly differing: readonly Block[]
  /** Null when quarantine and archive are as expected; otherwise the blocks whose entries differ, if they belong to blocks. */
  readonly entriesDiffering: readonly Block[] | null
  /** Blocks that repair has to load again: these blocks when the target can be read by block, otherwise all of the table. */
  readonly reload: readonly Block[]
  /** The reader that read the snapshot again. */
  readonly reader: string
  readonly elapsedMs: number
}

/** Ordinals of rows that the server refused, by block. */
export type ServerRefusals = ReadonlyMap<string, readonly number[]>

export type Verification = {
  readonly level: VerifyLevel
  /** False when it was stopped or never started. */
  readonly ran: boolean
  readonly verdicts: readonly TableVerdict[]
  readonly differences: readonly Difference[]
  readonly checks: readonly VerifyCheck[]
  /** Reader of the verification, by table id. */
  readonly readers: ReadonlyMap<string, string>
}
