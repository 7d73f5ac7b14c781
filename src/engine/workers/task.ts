import type { Block, BlockOutcome } from '../model/block.ts'
import type { EntriesSum } from '../rows/sum-entries.ts'
import type { SourceSums } from '../rows/sum-rows.ts'

/** A block to be encoded again, and the ordinals of its rows that the server had refused. */
export type SourcePart = { readonly block: Block; readonly refused: readonly number[] }

/** Target rows to read back: all rows of a table, or those of an ordered block. */
export type TargetPart = { readonly tableId: string; readonly block: Block | null }

/** A piece of work for one worker: on one table, or on several of few rows. Results are in the order of the task's parts. */
export type Task =
  /** Copy the blocks and record them in the journal: in one transaction, unless the server refuses a row. */
  | { readonly kind: 'copy-blocks'; readonly blocks: readonly Block[] }
  /** Encode the blocks again from the snapshot without sending them. */
  | { readonly kind: 'sum-sources'; readonly parts: readonly SourcePart[] }
  /** Read the target's rows. */
  | { readonly kind: 'sum-targets'; readonly parts: readonly TargetPart[] }
  /** Read the entries of the tables and their folds in quarantine and archive. */
  | { readonly kind: 'sum-entries'; readonly tableIds: readonly string[] }

export type CopiedBlock = { readonly outcome: BlockOutcome; readonly reader: string }
export type SummedSource = SourceSums & { readonly reader: string }
export type SummedTarget = { readonly rows: number; readonly sum: string }
/** By block number. */
export type SummedEntries = ReadonlyMap<number, EntriesSum>

export type TaskResult =
  | { readonly kind: 'copy-blocks'; readonly copied: readonly CopiedBlock[] }
  | { readonly kind: 'sum-sources'; readonly sums: readonly SummedSource[] }
  | { readonly kind: 'sum-targets'; readonly sums: readonly SummedTarget[] }
  | { readonly kind: 'sum-entries'; readonly sums: readonly SummedEntries[] }

/** The table is read by the other reader from now on; the task continues. */
export type ReaderChange = { readonly tableId: string; readonly reason: string }
