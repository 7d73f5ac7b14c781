/**
 * The wizard as data: where it is, every answer so far, and what each action makes of it. Invariant: `next` is pure; what the
 * engine has to do comes out as effects, and its answers come back as actions. No answer is lost by going back.
 */
import type {
  EngineCommand,
  ExitCode,
  KnownMapping,
  PlainError,
  Prepared,
  Progress,
  QuarantineEntry,
  Report,
  RunRequest,
  SampleRows,
} from './engine/index.ts'
import type { TextEdit } from './ui/text-edit.ts'
import { goBack } from './wizard/back.ts'
import { changePlan } from './wizard/change-plan.ts'
import {
  beginConnection,
  type ConnectionState,
  chooseKind,
  moveFocus,
  nextKind,
  type TargetKind,
  type TargetTest,
} from './wizard/connection.ts'
import {
  beginAdding,
  beginDiscovery,
  type DiscoveryAction,
  type DiscoveryState,
  toggle,
  toggleAll,
} from './wizard/discovery.ts'
import type { Effect } from './wizard/effects.ts'
import { beginTest, goOn } from './wizard/go-on.ts'
import { hear } from './wizard/hear.ts'
import { interrupt, quit } from './wizard/leave.ts'
import { idleMigration, type MigrationState } from './wizard/migration.ts'
import { moveCursor, openView } from './wizard/navigate.ts'
import { beginPreview, type PreviewState, type TableTab } from './wizard/preview.ts'
import { beginSummary, type SummaryState } from './wizard/summary.ts'
import { only } from './wizard/turn.ts'
import { typeText } from './wizard/type-text.ts'

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

export function beginWizard(given: RunRequest): Turn {
  const state: WizardState = {
    given,
    mapping: { databases: [], schemas: [], extensions: [] },
    step: 'discovery',
    help: false,
    note: null,
    discovery: beginDiscovery(given),
    connection: beginConnection(given),
    preview: beginPreview(given.options),
    migration: idleMigration,
    summary: beginSummary(given.keepRunning),
    exitCode: null,
  }
  return { state, effects: [{ type: 'know-mapping' }, { type: 'search', paths: state.discovery.paths }] }
}

export function next(before: WizardState, action: Action): Turn {
  // Whoever left does nothing more.
  if (before.exitCode !== null && isFromKeys(action)) return only(before)
  const state = isFromKeys(action) && before.note !== null ? { ...before, note: null } : before
  switch (action.type) {
    case 'go-on':
      return goOn(state)
    case 'back':
      return only(goBack(state))
    case 'move':
      return only(moveCursor(state, action.by))
    case 'edit':
      return only(typeText(state, action.edit))
    case 'toggle-help':
      return only({ ...state, help: !state.help })
    case 'quit':
      return quit(state)
    case 'interrupt':
      return interrupt(state, action.signal)
    case 'toggle':
      return only({ ...state, discovery: toggle(state.discovery) })
    case 'toggle-all':
      return only({ ...state, discovery: toggleAll(state.discovery) })
    case 'begin-adding':
      return only({ ...state, discovery: beginAdding(state.discovery) })
    case 'move-focus':
      return only({ ...state, connection: moveFocus(state.connection, action.by) })
    case 'choose-kind':
      return only({ ...state, connection: chooseKind(state.connection, action.kind) })
    case 'next-kind':
      return only({ ...state, connection: nextKind(state.connection, action.by) })
    case 'test':
    case 'create-database':
      return beginTest(state, action.type === 'create-database')
    case 'open':
      return openView(state, action.view)
    case 'tab':
      return openView(state, action.by)
    case 'change':
      return changePlan(state, action.change)
    case 'toggle-pause': {
      const pausing = !state.migration.pausing
      const command: EngineCommand = { type: pausing ? 'pause' : 'unpause' }
      return {
        state: { ...state, migration: { ...state.migration, pausing } },
        effects: [{ type: 'command', command }],
      }
    }
    case 'toggle-keep-running':
      return only({ ...state, summary: { ...state.summary, keepRunning: !state.summary.keepRunning } })
    default:
      return hear(state, action)
  }
}

const fromKeys: ReadonlySet<Action['type']> = new Set([
  'go-on',
  'back',
  'move',
  'edit',
  'toggle-help',
  'quit',
  'toggle',
  'toggle-all',
  'begin-adding',
  'move-focus',
  'choose-kind',
  'next-kind',
  'test',
  'create-database',
  'open',
  'tab',
  'change',
  'toggle-pause',
  'toggle-keep-running',
])

const isFromKeys = (action: Action): boolean => fromKeys.has(action.type)
