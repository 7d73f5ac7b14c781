/** Follows the sources after the run, from the summary, until it is stopped and something else is done. Pure. */
import { type Answer, exitCodes, noFollowing, type TableTally } from '../../engine/door/index.ts'
import type { Answered, Turn, WizardState } from '../state/state.ts'
import { changed, leave, only } from '../state/transition.ts'
import { type Afterwards, type FollowingState, idleFollowing } from '../steps/after-run.ts'
import { targetText } from '../steps/connection.ts'
import type { Effect } from '../steps/effects.ts'

/** Whether the run's data is in the target, so that it can be followed, cut over and queried. */
export const isMoved = ({ migration }: WizardState): boolean =>
  migration.report?.status === 'ok' || migration.report?.status === 'quarantined'

export const isFollowing = ({ following }: WizardState): boolean =>
  following.phase === 'running' || following.phase === 'stopping'

/** Starts following again; the screen stays the same. */
export function beginFollowing(state: WizardState): Turn {
  const { report } = state.migration
  if (report === null || isFollowing(state)) return only(state)
  // The history of the lag continues; the counters start at zero.
  const { tables, quarantined, startedAt, waiting } = noFollowing
  const progress = { ...state.following.progress, tables, quarantined, startedAt, waiting }
  return {
    state: { ...state, following: { ...idleFollowing, progress, phase: 'running' } },
    effects: [{ type: 'follow', run: report.run, target: targetText(state.connection) }],
  }
}

/** Opens the screen for following, and starts following unless it already runs. */
export function openFollowing(state: WizardState): Turn {
  if (!isMoved(state)) return only(state)
  return beginFollowing(changed(state, 'summary', { view: 'following', line: 0 }))
}

/** Stops following and does `afterwards` next; at once when following does not run. */
export function stopFollowing(
  state: WizardState,
  afterwards: Afterwards,
  signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
): Turn {
  const { following } = state
  const waiting: WizardState = changed(state, 'following', { afterwards, phase: 'stopping' })
  if (!isFollowing(state)) return afterFollowing({ ...waiting, following: { ...following, afterwards } })
  const effects: Effect[] =
    following.phase === 'running' ? [{ type: 'command', command: { type: 'stop', signal } }] : []
  return { state: waiting, effects }
}

export function interruptFollowing(state: WizardState, signal: 'SIGINT' | 'SIGTERM'): Turn {
  const exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
  return stopFollowing(state, { kind: 'leave', exitCode }, signal)
}

type FollowingAnswer = Extract<Answered, { type: 'following-progressed' | 'following-ended' }>

export function applyFollowing(state: WizardState, action: FollowingAnswer): Turn {
  switch (action.type) {
    case 'following-progressed':
      return only(changed(state, 'following', { progress: action.progress, now: action.now }))
    case 'following-ended':
      return afterFollowing(changed(state, 'following', { phase: endOf(action.answer) }))
    default:
      return action satisfies never
  }
}

const endOf = ({ isTakenOver }: Answer<'follow'>): FollowingState['phase'] =>
  isTakenOver ? 'taken-over' : 'stopped'

export function afterFollowing(state: WizardState): Turn {
  const { afterwards, error } = state.following
  const settled: WizardState = changed(state, 'following', { afterwards: { kind: 'stay' } })
  switch (afterwards.kind) {
    case 'stay':
      return only(settled)
    case 'summary':
      // An error stays on screen until it is read.
      return only(error === null ? changed(settled, 'summary', { view: 'tables', line: 0 }) : settled)
    case 'leave':
      return leave(settled, afterwards.exitCode)
    case 'effect':
      return { state: settled, effects: [afterwards.effect] }
    default:
      return afterwards satisfies never
  }
}

/** The tables with the most changes first. */
export function changedTables({ progress }: FollowingState): readonly TableTally[] {
  return progress.tables.toSorted((a, b) => changesOf(b) - changesOf(a))
}

const changesOf = ({ inserted, updated, deleted }: TableTally): number => inserted + updated + deleted
