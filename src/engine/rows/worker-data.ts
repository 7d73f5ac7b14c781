import type { EditedRow } from '../model/journal.ts'
import type { Plan } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { OrphanSets } from '../source/staging/orphans.ts'
import type { TargetAddress } from '../target/address/address.ts'

/** What every worker of a run starts with. Plain data, since it crosses threads. */
export type WorkerData = {
  readonly run: string
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly staging: string | null
  readonly orphans: OrphanSets
  /** Upper bound of the size of a table's largest row in bytes, by table id, where it is known. */
  readonly largestRows?: Readonly<Record<string, number>>
  readonly address: TargetAddress
  /** Rows whose edited cells replace the snapshot's. */
  readonly edited: readonly EditedRow[]
}
