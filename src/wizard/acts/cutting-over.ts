/** The cut-over that starts from following: a rehearsal that changes nothing, the confirmation, and the outcome. Pure. */
import {
  type CutOverAnswer,
  continuedSteps,
  cutOverDefaults,
  noCutOver,
  type PlainError,
} from '../../engine/door/index.ts'
import { editText, type TextEdit } from '../../ui/text-edit.ts'
import type { Answered, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { type CutOverField, type CutOverState, cutOverFields } from '../steps/after-run.ts'
import { passedTest, targetText } from '../steps/connection.ts'
import type { Effect } from '../steps/effects.ts'
import { beginFollowing, stopFollowing } from './following.ts'

/** The rows that following has put into quarantine since the run, before and after the rehearsal. */
export function quarantinedSince({ cutOver, following }: WizardState): number {
  const tried = cutOver.rehearsal.kind === 'ready' ? cutOver.rehearsal.value.quarantined : 0
  return tried + following.progress.quarantined
}

/** Tables that can no longer be followed: PostgreSQL lacks what was written to them since. */
export const leftBehind = ({ following }: WizardState): readonly string[] =>
  following.progress.findings.flatMap(({ code, tableId }) =>
    code === 'table-not-followed' && tableId !== undefined ? [tableId] : [],
  )

export const needsAccept = (state: WizardState): boolean =>
  quarantinedSince(state) > 0 || leftBehind(state).length > 0

/** Opens the confirmation, after a rehearsal that finds its facts; text typed before is kept. */
export function openCutOver(state: WizardState): Turn {
  const { cutOver, summary } = state
  const opened: WizardState = {
    ...state,
    summary: { ...summary, view: 'cut-over', line: 0 },
    cutOver: {
      ...cutOver,
      phase: 'rehearsing',
      rehearsal: { kind: 'loading' },
      progress: noCutOver,
      stopping: false,
      error: null,
    },
  }
  return stopFollowing(opened, { kind: 'effect', effect: effectOf(opened, true) })
}

/** Starts the cut-over, provided the database's name was typed and the quarantined rows were accepted. */
function beginCutOver(state: WizardState): Turn {
  const { cutOver } = state
  const test = passedTest(state)
  if (test === null) return only(state)
  if (cutOver.rehearsal.kind !== 'ready')
    return noted(state, 'The writers could not be kept out: esc, then c tries again.')
  const { database } = test.address
  if (cutOver.fields.name.text.trim() !== database)
    return noted(state, `Type the name of the database, ${database}, to cut over.`)
  if (needsAccept(state) && !cutOver.accepts)
    return noted(
      changed(state, 'cutOver', { focus: 'accept' }),
      'PostgreSQL would lack what following could not bring over: accept that, or correct it first.',
    )
  const begun: WizardState = changed(state, 'cutOver', {
    phase: 'running',
    progress: noCutOver,
    stopping: false,
  })
  return stopFollowing(begun, { kind: 'effect', effect: effectOf(begun, false) })
}

function effectOf(state: WizardState, isDry: boolean): Effect {
  const { cutOver, connection, migration } = state
  const command = (field: CutOverField): string | null => cutOver.fields[field].text.trim() || null
  const { within, fence, hold } = cutOverDefaults
  return {
    type: 'cut-over',
    target: targetText(connection),
    request: {
      run: migration.report!.run,
      onCutover: command('onCutover'),
      beforeCutover: command('beforeCutover'),
      onAbort: command('onAbort'),
      withinMs: within * 1000,
      fenceMs: fence * 1000,
      holdMs: hold * 1000,
      acceptsQuarantine: cutOver.accepts,
      exclude: cutOver.accepts ? leftBehind(state) : [],
      keepsFallback: true,
      isDry,
    },
  }
}

/** The confirmation's fields, in the order of Tab. */
function cutOverStops(state: WizardState): readonly CutOverState['focus'][] {
  return needsAccept(state) ? ['onCutover', 'beforeCutover', 'onAbort', 'accept', 'name'] : cutOverFields
}

export function moveCutOverFocus(state: WizardState, by: 1 | -1): WizardState {
  const stops = cutOverStops(state)
  const at = (Math.max(0, stops.indexOf(state.cutOver.focus)) + by + stops.length) % stops.length
  return changed(state, 'cutOver', { focus: stops[at]! })
}

/** Enter: moves to the next field, and starts the cut-over from the last. */
export const proceedInCutOver = (state: WizardState): Turn =>
  state.cutOver.focus === 'name' ? beginCutOver(state) : only(moveCutOverFocus(state, 1))

export const toggleAccept = (state: WizardState): WizardState =>
  changed(state, 'cutOver', { accepts: !state.cutOver.accepts })

export function editCutOver(state: WizardState, edit: TextEdit): WizardState {
  const { cutOver } = state
  const { focus, fields } = cutOver
  if (focus === 'accept') return state
  return changed(state, 'cutOver', { fields: { ...fields, [focus]: editText(fields[focus], edit) } })
}

/** A rehearsal or a cut-over is running, and its screen cannot be left. */
export const isCuttingOver = ({ cutOver: { phase } }: WizardState): boolean =>
  phase === 'rehearsing' || phase === 'running'

/** Escape: ignored during a rehearsal or a cut-over; afterwards closes the screen. */
export function leaveCutOver(state: WizardState): WizardState {
  const { cutOver } = state
  if (isCuttingOver(state)) return state
  const isOver = cutOver.phase === 'ended' && cutOver.answer !== null
  return changed(state, 'summary', { view: isOver ? 'tables' : 'following', line: 0 })
}

/** Stops the cut-over: before the switch, the writers are let in again; after it, nothing is undone. */
export function interruptCutOver(state: WizardState, signal: 'SIGINT' | 'SIGTERM'): Turn {
  return {
    state: changed(state, 'cutOver', { stopping: true }),
    effects: [{ type: 'command', command: { type: 'stop', signal } }],
  }
}

type CutOverAction = Extract<Answered, { type: 'cut-over-progressed' | 'cut-over-ended' }>

export function applyCutOver(state: WizardState, action: CutOverAction): Turn {
  switch (action.type) {
    case 'cut-over-progressed':
      return only(changed(state, 'cutOver', { progress: action.progress }))
    case 'cut-over-ended': {
      const { answer } = action
      if (!answer.isDry) return only(cutOverEnded(state, answer))
      return tried(state, { kind: 'ready', value: answer })
    }
    default:
      return action satisfies never
  }
}

/** The next steps in the report change, as they do in the report file. */
function cutOverEnded(state: WizardState, answer: CutOverAnswer): WizardState {
  const { report } = state.migration
  const ended = changed(state, 'cutOver', { phase: 'ended', answer })
  if (report === null || answer.state !== 'cut-over') return ended
  const nextSteps = continuedSteps(report.nextSteps, 'cut-over')
  return changed(ended, 'migration', { report: { ...report, nextSteps } })
}

export function applyFailedCutOver(state: WizardState, error: PlainError): Turn {
  return state.cutOver.phase === 'rehearsing'
    ? tried(state, { kind: 'failed', error })
    : only(changed(state, 'cutOver', { phase: 'ended', error }))
}

/** Following resumes while the person is asked to confirm. */
function tried(state: WizardState, rehearsal: CutOverState['rehearsal']): Turn {
  return beginFollowing(changed(state, 'cutOver', { phase: 'asking', focus: 'onCutover', rehearsal }))
}
