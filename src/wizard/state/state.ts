/** The wizard's state as data, and the actions that change it. */

import type {
  Answer,
  CutOverProgress,
  ExitCode,
  FollowingProgress,
  KnownMapping,
  PlainError,
  Prepared,
  Progress,
  QuarantineEntry,
  Report,
  RunRequest,
  SampleRows,
} from '../../engine/door/index.ts'
import type { TextEdit } from '../../ui/text-edit.ts'
import type { CutOverState, FollowingState, JudgingState } from '../steps/after-run.ts'
import type { ConnectionState, TargetKind, TargetTest } from '../steps/connection.ts'
import type { DiscoveryAction, DiscoveryState } from '../steps/discovery.ts'
import type { Effect } from '../steps/effects.ts'
import type { FinishedState } from '../steps/finished-run.ts'
import type { PlanChanges, PreviewState, TableTab } from '../steps/preview.ts'
import type { MigrationState } from '../steps/run-progress.ts'
import type { SummaryState } from '../steps/summary.ts'

export const steps = ['discovery', 'connection', 'preview', 'migration', 'summary'] as const
export type Step = (typeof steps)[number]

export type WizardState = {
  readonly given: RunRequest
  /** What the GPT-Trader mapping knows; the engine reports it after the start. */
  readonly mapping: KnownMapping
  readonly step: Step
  readonly help: boolean
  /** The first visible line of the help. */
  readonly helpScroll: number
  readonly terminal: { readonly columns: number; readonly rows: number }
  /** A value, a line or a column in full, shown over the current screen. */
  readonly detail: Detail | null
  /** Whether the question about unsaved changes is open. */
  readonly leaving: boolean
  /** An answer to the last key; removed by the next one. */
  readonly note: Note | null
  readonly discovery: DiscoveryState
  readonly connection: ConnectionState
  readonly finished: FinishedState
  readonly preview: PreviewState
  readonly migration: MigrationState
  readonly summary: SummaryState
  readonly following: FollowingState
  readonly cutOver: CutOverState
  readonly judging: JudgingState
  /** Set when the wizard ends; null before. */
  readonly exitCode: ExitCode | number | null
}

export type Note = {
  readonly text: string
  /** Whether the note says that something was refused or is missing. */
  readonly isWarning: boolean
}

export type Detail = {
  readonly title: string
  /** The original text: shown with visible control characters, copied without. */
  readonly text: string
  readonly scroll: number
}

export type Action =
  /** Actions from keys. */
  | { readonly type: 'proceed' }
  | { readonly type: 'back' }
  | { readonly type: 'move'; readonly by: number }
  | { readonly type: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly type: 'edit'; readonly edit: TextEdit }
  | { readonly type: 'toggle-help' }
  | { readonly type: 'quit' }
  | { readonly type: 'interrupt'; readonly signal: 'SIGINT' | 'SIGTERM' }
  | Extract<DiscoveryAction, { type: 'toggle' | 'toggle-all' | 'begin-adding' }>
  | { readonly type: 'move-focus'; readonly by: 1 | -1 }
  | { readonly type: 'choose-kind'; readonly kind: TargetKind }
  | { readonly type: 'next-kind'; readonly by: 1 | -1 }
  | { readonly type: 'test' }
  | { readonly type: 'create-database' }
  | { readonly type: 'open'; readonly view: OpenedView }
  | { readonly type: 'tab'; readonly by: 1 | -1 }
  | { readonly type: 'change'; readonly change: PlanChange }
  | { readonly type: 'mark' }
  | { readonly type: 'mark-all' }
  | { readonly type: 'next-row'; readonly by: 1 | -1 }
  | { readonly type: 'complete' }
  | { readonly type: 'make-samples' }
  | { readonly type: 'copy' }
  | { readonly type: 'open-report' }
  | { readonly type: 'toggle-pause' }
  | { readonly type: 'toggle-keep-running' }
  | { readonly type: 'toggle-accept' }
  /** Actions from the engine. */
  | Answered

export type OpenedView =
  | 'inside'
  | 'passed-over'
  | 'findings'
  | 'saving'
  | 'confirm'
  | 'filter'
  | 'edit-type'
  | 'edit-target'
  | 'rejects'
  | 'following'
  | 'cut-over'
  | 'queries'
  | TableTab

export type PlanChange = 'exclude' | 'fate' | 'allow-missing' | 'exact' | 'views' | 'widen' | 'fix' | 'undo'

export type Answered =
  | Exclude<DiscoveryAction, { type: 'toggle' | 'toggle-all' | 'begin-adding' }>
  | { readonly type: 'mapping-known'; readonly mapping: KnownMapping }
  | { readonly type: 'test-passed'; readonly id: number; readonly test: TargetTest }
  | { readonly type: 'prepared'; readonly job: number; readonly prepared: Prepared }
  | { readonly type: 'prepare-progressed'; readonly job: number; readonly progress: Progress }
  | { readonly type: 'sampled'; readonly job: number; readonly tableId: string; readonly sample: SampleRows }
  | { readonly type: 'ddl-written'; readonly job: number; readonly tableId: string; readonly sql: string }
  | { readonly type: 'plan-saved'; readonly path: string; readonly changes: PlanChanges }
  | { readonly type: 'progressed'; readonly progress: Progress; readonly now: number }
  | { readonly type: 'run-ended'; readonly report: Report }
  | { readonly type: 'rejects-listed'; readonly entries: readonly QuarantineEntry[] }
  | {
      readonly type: 'path-completed'
      readonly asked: string
      readonly text: string
      readonly choices: readonly string[]
    }
  | { readonly type: 'samples-made'; readonly folder: string }
  | { readonly type: 'verify-progressed'; readonly asked: number; readonly progress: Progress }
  | { readonly type: 'run-verified'; readonly asked: number; readonly answer: Answer<'verifyAgain'> }
  | {
      readonly type: 'rollback-previewed'
      readonly asked: number
      readonly preview: Answer<'previewRollback'>
    }
  | { readonly type: 'rolled-back'; readonly asked: number; readonly run: string; readonly test: TargetTest }
  | { readonly type: 'target-recalled'; readonly target: string | null }
  | { readonly type: 'following-progressed'; readonly progress: FollowingProgress; readonly now: number }
  | { readonly type: 'following-ended'; readonly answer: Answer<'follow'> }
  | { readonly type: 'cut-over-progressed'; readonly progress: CutOverProgress }
  | { readonly type: 'cut-over-ended'; readonly answer: Answer<'cutOver'> }
  | { readonly type: 'queries-progressed'; readonly progress: Progress }
  | { readonly type: 'queries-judged'; readonly answer: Answer<'judgeQueries'> }
  | { readonly type: 'failed'; readonly effect: Effect; readonly error: PlainError }
  | { readonly type: 'said'; readonly note: string }

export type Turn = { readonly state: WizardState; readonly effects: readonly Effect[] }
