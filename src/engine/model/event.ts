import type { PlainError } from './errors.ts'
import type { Finding } from './finding.ts'
import type { FollowState, TableTally } from './follow.ts'
import type { Forecast } from './forecast.ts'
import type { Report } from './report.ts'
import type { FoundDatabase, PassedOver } from './snapshot.ts'

export type Phase =
  | 'samples'
  | 'connect'
  | 'discover'
  | 'snapshot'
  | 'inspect'
  | 'plan'
  | 'create'
  | 'copy'
  | 'index'
  | 'verify'
  | 'columnstore'
  | 'export'
  | 'queries'
  | 'report'

/** Whether SQLite's own code reads sources in the phase, which may take any time. */
export function looksIntoSources(phase: Phase): boolean {
  return phase === 'snapshot' || phase === 'inspect' || phase === 'plan'
}

/** The events of a run, in the past tense. Counts are totals so far, never deltas, so that losing an event does no harm. */
export type RunEvent =
  /** A run began, or resumed where an earlier start stopped. */
  | { readonly type: 'run-started'; readonly run: string; readonly resumed: boolean; readonly at: string }
  /** A phase began; `total` counts its units (files, tables, rows, statements). */
  | {
      readonly type: 'phase-started'
      readonly phase: Phase
      readonly total: number
      readonly unit: string
      readonly at: string
    }
  /** The search found a database. */
  | { readonly type: 'database-found'; readonly database: FoundDatabase }
  /** The search passed over a path that is not a usable database. */
  | { readonly type: 'path-passed-over'; readonly passedOver: PassedOver }
  /** `done` units of the running phase are finished. */
  | {
      readonly type: 'phase-progress'
      readonly phase: Phase
      readonly done: number
      readonly detail: string | null
      readonly at: string
    }
  /** The phase ended. */
  | {
      readonly type: 'phase-finished'
      readonly phase: Phase
      readonly elapsedMs: number
      readonly at: string
    }
  /** A finding for the user was made. */
  | { readonly type: 'finding'; readonly finding: Finding }
  /** Every value was checked against the plan: the forecast says what the run will do. */
  | { readonly type: 'forecast-made'; readonly forecast: Forecast; readonly at: string }
  /** The plan's tables are known, with the source rows that each will read; faces draw their bars from it. */
  | { readonly type: 'tables-planned'; readonly tables: readonly PlannedTable[]; readonly at: string }
  /** The first block of a table began. */
  | { readonly type: 'table-started'; readonly tableId: string; readonly at: string }
  /** Blocks of the table were committed. */
  | {
      readonly type: 'table-progress'
      readonly tableId: string
      /** Source rows done: loaded, folded or quarantined. */
      readonly rows: number
      readonly quarantined: number
      readonly bytes: number
      readonly at: string
    }
  /** The last block of the table was committed. */
  | {
      readonly type: 'table-finished'
      readonly tableId: string
      readonly rows: number
      readonly quarantined: number
      readonly elapsedMs: number
      readonly at: string
    }
  /** A table was compared with its source. */
  | {
      readonly type: 'table-verified'
      readonly tableId: string
      readonly match: boolean
      readonly rows: number
      readonly elapsedMs: number
      readonly at: string
    }
  /** The files of a fallback are ready; changes are brought back from now on. */
  | { readonly type: 'fallback-started'; readonly run: string; readonly folder: string; readonly at: string }
  /** Changes of the target were written into the files. Counts are those of the round. */
  | {
      readonly type: 'fallback-round'
      readonly tables: readonly BroughtBackTable[]
      /** Total of rows kept aside because the old layout refuses them. */
      readonly aside: number
      readonly elapsedMs: number
      readonly at: string
    }
  /** The target cannot be reached or refused; it will be retried. */
  | {
      readonly type: 'fallback-waiting'
      readonly reason: string
      readonly attempt: number
      readonly at: string
    }
  /** Writers of the target are locked out while the last changes are brought back. */
  | { readonly type: 'fallback-fenced'; readonly at: string }
  /** The command that starts the application on the files was started; the target takes no more writes. */
  | {
      readonly type: 'fallback-command-started'
      readonly folder: string
      readonly fencedMs: number
      readonly at: string
    }
  /** The copy paused at block boundaries. */
  | { readonly type: 'paused'; readonly at: string }
  /** The copy continued. */
  | { readonly type: 'unpaused'; readonly at: string }
  /** Following began or resumed, with this round in the target. */
  | {
      readonly type: 'follow-started'
      readonly run: string
      readonly round: number
      readonly epoch: number
      readonly at: string
    }
  /** The sources were read for a round: by their logs, or page by page. */
  | {
      readonly type: 'round-read'
      readonly round: number
      readonly how: 'log' | 'whole'
      readonly heldMs: number
      readonly at: string
    }
  /** The round's pages are on our disk: it will be applied, whatever happens. */
  | { readonly type: 'round-file-written'; readonly round: number; readonly at: string }
  /** The round was committed in the target. Row counts are totals since following began. */
  | {
      readonly type: 'round-committed'
      readonly round: number
      readonly inserted: number
      readonly updated: number
      readonly deleted: number
      readonly quarantined: number
      /** Totals of the following process, by table. */
      readonly tables: readonly TableTally[]
      readonly lagMs: number
      readonly elapsedMs: number
      readonly at: string
    }
  /** The target matches the sources as of `lagMs` ago. */
  | { readonly type: 'follow-lag'; readonly lagMs: number; readonly at: string }
  /** A source or the target cannot be used at present; it will be retried. */
  | {
      readonly type: 'follow-waiting'
      readonly reason: string
      readonly attempt: number
      readonly at: string
    }
  /** Following ended: another process has taken it over, or `gpt-migrate follow` will resume it. */
  | {
      readonly type: 'follow-stopped'
      readonly round: number
      readonly isTakenOver: boolean
      readonly at: string
    }
  /** The sources' writers were locked out. */
  | { readonly type: 'fence-held'; readonly at: string }
  /** The sources' writers were let in again. */
  | { readonly type: 'fence-opened'; readonly why: string; readonly at: string }
  /** The state shown by `gpt-migrate status` changed. */
  | {
      readonly type: 'state-changed'
      readonly from: FollowState
      readonly to: FollowState
      readonly at: string
    }
  /** The command that starts the application on PostgreSQL was started. */
  | { readonly type: 'command-started'; readonly at: string }
  /** That command ended; `exitCode` is null when a signal ended it. */
  | { readonly type: 'command-ended'; readonly exitCode: number | null; readonly at: string }
  /** The application uses PostgreSQL from now on. */
  | { readonly type: 'cut-over-finished'; readonly proven: boolean; readonly at: string }
  /** Nothing was switched: the application continues with SQLite. */
  | { readonly type: 'cut-over-aborted'; readonly why: string; readonly at: string }
  /** The run ended; `report.status` shows its outcome. */
  | { readonly type: 'run-finished'; readonly report: Report; readonly at: string }
  /** The run failed; no event follows. */
  | { readonly type: 'run-failed'; readonly error: PlainError; readonly at: string }

export type BroughtBackTable = {
  readonly tableId: string
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  /** Values that the old columns cannot hold exactly, by target column: they hold the nearest value. */
  readonly lost: readonly { readonly column: string; readonly rows: number }[]
}

export type PlannedTable = { readonly tableId: string; readonly target: string; readonly rows: number }

/** Commands of a face to a running engine; `stop` takes effect at the next block boundary. */
export type EngineCommand =
  | { readonly type: 'pause' }
  | { readonly type: 'unpause' }
  | { readonly type: 'stop'; readonly signal: 'SIGINT' | 'SIGTERM' }
  /** Clears an earlier stop: later calls run normally. */
  | { readonly type: 'reset' }
