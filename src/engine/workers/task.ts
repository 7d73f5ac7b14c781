import type { Block, BlockOutcome } from '../model/block.ts'
import type { EntriesSum } from '../rows/sum-entries.ts'
import type { SourceSums } from '../rows/sum-rows.ts'

/** A piece of work for one worker. */
export type Task =
  /** Copy the block and record it in the journal. */
  | { readonly kind: 'copy-block'; readonly block: Block }
  /** Encode the block again from the snapshot without sending it. `refused`: ordinals of rows that the server refused. */
  | { readonly kind: 'sum-source'; readonly block: Block; readonly refused: readonly number[] }
  /** Read the target's rows: all of the table, or those of an ordered block. */
  | { readonly kind: 'sum-target'; readonly tableId: string; readonly block: Block | null }
  /** Read the entries of the table and its folds in quarantine and archive. */
  | { readonly kind: 'sum-entries'; readonly tableId: string }

export type TaskResult =
  | { readonly kind: 'copy-block'; readonly outcome: BlockOutcome; readonly reader: string }
  | ({ readonly kind: 'sum-source'; readonly reader: string } & SourceSums)
  | { readonly kind: 'sum-target'; readonly rows: number; readonly sum: string }
  | { readonly kind: 'sum-entries'; readonly byBlock: ReadonlyMap<number, EntriesSum> }

/** The table is read by the other reader from now on; the task continues. */
export type ReaderChange = { readonly tableId: string; readonly reason: string }
