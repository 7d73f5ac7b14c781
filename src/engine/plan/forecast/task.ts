import type { Block } from '../../model/block.ts'
import type { Plan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { OrphanSets } from '../../source/staging/orphans.ts'
import type { Judgement, Watch } from './judge-rows.ts'

/** What a judging worker starts with. Plain data, since it is passed to a thread. */
export type JudgeSetup = {
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly staging: string | null
  readonly orphans: OrphanSets
  /** Upper bound, in bytes, of a table's largest row, by table id. */
  readonly largestRows: Readonly<Record<string, number>>
}

/** A block whose rows are to be judged in the given target columns. */
export type JudgeTask = {
  readonly block: Block
  readonly columns: readonly string[]
  readonly watch: Watch
}

export type JudgeResult = Judgement
