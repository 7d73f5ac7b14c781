/** The engine's answers to its callers, as plain data. Invariant: nothing here names a driver or an open resource. */

import type { Catalog } from './catalog.ts'
import type { Census } from './census.ts'
import type { CreatedObject, QuarantineEntry, RunRecord } from './journal.ts'
import type { FallbackStatus, FollowAnswer, FollowStatus, StopSignal } from './live-answers.ts'
import type { Plan } from './plan.ts'
import type { QueriesReport } from './queries.ts'
import type { Difference, Report, VerifyCheck } from './report.ts'
import type { Discovery } from './snapshot.ts'
import type { TableName } from './target-schema.ts'

/** A plan and its DDL. */
export type PlanAnswer = { readonly plan: Plan; readonly sql: string }

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
