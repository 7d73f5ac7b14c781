/**
 * The wizard's transitions: the state after each action. Invariant: `next` is pure; calls to the engine are returned as effects, and the
 * engine's answers come back as actions. Going back loses no answer.
 */
import type { EngineCommand, RunRequest } from '../../engine/door/index.ts'
import { changePlan, toggleMark, toggleMarks } from '../acts/change-plan.ts'
import { moveCutOverFocus, toggleAccept } from '../acts/cutting-over.ts'
import { stopFollowing } from '../acts/following.ts'
import { interrupt, quit } from '../acts/leave.ts'
import { copy, openReport } from '../acts/next-steps.ts'
import { complete, makeSamples } from '../acts/paths.ts'
import { placeOf } from '../state/place.ts'
import type { Action, Turn, WizardState } from '../state/state.ts'
import { changed, only } from '../state/transition.ts'
import { idleCutOver, idleFollowing, idleJudging } from '../steps/after-run.ts'
import { beginConnection, chooseKind, moveFocus, nextKind } from '../steps/connection.ts'
import { beginAdding, beginDiscovery, toggle, toggleAll } from '../steps/discovery.ts'
import { beginFinished } from '../steps/finished-run.ts'
import { beginPreview } from '../steps/preview.ts'
import { idleMigration } from '../steps/run-progress.ts'
import { beginSummary } from '../steps/summary.ts'
import { applyAnswer } from './apply-answer.ts'
import { goBack } from './back.ts'
import { moveCursor, nextSampleRow, openView } from './navigate.ts'
import { beginTest, proceed } from './proceed.ts'
import { typeText } from './type-text.ts'

export function beginWizard(given: RunRequest): Turn {
  const state: WizardState = {
    given,
    mapping: { databases: [], schemas: [], extensions: [] },
    step: 'discovery',
    help: false,
    helpScroll: 0,
    terminal: { columns: 80, rows: 24 },
    detail: null,
    leaving: false,
    note: null,
    discovery: beginDiscovery(given),
    connection: beginConnection(given),
    finished: beginFinished,
    preview: beginPreview(given.options),
    migration: idleMigration,
    summary: beginSummary(given.keepRunning),
    following: idleFollowing,
    cutOver: idleCutOver,
    judging: idleJudging,
    exitCode: null,
  }
  return {
    state,
    effects: [
      { type: 'know-mapping' },
      { type: 'recall-target' },
      { type: 'search', search: state.discovery.searches, paths: state.discovery.paths },
    ],
  }
}

export function next(before: WizardState, action: Action): Turn {
  // Keys are ignored once the wizard is over.
  if (before.exitCode !== null && isFromKeys(action)) return only(before)
  const state = isFromKeys(action) ? withoutStale(before, action) : before
  switch (action.type) {
    case 'proceed':
      return proceed(state)
    case 'back':
      return placeOf(state) === 'following' ? stopFollowing(state, { kind: 'summary' }) : only(goBack(state))
    case 'move':
      return only(moveCursor(state, action.by))
    case 'edit':
      return only(typeText(state, action.edit))
    case 'toggle-help':
      return only({ ...state, help: !state.help, helpScroll: 0 })
    case 'resized':
      return only({ ...state, terminal: { columns: action.columns, rows: action.rows } })
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
      return only(
        state.step === 'summary'
          ? moveCutOverFocus(state, action.by)
          : { ...state, connection: moveFocus(state.connection, action.by) },
      )
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
    case 'mark':
      return only(toggleMark(state))
    case 'mark-all':
      return only(toggleMarks(state))
    case 'next-row':
      return only(nextSampleRow(state, action.by))
    case 'complete':
      return complete(state)
    case 'make-samples':
      return makeSamples(state)
    case 'copy':
      return copy(state)
    case 'open-report':
      return openReport(state)
    case 'toggle-pause': {
      const pausing = !state.migration.pausing
      const command: EngineCommand = { type: pausing ? 'pause' : 'unpause' }
      return {
        state: changed(state, 'migration', { pausing }),
        effects: [{ type: 'command', command }],
      }
    }
    case 'toggle-keep-running':
      return only(changed(state, 'summary', { keepRunning: !state.summary.keepRunning }))
    case 'toggle-accept':
      return only(toggleAccept(state))
    default:
      return applyAnswer(state, action)
  }
}

/** Drops the note about an earlier key; the error of a refused change stays while the person types or reads the help. */
function withoutStale(state: WizardState, action: Action): WizardState {
  const keepsError = action.type === 'edit' || action.type === 'toggle-help'
  const { note, preview } = state
  if (note === null && (keepsError || preview.editError === null)) return state
  return { ...state, note: null, preview: keepsError ? preview : { ...preview, editError: null } }
}

const fromKeys: ReadonlySet<Action['type']> = new Set([
  'proceed',
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
  'mark',
  'mark-all',
  'next-row',
  'complete',
  'make-samples',
  'copy',
  'open-report',
  'toggle-pause',
  'toggle-keep-running',
  'toggle-accept',
])

const isFromKeys = (action: Action): boolean => fromKeys.has(action.type)
