/** The wizard's state as data, and the actions that change it. */
import type {
  ExitCode,
  KnownMapping,
  PlainError,
  Prepared,
  Progress,
  QuarantineEntry,
  Report,
  RunRequest,
  SampleRows,
} from '../engine/door/index.ts'
import type { TextEdit } from '../ui/text-edit.ts'
import type { ConnectionState, TargetKind, TargetTest } from './connection.ts'
import type { DiscoveryAction, DiscoveryState } from './discovery.ts'
import type { Effect } from './effects.ts'
import type { MigrationState } from './migration.ts'
import type { PreviewState, TableTab } from './preview.ts'
import type { SummaryState } from './summary.ts'

export const steps = ['discovery', 'connection', 'preview', 'migration', 'summary'] as const
export type Step = (typeof steps)[number]

export type WizardState = {
  readonly given: RunRequest
  /** What the GPT-Trader mapping knows, as soon as the engine has said it. */
  readonly mapping: KnownMapping
  readonly step: Step
  readonly help: boolean
  /** A sentence in answer to the last key; gone with the next one. */
  readonly note: string | null
  readonly discovery: DiscoveryState
  readonly connection: ConnectionState
  readonly preview: PreviewState
  readonly migration: MigrationState
  readonly summary: SummaryState
  /** Set when the wizard is over. */
  readonly exitCode: ExitCode | number | null
}

export type Action =
  /** From keys. */
  | { readonly type: 'go-on' }
  | { readonly type: 'back' }
  | { readonly type: 'move'; readonly by: number }
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
  | { readonly type: 'toggle-pause' }
  | { readonly type: 'toggle-keep-running' }
  /** From the engine. */
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
  | TableTab

export type PlanChange = 'exclude' | 'fate' | 'allow-missing' | 'fix' | 'undo'

export type Answered =
  | Exclude<DiscoveryAction, { type: 'toggle' | 'toggle-all' | 'begin-adding' }>
  | { readonly type: 'mapping-known'; readonly mapping: KnownMapping }
  | { readonly type: 'test-passed'; readonly id: number; readonly test: TargetTest }
  | { readonly type: 'test-failed'; readonly id: number; readonly error: PlainError }
  | { readonly type: 'resume-refused'; readonly job: number; readonly error: PlainError }
  | { readonly type: 'prepared'; readonly job: number; readonly prepared: Prepared }
  | { readonly type: 'prepare-failed'; readonly job: number; readonly error: PlainError }
  | { readonly type: 'sampled'; readonly tableId: string; readonly sample: SampleRows }
  | { readonly type: 'sample-failed'; readonly tableId: string; readonly error: PlainError }
  | { readonly type: 'ddl-written'; readonly tableId: string; readonly sql: string }
  | { readonly type: 'ddl-failed'; readonly tableId: string; readonly error: PlainError }
  | { readonly type: 'plan-saved'; readonly path: string }
  | { readonly type: 'plan-not-saved'; readonly error: PlainError }
  | { readonly type: 'progressed'; readonly progress: Progress; readonly now: number }
  | { readonly type: 'run-ended'; readonly report: Report }
  | { readonly type: 'run-failed'; readonly error: PlainError }
  | { readonly type: 'rejects-listed'; readonly entries: readonly QuarantineEntry[] }
  | { readonly type: 'rejects-failed'; readonly error: PlainError }

export type Turn = { readonly state: WizardState; readonly effects: readonly Effect[] }
