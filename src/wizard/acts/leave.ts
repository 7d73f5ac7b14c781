/** Leaves the wizard. Leaving without a run ends with an exit code that no script takes for success. Pure. */
import { exitCodes } from '../../engine/door/index.ts'
import type { Turn, WizardState } from '../state/state.ts'
import { leave, noted, only } from '../state/transition.ts'
import { hasUnsavedChanges } from '../steps/preview.ts'
import { interruptCutOver, isCuttingOver } from './cutting-over.ts'
import { interruptFollowing, isFollowing, stopFollowing } from './following.ts'

/** Leaves, but asks first when changes to the plan are saved in no file. */
export function quit(state: WizardState): Turn {
  if (state.step === 'migration' && state.migration.phase === 'running')
    return noted(state, 'The copy is under way: p pauses it, ctrl+c stops it.')
  if (isCuttingOver(state))
    return noted(state, 'The cut-over is under way: ctrl+c stops it, as long as nothing is switched.')
  if (isFollowing(state)) return stopFollowing(state, { kind: 'leave', exitCode: exitCodeOf(state) })
  const mayLose = state.step !== 'migration' && state.step !== 'summary' && !state.leaving
  if (mayLose && hasUnsavedChanges(state.preview, state.given.options))
    return only({ ...state, leaving: true })
  return leave(state, exitCodeOf(state))
}

/** The first Ctrl+C stops a running copy at the block boundary, and otherwise leaves. The second never gets here (app.tsx). */
export function interrupt(state: WizardState, signal: 'SIGINT' | 'SIGTERM'): Turn {
  const { migration } = state
  if (isCuttingOver(state)) return interruptCutOver(state, signal)
  if (isFollowing(state)) return interruptFollowing(state, signal)
  if (state.step !== 'migration' || migration.phase !== 'running') {
    const code = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
    return leave(state, migration.report?.exitCode ?? code)
  }
  return {
    state: { ...state, note: null, migration: { ...migration, stopping: true } },
    effects: [{ type: 'command', command: { type: 'stop', signal } }],
  }
}

function exitCodeOf({ migration }: WizardState): number {
  if (migration.report !== null) return migration.report.exitCode
  return migration.error === null ? exitCodes.interrupted : exitCodes[migration.error.kind]
}
