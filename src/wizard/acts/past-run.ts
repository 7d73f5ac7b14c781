/** A finished run on the target: verify it, open its report, roll it back, or continue. Pure. */
import { noProgress } from '../../engine/door/index.ts'
import { editText, noText, type TextEdit } from '../../ui/text-edit.ts'
import type { Answered, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only, remarked } from '../state/transition.ts'
import { passedTest, targetText } from '../steps/connection.ts'
import { beginFinished } from '../steps/finished-run.ts'

export const finishedRunOf = (state: WizardState) => passedTest(state)?.finished ?? null

/** Performs the marked choice; returns null for the one that continues to the preview. */
export function chooseFinished(state: WizardState): Turn | null {
  const run = finishedRunOf(state)
  if (run === null) return only(state)
  const { choice, asked } = state.finished
  const target = targetText(state.connection)
  const next = { asked: asked + 1, scroll: 0, error: null }
  switch (choice) {
    case 'verify':
      return {
        state: changed(state, 'finished', {
          ...next,
          view: 'verify',
          verified: { kind: 'loading' },
          progress: noProgress,
        }),
        effects: [{ type: 'verify-run', asked: asked + 1, run: run.run, target }],
      }
    case 'report':
      return run.report === null
        ? noted(state, 'Its report is not in the work folder any more.')
        : {
            state: remarked(state, `Opening ${run.report}`),
            effects: [{ type: 'open-file', path: run.report }],
          }
    case 'roll-back':
      return {
        state: changed(state, 'finished', {
          ...next,
          view: 'roll-back',
          removes: { kind: 'loading' },
          typedName: noText,
        }),
        effects: [{ type: 'preview-rollback', asked: asked + 1, run: run.run, target }],
      }
    case 'continue':
      return null
    default:
      return choice satisfies never
  }
}

/** Rolls back, provided the database's name was typed and the person has seen what would be removed. */
export function rollBack(state: WizardState): Turn {
  const run = finishedRunOf(state)
  const { finished, connection } = state
  const test = passedTest(state)
  if (run === null || test === null || finished.isRollingBack) return only(state)
  if (finished.removes?.kind !== 'ready')
    return noted(state, 'What would be removed is not known yet; a moment.')
  const { database } = test.address
  if (finished.typedName.text.trim() !== database)
    return noted(state, `Type the name of the database, ${database}, to roll the run back.`)
  const asked = finished.asked + 1
  return {
    state: changed(state, 'finished', { asked, isRollingBack: true, error: null }),
    effects: [{ type: 'roll-back', asked, run: run.run, target: targetText(connection), database }],
  }
}

/** Goes one step back; while a rollback runs, does nothing. */
export function leaveFinished(state: WizardState): WizardState {
  const { finished } = state
  if (finished.isRollingBack) return remarked(state, 'The run is being rolled back; a moment.')
  return finished.view === 'choices'
    ? changed(state, 'connection', { view: 'address' })
    : changed(state, 'finished', { view: 'choices', asked: finished.asked + 1, error: null })
}

export const editFinishedName = (state: WizardState, edit: TextEdit): WizardState =>
  changed(state, 'finished', { typedName: editText(state.finished.typedName, edit) })

type FinishedAnswer = Extract<
  Answered,
  {
    type: 'verify-progressed' | 'run-verified' | 'rollback-previewed' | 'rolled-back'
  }
>

export function applyFinished(state: WizardState, action: FinishedAnswer): WizardState {
  const { finished, connection } = state
  if (action.asked !== finished.asked) return state
  switch (action.type) {
    case 'verify-progressed':
      return changed(state, 'finished', { progress: action.progress })
    case 'run-verified':
      return changed(state, 'finished', { verified: { kind: 'ready', value: action.answer } })
    case 'rollback-previewed':
      return changed(state, 'finished', { removes: { kind: 'ready', value: action.preview } })
    case 'rolled-back':
      return {
        ...remarked(state, `Run ${action.run} was rolled back.`),
        finished: beginFinished,
        connection: {
          ...connection,
          tests: connection.tests + 1,
          tested: { kind: 'passed', test: action.test },
          view: 'address',
        },
      }
    default:
      return action satisfies never
  }
}
