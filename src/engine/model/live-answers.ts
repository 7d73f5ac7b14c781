/** The engine's answers on what continues after a run, as plain data: following, cut-over and fallback. */

import type { BroughtBackTable } from './event.ts'
import type { CutOverRecord, FollowRecord, FollowState } from './follow.ts'

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** A process that has a source open. */
export type Opener = { readonly process: number; readonly name: string; readonly path: string }

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
