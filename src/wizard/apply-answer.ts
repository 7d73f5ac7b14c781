/** What the engine answers, and what becomes of it. Invariant: an answer to an earlier question than the newest changes nothing. Pure. */

import type { PlainError, SampleRows } from '../engine/door/index.ts'
import { wishKey } from './change-plan.ts'
import { askToConfirm } from './confirm.ts'
import { focusAfter, passedTest, recalled } from './connection.ts'
import { applyCutOver } from './cutting-over.ts'
import { applySearch } from './discovery.ts'
import { applyFollowing } from './following.ts'
import { applyJudging } from './judging.ts'
import { fetchTab } from './open-table.ts'
import { applyFinished } from './past-run.ts'
import { applyCompletion, applySamples } from './paths.ts'
import { keepingTable, type Loaded, openedTable, type PreviewState } from './preview.ts'
import { leaveConnection } from './proceed.ts'
import { leftAfter, withDone } from './run-progress.ts'
import type { Answered, Turn, WizardState } from './state.ts'
import { changed, noted, only } from './transition.ts'

export function applyAnswer(state: WizardState, action: Answered): Turn {
  const { connection, preview, migration } = state
  switch (action.type) {
    case 'database-found':
    case 'path-passed-over':
      return only({ ...state, discovery: applySearch(state.discovery, action) })
    case 'search-ended':
    case 'search-failed':
      // What was noted of a search that goes on holds no longer.
      return only({ ...state, note: null, discovery: applySearch(state.discovery, action) })
    case 'mapping-known':
      return only({ ...state, mapping: action.mapping })
    case 'test-passed':
    case 'test-failed':
      return action.id === connection.tests ? applyTest(state, action) : only(state)
    case 'resume-refused':
      return action.job === preview.job
        ? only(changed(state, 'connection', { resolving: 'none', resolveError: action.error }))
        : only(state)
    case 'prepare-progressed':
      return action.job === preview.job && preview.phase === 'preparing'
        ? only(changed(state, 'preview', { progress: action.progress }))
        : only(state)
    case 'prepared':
    case 'prepare-failed':
      return action.job === preview.job ? applyPreparation(state, action) : only(state)
    case 'sampled':
      return withSample(state, action, { kind: 'ready', value: action.sample })
    case 'sample-failed':
      return withSample(state, action, { kind: 'failed', error: action.error })
    case 'ddl-written':
      return withDdl(state, action, { kind: 'ready', value: action.sql })
    case 'ddl-failed':
      return withDdl(state, action, { kind: 'failed', error: action.error })
    case 'plan-saved':
      return only(
        changed(state, 'preview', {
          saved: { kind: 'ready', value: action.path },
          savedChanges: action.changes,
        }),
      )
    case 'plan-not-saved':
      return only(changed(state, 'preview', { saved: { kind: 'failed', error: action.error } }))
    case 'progressed':
      return only(
        changed(state, 'migration', {
          progress: action.progress,
          now: action.now,
          leftMs: leftAfter(migration, action),
          done: withDone(migration.done, action.progress),
        }),
      )
    case 'run-ended':
      return only({
        ...state,
        step: 'summary',
        help: false,
        detail: null,
        note: null,
        migration: { ...migration, phase: 'ended', report: action.report },
      })
    case 'run-failed':
      return only({
        ...state,
        help: false,
        migration: { ...migration, phase: 'failed', error: action.error },
      })
    case 'rejects-listed':
      return only(changed(state, 'summary', { rejects: { kind: 'ready', value: action.entries } }))
    case 'rejects-failed':
      return only(changed(state, 'summary', { rejects: { kind: 'failed', error: action.error } }))
    case 'path-completed':
      return applyCompletion(state, action)
    case 'samples-made':
    case 'samples-failed':
      return applySamples(state, action)
    case 'verify-progressed':
    case 'run-verified':
    case 'verify-failed':
    case 'rollback-previewed':
    case 'rolled-back':
    case 'rollback-failed':
      return only(applyFinished(state, action))
    case 'following-progressed':
    case 'following-ended':
    case 'following-failed':
      return applyFollowing(state, action)
    case 'cut-over-progressed':
    case 'cut-over-ended':
    case 'cut-over-failed':
      return applyCutOver(state, action)
    case 'queries-progressed':
    case 'queries-judged':
    case 'queries-failed':
      return only(applyJudging(state, action))
    case 'target-recalled':
      return only({ ...state, connection: recalled(connection, action.target) })
    case 'said':
      return noted(state, action.note)
    default:
      return action satisfies never
  }
}

type OfTable = { readonly job: number; readonly tableId: string }

/** Rows of an earlier plan are no answer to what is on screen. */
function withSample(state: WizardState, { job, tableId }: OfTable, sample: Loaded<SampleRows>): Turn {
  const { preview } = state
  if (job !== preview.planned.job) return only(state)
  return only(changed(state, 'preview', { samples: { ...preview.samples, [tableId]: sample } }))
}

function withDdl(state: WizardState, { job, tableId }: OfTable, sql: Loaded<string>): Turn {
  const { preview } = state
  if (job !== preview.planned.job) return only(state)
  return only(changed(state, 'preview', { ddl: { ...preview.ddl, [tableId]: sql } }))
}

function applyTest(
  state: WizardState,
  action: Extract<Answered, { type: 'test-passed' | 'test-failed' }>,
): Turn {
  const { connection } = state
  if (action.type === 'test-failed') {
    if (connection.resolving === 'starting-over')
      return only(changed(state, 'connection', { resolving: 'none', resolveError: action.error }))
    const tested = { kind: 'failed', error: action.error } as const
    const focus = focusAfter(connection, action.error)
    return only(changed(state, 'connection', { tested, focus, proceedWhenPassed: false }))
  }
  const passed: WizardState = changed(state, 'connection', {
    tested: { kind: 'passed', test: action.test },
    focus: 'kind',
    view: 'address',
    resolving: 'none',
    resolveError: null,
    unfinishedChoice: state.given.startOver !== null ? 'start-over' : 'resume',
  })
  const proceeds = connection.proceedWhenPassed && state.step === 'connection'
  return proceeds ? leaveConnection(passed) : only(passed)
}

function applyPreparation(
  state: WizardState,
  action: Extract<Answered, { type: 'prepared' | 'prepare-failed' }>,
): Turn {
  const { preview, connection } = state
  if (action.type === 'prepare-failed') {
    return preview.replanning
      ? only({ ...state, preview: refused(preview, action.error) })
      : only(changed(state, 'preview', { phase: 'failed', error: action.error, confirmWhenReady: false }))
  }
  const isResumed = connection.resolving === 'resuming' && passedTest(state) !== null
  const planned = { edits: preview.edits, options: preview.options, job: action.job }
  const made: PreviewState = {
    ...preview,
    phase: 'ready',
    prepared: action.prepared,
    planned,
    replanning: false,
    editError: null,
    asked: null,
    samples: {},
    ddl: {},
    confirmWhenReady: false,
  }
  const ready: WizardState = { ...state, preview: keepingTable(preview, made) }
  if (isResumed) return only(resumed(ready))
  if (preview.confirmWhenReady && state.step === 'preview' && !preview.replanning) return askToConfirm(ready)
  return fetchTab(ready)
}

/** The plan on screen stays, and what was typed comes back, if its table is still open. */
function refused(preview: PreviewState, error: PlainError): PreviewState {
  const { planned, asked } = preview
  const isOpen = asked !== null && preview.view === 'table' && openedTable(preview)?.id === asked.tableId
  const { edits, options } = planned
  return {
    ...preview,
    edits,
    options,
    replanning: false,
    editError: error,
    asked: null,
    editing: isOpen ? asked : preview.editing,
  }
}

function resumed(ready: WizardState): WizardState {
  const { connection, preview } = ready
  const record = passedTest(ready)?.unfinished?.record ?? null
  return {
    ...ready,
    step: 'preview',
    connection: { ...connection, resolving: 'none', view: 'address' },
    preview: { ...preview, resumed: record, preparedFor: wishKey(ready), view: 'tables', cursor: 0 },
  }
}
