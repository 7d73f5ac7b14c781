/** What the engine answers to its callers: plain data. Invariant: nothing here names a driver or an open resource. */

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

/** A plan, and the DDL that it would run. */
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
  /** What `repair` changed before the comparison that the rest is about. */
  readonly repaired: readonly RepairedTable[]
}

/** A target table of the run as it is now. */
export type TableState = {
  readonly table: TableName
  /** The table was there before the run, which only added rows. */
  readonly isFilled: boolean
  /** Rows that rollback removes: all of a table that the run created, else those that the run wrote. */
  readonly rows: number
  /** How it is no longer as the run left it, in a sentence; null when it is. */
  readonly change: string | null
}

export type RolledBack = {
  readonly removed: readonly CreatedObject[]
  /** Rows that the run wrote into tables that were there before it. */
  readonly removedRows: number
  /** What the run created and others now use: left where it is, with the reason. */
  readonly kept: readonly { readonly object: CreatedObject; readonly reason: string }[]
}

/** What a rollback would remove, and what has changed since the run. */
export type RollbackPreview = {
  readonly run: string
  readonly objects: readonly CreatedObject[]
  readonly tables: readonly TableState[]
  /** Without them the rollback is not refused for `target-changed`. */
  readonly changes: readonly string[]
}

export type ExportedDatabase = { readonly database: string; readonly file: string }

/** Source rows written of one table, and archive entries whose target row is gone or changed. */
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
  /** Tables that the run had left out: they are there, and empty. */
  readonly empty: readonly { readonly tableId: string; readonly reason: string }[]
  /** Rows and objects that SQLite refused; of rows the first hundred. */
  readonly unwritten: readonly Unwritten[]
  readonly unwrittenCount: number
}

export type RetriedRejects = {
  readonly loaded: number
  /** Rows that were tried and are still in quarantine, with what refuses them now. */
  readonly left: readonly Pick<QuarantineEntry, 'tableId' | 'ordinal' | 'reason' | 'code'>[]
}

/** A run without its documents, for lists. */
export type RunSummary = Pick<
  RunRecord,
  'run' | 'programVersion' | 'planHash' | 'status' | 'startedAt' | 'finishedAt'
>

/** Rows of a table that were written on one side since a cut-over. `keys`: of the first of them, as text. */
export type WrittenSince = {
  readonly tableId: string
  readonly rows: number
  readonly keys: readonly string[]
}

export type LateRows =
  /** By table, the rows that differ from the moment of the fence. */
  | { readonly kind: 'looked'; readonly tables: readonly WrittenSince[] }
  /** It could not be checked. */
  | { readonly kind: 'unknown'; readonly reason: string }

export type FollowStatus = Pick<
  FollowRecord,
  'state' | 'round' | 'sourceAt' | 'appliedAt' | 'rows' | 'cutOver'
> & {
  /** How far the target is behind the sources; null once they are not followed any more. */
  readonly lagMs: number | null
  /** The folder whose files are followed in place of the run's sources: the application was moved back to them. */
  readonly files: string | null
  /** After a cut-over: rows that were written to the old files since. */
  readonly late: LateRows | null
}

/** The way back: what PostgreSQL has that the files lack. */
export type FallbackStatus = {
  readonly state: FallbackState
  /** Of the files that the application was moved back to, and since when it uses them. */
  readonly folder: string | null
  readonly switchedAt: string | null
  /** Entries of changes that are not in the files yet; after the way back, of writes that got past the barrier. */
  readonly pending: number
  readonly tables: readonly { readonly target: string; readonly changes: number }[]
  /** PostgreSQL's moment that the files are of; null before a first round. */
  readonly broughtAt: string | null
  /** How long ago that was where changes are pending, else 0; null before a first round and once the application uses the files. */
  readonly lagMs: number | null
}

export type RunStatusAnswer = RunSummary & {
  readonly follow: FollowStatus | null
  readonly fallback: FallbackStatus | null
  /** How far the monthly partitions of its tables reach. */
  readonly partitions: readonly PartitionStatus[]
}

export type PartitionStatus = {
  /** `schema.table`. */
  readonly table: string
  /** The last month that has a partition, `2025-07`; null when none has. */
  readonly lastMonth: string | null
  /** Rows in the default partition. */
  readonly inDefault: number
}

export type FollowAnswer = {
  readonly run: string
  readonly round: number
  /** Another process continues with it. */
  readonly isTakenOver: boolean
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
}

export type CutOverAnswer = {
  readonly run: string
  readonly state: FollowState
  /** Null: there was none, or it was ended by a signal. */
  readonly commandExitCode: number | null
  /** The command had not ended when it was no longer waited for. */
  readonly commandStillRuns: boolean
  readonly commandLog: string
  readonly proof: CutOverRecord['proof']
  /** Tables that differ, and those that could not be compared. */
  readonly differing: readonly string[]
  readonly unproven: readonly string[]
  /** Foreign keys that hold for new rows only. */
  readonly unvalidated: readonly string[]
  /** Other processes that had the files open at the end, or before a dry run. */
  readonly openers: readonly Opener[]
  readonly sawAllProcesses: boolean
  /** Rows in quarantine; before a dry run, those that following has put there since the run. */
  readonly quarantined: number
  /** From the fence to the command's start. */
  readonly fencedMs: number
  readonly isDry: boolean
  /** What ended our waiting once the command had been started; neither the command nor the fence ends by it. */
  readonly stoppedBy: StopSignal | null
}

/** `switching`: the command that starts the application on the files may run, and has not been settled yet. */
export type FallbackState = 'current' | 'switching' | 'fallen back'

export type CutBack = {
  readonly run: string
  readonly folder: string
  readonly files: readonly string[]
  /** Of the last round, under the fence. */
  readonly tables: readonly BroughtBackTable[]
  readonly asideCount: number
  /** From the fence to the start of the command. */
  readonly fencedMs: number
  readonly state: FallbackState
  /** Null: none was given, a signal ended it, or it still runs. */
  readonly exitCode: number | null
  readonly stillRuns: boolean
  /** Writes that got into PostgreSQL after the switch, past the barrier. */
  readonly lateWrites: number
}

/** A table that cannot be kept current, and why. */
export type UnsyncedTable = { readonly tableId: string; readonly reason: string }

export type FellBack = {
  readonly run: string
  readonly folder: string
  readonly files: readonly { readonly database: string; readonly file: string }[]
  readonly rounds: number
  /** In all rounds of this call. */
  readonly tables: readonly BroughtBackTable[]
  /** Rows that the old layout refuses; the first hundred. */
  readonly aside: readonly { readonly tableId: string; readonly reason: string }[]
  readonly asideCount: number
  /** Tables that cannot be kept current. */
  readonly unsynced: readonly UnsyncedTable[]
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
}

export type ExtendedTable = {
  readonly table: TableName
  readonly made: readonly { readonly month: string; readonly name: string; readonly rows: number }[]
  /** Months that would be made; empty unless it is a dry run. */
  readonly missing: readonly { readonly month: string; readonly rows: number }[]
  /** The last month that has a partition; null when none has. */
  readonly lastMonth: string | null
  /** Who makes the next ones. */
  readonly keeper: 'gpt-migrate' | 'pg_partman'
}

export type ExtendedPartitions = {
  readonly run: string
  readonly tables: readonly ExtendedTable[]
  /** The signal that ended it between two partitions. */
  readonly stoppedBy: StopSignal | null
}

export type QueriesAnswer = {
  readonly report: QueriesReport
  /** The report as a page, beside that of the run; null where the run's folder is gone. */
  readonly page: string | null
}

export type OccupiedTable = TableName & { readonly rows: number }

/** What a run removes before it begins. */
export type Removes = {
  /** With `startOver`. */
  readonly rollback: RollbackPreview | null
  /** With `truncate`: the tables that hold rows. */
  readonly emptied: readonly OccupiedTable[]
}

/** The report; or the plan, when nothing was to be written, with what the run would remove first. */
export type RunAnswer = {
  readonly report: Report | null
  readonly plan: Plan
  readonly removes?: Removes
  /** How following ended. */
  readonly followed?: FollowAnswer
}

export type ListedRejects = { readonly run: string; readonly entries: readonly QuarantineEntry[] }

/** `run`: null where nothing is captured. `pending`: changes that were noted and not brought back. */
export type EndedFallback = { readonly run: string | null; readonly tables: number; readonly pending: number }

export type SettledCutOver = {
  readonly run: string
  readonly state: FollowState
  /** Rows that were written to the old files since the fence. */
  readonly inSqlite: LateRows
  /** Rows that were written in PostgreSQL since; null where changes were not noted (`--no-fallback`). */
  readonly inPostgres: readonly WrittenSince[] | null
}

/** `folder`: of the files that the application continues with, or went back to. */
export type SettledCutBack = {
  readonly run: string
  readonly state: FallbackState
  readonly folder: string | null
  /** Writes that had got into PostgreSQL past the barrier, and are not in the files. */
  readonly leftBehind: number
}
