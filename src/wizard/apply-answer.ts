/** What the engine answers, and what becomes of it. Answers to what was asked before something newer are dropped. Pure. */

import { wishKey } from './change-plan.ts'
import { askToConfirm } from './confirm.ts'
import { focusAfter } from './connection.ts'
import { applySearch } from './discovery.ts'
import { leaveConnection } from './go-on.ts'
import { withDone } from './migration.ts'
import type { Answered, Turn, WizardState } from './state.ts'
import { only } from './transition.ts'

export function applyAnswer(state: WizardState, action: Answered): Turn {
  const { connection, preview, migration, summary } = state
  switch (action.type) {
    case 'database-found':
    case 'path-passed-over':
    case 'search-ended':
    case 'search-failed':
      return only({ ...state, discovery: applySearch(state.discovery, action) })
    case 'mapping-known':
      return only({ ...state, mapping: action.mapping })
    case 'test-passed':
    case 'test-failed':
      return action.id === connection.tests ? applyTest(state, action) : only(state)
    case 'resume-refused':
      return only({
        ...state,
        connection: { ...connection, resolving: 'none', resolveError: action.error },
      })
    case 'prepared':
    case 'prepare-failed':
      return action.job === preview.job ? applyPreparation(state, action) : only(state)
    case 'sampled': {
      const samples = {
        ...preview.samples,
        [action.tableId]: { kind: 'ready', value: action.sample } as const,
      }
      return only({ ...state, preview: { ...preview, samples } })
    }
    case 'sample-failed': {
      const samples = {
        ...preview.samples,
        [action.tableId]: { kind: 'failed', error: action.error } as const,
      }
      return only({ ...state, preview: { ...preview, samples } })
    }
    case 'ddl-written': {
      const ddl = { ...preview.ddl, [action.tableId]: { kind: 'ready', value: action.sql } as const }
      return only({ ...state, preview: { ...preview, ddl } })
    }
    case 'ddl-failed': {
      const ddl = { ...preview.ddl, [action.tableId]: { kind: 'failed', error: action.error } as const }
      return only({ ...state, preview: { ...preview, ddl } })
    }
    case 'plan-saved':
      return only({ ...state, preview: { ...preview, saved: { kind: 'ready', value: action.path } } })
    case 'plan-not-saved':
      return only({ ...state, preview: { ...preview, saved: { kind: 'failed', error: action.error } } })
    case 'progressed':
      return only({
        ...state,
        migration: {
          ...migration,
          progress: action.progress,
          now: action.now,
          done: withDone(migration.done, action.progress),
        },
      })
    case 'run-ended':
      return only({
        ...state,
        step: 'summary',
        help: false,
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
      return only({ ...state, summary: { ...summary, rejects: { kind: 'ready', value: action.entries } } })
    case 'rejects-failed':
      return only({ ...state, summary: { ...summary, rejects: { kind: 'failed', error: action.error } } })
    default:
      return action satisfies never
  }
}

function applyTest(
  state: WizardState,
  action: Extract<Answered, { type: 'test-passed' | 'test-failed' }>,
): Turn {
  const { connection } = state
  if (action.type === 'test-failed') {
    if (connection.resolving === 'starting-over')
      return only({ ...state, connection: { ...connection, resolving: 'none', resolveError: action.error } })
    const tested = { kind: 'failed', error: action.error } as const
    const focus = focusAfter(connection, action.error)
    return only({ ...state, connection: { ...connection, tested, focus, goOnWhenPassed: false } })
  }
  const passed: WizardState = {
    ...state,
    connection: {
      ...connection,
      tested: { kind: 'passed', test: action.test },
      focus: 'kind',
      view: 'address',
      resolving: 'none',
      resolveError: null,
      unfinishedChoice: state.given.startOver ? 'start-over' : 'resume',
    },
  }
  const goesOn = connection.goOnWhenPassed && state.step === 'connection'
  return goesOn ? leaveConnection(passed) : only(passed)
}

function applyPreparation(
  state: WizardState,
  action: Extract<Answered, { type: 'prepared' | 'prepare-failed' }>,
): Turn {
  const { preview, connection } = state
  if (action.type === 'prepare-failed') {
    return preview.replanning
      ? only({
          ...state,
          preview: { ...preview, ...preview.planned, replanning: false, editError: action.error },
        })
      : only({
          ...state,
          preview: { ...preview, phase: 'failed', error: action.error, confirmWhenReady: false },
        })
  }
  const isResumed = connection.resolving === 'resuming' && connection.tested.kind === 'passed'
  const ready: WizardState = {
    ...state,
    step: isResumed ? 'preview' : state.step,
    connection: isResumed ? { ...connection, resolving: 'none', view: 'address' } : connection,
    preview: {
      ...preview,
      phase: 'ready',
      prepared: action.prepared,
      planned: { edits: preview.edits, allowMissing: preview.allowMissing },
      replanning: false,
      editError: null,
      samples: {},
      ddl: {},
      confirmWhenReady: false,
      ...(isResumed && connection.tested.kind === 'passed'
        ? {
            resumed: connection.tested.test.unfinished?.record ?? null,
            preparedFor: wishKey(state),
            view: 'tables' as const,
            cursor: 0,
          }
        : {}),
    },
  }
  return preview.confirmWhenReady && state.step === 'preview' && !preview.replanning
    ? askToConfirm(ready)
    : only(ready)
}
