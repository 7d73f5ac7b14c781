import type { Block, BlockOutcome } from '../model/block.ts'
import type { MendedRow } from '../model/journal.ts'
import type { Plan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { OrphanSets } from '../source/orphans.ts'
import type { TargetAddress } from '../target/address.ts'
import type { EntriesSum } from '../verify/sum-entries.ts'
import type { SourceSums } from '../verify/sum-rows.ts'

/** What a worker is born with. Plain data: it crosses a thread. */
export type WorkerBirth = {
  readonly run: string
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly staging: string | null
  readonly orphans: OrphanSets
  /** Bytes of a table's largest row, or more, by its id, where that is known. */
  readonly largestRows?: Readonly<Record<string, number>>
  readonly address: TargetAddress
  /** Rows whose edited cells stand for the snapshot's. */
  readonly mended: readonly MendedRow[]
}

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

/** The table went over to the other reader; the task goes on. */
export type ReaderChange = { readonly tableId: string; readonly reason: string }
