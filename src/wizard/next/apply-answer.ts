/** Applies the engine's answers. Invariant: only the answer to the latest question has an effect. Pure. */

import { wishKey } from '../acts/change-plan.ts'
import { askToConfirm } from '../acts/confirm.ts'
import { applyCutOver } from '../acts/cutting-over.ts'
import { applyFollowing } from '../acts/following.ts'
import { applyJudging } from '../acts/judging.ts'
import { fetchTab, withDdl, withSample } from '../acts/open-table.ts'
import { applyFinished } from '../acts/past-run.ts'
import { applyCompletion, applySamples } from '../acts/paths.ts'
import type { Answered, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { passedTest, recalled, type TargetTest } from '../steps/connection.ts'
import { applySearch } from '../steps/discovery.ts'
import { keepingTable, type PreviewState } from '../steps/preview.ts'
import { leftAfter, withDone } from '../steps/run-progress.ts'
import { applyFailure } from './apply-failure.ts'
import { leaveConnection } from './proceed.ts'

export function applyAnswer(state: WizardState, action: Answered): Turn {
  const { connection, preview, migration } = state
  switch (action.type) {
    case 'database-found':
    case 'path-passed-over':
      return only({ ...state, discovery: applySearch(state.discovery, action) })
    case 'search-ended':
      // A note about the running search is outdated.
      return only({ ...state, note: null, discovery: applySearch(state.discovery, action) })
    case 'mapping-known':
      return only({ ...state, mapping: action.mapping })
    case 'test-passed':
      return action.id === connection.tests ? testPassed(state, action.test) : only(state)
    case 'prepare-progressed':
      return action.job === preview.job && preview.phase === 'preparing'
        ? only(changed(state, 'preview', { progress: action.progress }))
        : only(state)
    case 'prepared':
      return action.job === preview.job ? applyPreparation(state, action) : only(state)
    case 'sampled':
      return only(withSample(state, action, { kind: 'ready', value: action.sample }))
    case 'ddl-written':
      return only(withDdl(state, action, { kind: 'ready', value: action.sql }))
    case 'plan-saved':
      return only(
        changed(state, 'preview', {
          saved: { kind: 'ready', value: action.path },
          savedChanges: action.changes,
        }),
      )
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
    case 'rejects-listed':
      return only(changed(state, 'summary', { rejects: { kind: 'ready', value: action.entries } }))
    case 'path-completed':
      return applyCompletion(state, action)
    case 'samples-made':
      return applySamples(state, action.folder)
    case 'verify-progressed':
    case 'run-verified':
    case 'rollback-previewed':
    case 'rolled-back':
      return only(applyFinished(state, action))
    case 'following-progressed':
    case 'following-ended':
      return applyFollowing(state, action)
    case 'cut-over-progressed':
    case 'cut-over-ended':
      return applyCutOver(state, action)
    case 'queries-progressed':
    case 'queries-judged':
      return only(applyJudging(state, action))
    case 'target-recalled':
      return only({ ...state, connection: recalled(connection, action.target) })
    case 'failed':
      return applyFailure(state, action)
    case 'said':
      return noted(state, action.note)
    default:
      return action satisfies never
  }
}

function testPassed(state: WizardState, test: TargetTest): Turn {
  const { connection } = state
  const passed: WizardState = changed(state, 'connection', {
    tested: { kind: 'passed', test },
    focus: 'kind',
    view: 'address',
    resolving: 'none',
    resolveError: null,
    unfinishedChoice: state.given.startOver !== null ? 'start-over' : 'resume',
  })
  const proceeds = connection.proceedWhenPassed && state.step === 'connection'
  return proceeds ? leaveConnection(passed) : only(passed)
}

function applyPreparation(state: WizardState, action: Extract<Answered, { type: 'prepared' }>): Turn {
  const { preview, connection } = state
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
