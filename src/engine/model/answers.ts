/** The engine's answers to its callers, as plain data. Invariant: nothing here names a driver or an open resource. */

import type { Catalog } from './catalog.ts'
import type { Census } from './census.ts'
import type { BroughtBackTable } from './event.ts'
import type { CutOverRecord, FollowRecord, FollowState } from './follow.ts'
import type { CreatedObject, QuarantineEntry, RunRecord } from './journal.ts'
import type { Plan } from './plan.ts'
import type { QueriesReport } from './queries.ts'
import type { Difference, Report, VerifyCheck } from './report.ts'
import type { Discovery } from './snapshot.ts'
import type { TableName } from './target-schema.ts'

/** A plan and its DDL. */
export type PlanAnswer = { readonly plan: Plan; readonly sql: string }

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** A process that has a source open. */
export type Opener = { readonly process: number; readonly name: string; readonly path: string }

export type Inspection = {
  readonly discovery: Discovery
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
}

export type RepairedTable = {
  readonly tableId: string
  readonly blocks: number
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
}

export type VerifyAnswer = {
  readonly run: string
  readonly ok: boolean
  readonly tables: readonly { readonly tableId: string; readonly rows: number; readonly match: boolean }[]
  readonly differences: readonly Difference[]
  readonly checks: readonly VerifyCheck[]
  /** What `repair` would reload: tables with blocks that differ. */
  readonly reloadable: readonly { readonly tableId: string; readonly blocks: number; readonly rows: number }[]
  /** What `repair` changed; the other fields describe the comparison after it. */
  readonly repaired: readonly RepairedTable[]
}

/** The present state of one of the run's target tables. */
export type TableState = {
  readonly table: TableName
  /** Whether the table existed before the run, which only added rows. */
  readonly isFilled: boolean
  /** Rows that rollback removes: all rows of a table that the run created, else those that the run wrote. */
  readonly rows: number
  /** How the table differs from what the run left, in a sentence; null when it does not. */
  readonly change: string | null
}

export type RolledBack = {
  readonly removed: readonly CreatedObject[]
  /** Rows removed from tables that existed before the run. */
  readonly removedRows: number
  /** Objects that the run created and others now use: they stay, with the reason. */
  readonly kept: readonly { readonly object: CreatedObject; readonly reason: string }[]
}

/** What a rollback would remove, and what has changed since the run. */
export type RollbackPreview = {
  readonly run: string
  readonly objects: readonly CreatedObject[]
  readonly tables: readonly TableState[]
  /** When empty, the rollback is not refused with `target-changed`. */
  readonly changes: readonly string[]
}

export type ExportedDatabase = { readonly database: string; readonly file: string }

/** Source rows of one table that were written, and archive entries whose target row is gone or changed. */
export type ExportedTable = {
  readonly tableId: string
  readonly rows: number
  readonly rowidsKept: boolean
  readonly stray: number
}

/** An object or a row that could not be written, and why. */
export type Unwritten = { readonly name: string; readonly reason: string }

export type Exported = {
  readonly databases: readonly ExportedDatabase[]
  readonly tables: readonly ExportedTable[]
  /** Tables that the run had left out: they are created empty. */
  readonly empty: readonly { readonly tableId: string; readonly reason: string }[]
  /** Objects and rows that SQLite refused; at most a hundred rows. */
  readonly unwritten: readonly Unwritten[]
  readonly unwrittenCount: number
}

export type RetriedRejects = {
  readonly loaded: number
  /** Rows that were retried and are still in quarantine, with the reason. */
  readonly left: readonly Pick<QuarantineEntry, 'tableId' | 'ordinal' | 'reason' | 'code'>[]
}

/** A run without its documents, for listing. */
export type RunSummary = Pick<
  RunRecord,
  'run' | 'programVersion' | 'planHash' | 'status' | 'startedAt' | 'finishedAt'
>

/** Rows of a table that were written in one database since a cut-over. `keys`: keys of the first of them, as text. */
export type WrittenSince = {
  readonly tableId: string
  readonly rows: number
  readonly keys: readonly string[]
}

export type LateRows =
  /** The rows that differ from the moment of the fence, by table. */
  | { readonly kind: 'looked'; readonly tables: readonly WrittenSince[] }
  /** It could not be checked. */
  | { readonly kind: 'unknown'; readonly reason: string }

export type FollowStatus = Pick<
  FollowRecord,
  'state' | 'round' | 'sourceAt' | 'appliedAt' | 'rows' | 'cutOver'
> & {
  /** How far the target is behind the sources in milliseconds; null when they are no longer followed. */
  readonly lagMs: number | null
  /** The folder whose files are followed instead of the run's sources, after a move back; null otherwise. */
  readonly files: string | null
  /** Rows written to the old files since the cut-over; null before a cut-over. */
  readonly late: LateRows | null
}

/** The state of the fallback: changes in PostgreSQL that the files lack. */
export type FallbackStatus = {
  readonly state: FallbackState
  /** Folder of the files to which the application was moved back, and since when it uses them; null before. */
  readonly folder: string | null
  readonly switchedAt: string | null
  /** Number of captured changes that are not in the files yet; after a move back, of writes that got past the barrier. */
  readonly pending: number
  readonly tables: readonly { readonly target: string; readonly changes: number }[]
  /** ISO 8601 instant up to which the files are current; null before the first round. */
  readonly broughtAt: string | null
  /** Milliseconds since then when changes are pending, else 0; null before the first round and after a move back. */
  readonly lagMs: number | null
}

export type RunStatusAnswer = RunSummary & {
  readonly follow: FollowStatus | null
  readonly fallback: FallbackStatus | null
  /** The reach of its tables' monthly partitions. */
  readonly partitions: readonly PartitionStatus[]
}

export type PartitionStatus = {
  /** `schema.table`. */
  readonly table: string
  /** The last month with a partition, such as `2025-07`; null when there is none. */
  readonly lastMonth: string | null
  /** Rows in the default partition. */
  readonly inDefault: number
}

export type FollowAnswer = {
  readonly run: string
  readonly round: number
  /** Whether another process has taken the following over. */
  readonly isTakenOver: boolean
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
}

export type CutOverAnswer = {
  readonly run: string
  readonly state: FollowState
  /** Null when there was no command or a signal ended it. */
  readonly commandExitCode: number | null
  /** Whether the command still ran when the wait for it ended. */
  readonly commandStillRuns: boolean
  readonly commandLog: string
  readonly proof: CutOverRecord['proof']
  /** Ids of tables that differ; below, of those that could not be compared. */
  readonly differing: readonly string[]
  readonly unproven: readonly string[]
  /** Foreign keys that hold for new rows only. */
  readonly unvalidated: readonly string[]
  /** Other processes that had the files open at the end, or before a dry run. */
  readonly openers: readonly Opener[]
  readonly sawAllProcesses: boolean
  /** Rows in quarantine; for a dry run, those that following has put there since the run. */
  readonly quarantined: number
  /** Milliseconds from the fence to the command's start. */
  readonly fencedMs: number
  readonly isDry: boolean
  /** The signal that ended the wait after the command had been started; it ends neither the command nor the fence. */
  readonly stoppedBy: StopSignal | null
}

/** `switching`: the command that starts the application on the files may run, and the switch is not settled yet. */
export type FallbackState = 'current' | 'switching' | 'fallen back'

export type CutBack = {
  readonly run: string
  readonly folder: string
  readonly files: readonly string[]
  /** Changes of the last round, under the fence. */
  readonly tables: readonly BroughtBackTable[]
  readonly asideCount: number
  /** Milliseconds from the fence to the command's start. */
  readonly fencedMs: number
  readonly state: FallbackState
  /** Null when there was no command, a signal ended it, or it still runs. */
  readonly exitCode: number | null
  readonly stillRuns: boolean
  /** Writes to PostgreSQL after the switch that got past the barrier. */
  readonly lateWrites: number
}

/** A table that cannot be kept current, with the reason. */
export type UnsyncedTable = { readonly tableId: string; readonly reason: string }

export type FellBack = {
  readonly run: string
  readonly folder: string
  readonly files: readonly { readonly database: string; readonly file: string }[]
  readonly rounds: number
  /** Totals of all rounds of this call. */
  readonly tables: readonly BroughtBackTable[]
  /** The first hundred rows that the old layout refuses. */
  readonly aside: readonly { readonly tableId: string; readonly reason: string }[]
  readonly asideCount: number
  /** Tables that cannot be kept current. */
  readonly unsynced: readonly UnsyncedTable[]
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
}

export type ExtendedTable = {
  readonly table: TableName
  readonly made: readonly { readonly month: string; readonly name: string; readonly rows: number }[]
  /** Months that would be created; empty unless it is a dry run. */
  readonly missing: readonly { readonly month: string; readonly rows: number }[]
  /** The last month with a partition; null when there is none. */
  readonly lastMonth: string | null
  /** Which program creates the next partitions. */
  readonly keeper: 'gpt-migrate' | 'pg_partman'
}

export type ExtendedPartitions = {
  readonly run: string
  readonly tables: readonly ExtendedTable[]
  /** The signal that stopped it between two partitions; null otherwise. */
  readonly stoppedBy: StopSignal | null
}

export type QueriesAnswer = {
  readonly report: QueriesReport
  /** Path of the report as a page, beside that of the run; null when the run's folder is gone. */
  readonly page: string | null
}

export type OccupiedTable = TableName & { readonly rows: number }

/** What a run removes before it begins. */
export type Removes = {
  /** With `startOver`; null otherwise. */
  readonly rollback: RollbackPreview | null
  /** With `truncate`: the tables that hold rows. */
  readonly emptied: readonly OccupiedTable[]
}

/** The report; for a dry run, null, with the plan and what the run would remove first. */
export type RunAnswer = {
  readonly report: Report | null
  readonly plan: Plan
  readonly removes?: Removes
  /** How following ended, when the run was followed. */
  readonly followed?: FollowAnswer
}

export type ListedRejects = { readonly run: string; readonly entries: readonly QuarantineEntry[] }

/** `run`: null when nothing was captured. `pending`: captured changes that were not brought back. */
export type EndedFallback = { readonly run: string | null; readonly tables: number; readonly pending: number }

export type SettledCutOver = {
  readonly run: string
  readonly state: FollowState
  /** Rows written to the old files since the fence. */
  readonly inSqlite: LateRows
  /** Rows written to PostgreSQL since the fence; null when changes were not captured (`--no-fallback`). */
  readonly inPostgres: readonly WrittenSince[] | null
}

/** `folder`: of the files that the application continues with or leaves; null when it is unknown. */
export type SettledCutBack = {
  readonly run: string
  readonly state: FallbackState
  readonly folder: string | null
  /** Writes to PostgreSQL that got past the barrier and are not in the files. */
  readonly leftBehind: number
}
