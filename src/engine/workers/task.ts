import type { Block, BlockOutcome } from '../model/block.ts'
import type { EntriesSum } from '../rows/sum-entries.ts'
import type { SourceSums } from '../rows/sum-rows.ts'

/** A piece of work for one worker. */
export type Task =
  /** Copy the block and record it in the journal. */
  | { readonly kind: 'copy-block'; readonly block: Block }
  /** Encode the block again from the snapshot; nothing is sent. `refused`: ordinals of the rows that the server had refused. */
  | { readonly kind: 'sum-source'; readonly block: Block; readonly refused: readonly number[] }
  /** Read the target's rows back: all of the table's, or those of an ordered block. */
  | { readonly kind: 'sum-target'; readonly tableId: string; readonly block: Block | null }
  /** Read what quarantine and archive hold of the table and its folds. */
  | { readonly kind: 'sum-entries'; readonly tableId: string }

export type TaskResult =
  | { readonly kind: 'copy-block'; readonly outcome: BlockOutcome; readonly reader: string }
  | ({ readonly kind: 'sum-source'; readonly reader: string } & SourceSums)
  | { readonly kind: 'sum-target'; readonly rows: number; readonly sum: string }
  | { readonly kind: 'sum-entries'; readonly byBlock: ReadonlyMap<number, EntriesSum> }

/** The table went over to the other reader; the task continues. */
export type ReaderChange = { readonly tableId: string; readonly reason: string }
