/** The state of what follows the run: following, the cut-over, the application's SQL. Pure. */
import {
  type Answer,
  type CutOverProgress,
  type FollowingProgress,
  noCutOver,
  noFollowing,
  noProgress,
  type PlainError,
  type Progress,
} from '../../engine/door/index.ts'
import { noText, type TextValue, textValue } from '../../ui/text-edit.ts'
import type { Effect } from './effects.ts'
import type { Loaded } from './preview.ts'

export type FollowingState = {
  readonly phase: 'idle' | 'running' | 'stopping' | 'stopped' | 'taken-over' | 'failed'
  readonly progress: FollowingProgress
  /** Epoch milliseconds of the last update; the clock advances even without events. */
  readonly now: number
  /** What to do once following has stopped. */
  readonly afterwards: Afterwards
  readonly error: PlainError | null
}

export type Afterwards =
  | { readonly kind: 'stay' }
  | { readonly kind: 'summary' }
  | { readonly kind: 'leave'; readonly exitCode: number }
  /** Performed only then, because a run must not be followed twice at once. */
  | { readonly kind: 'effect'; readonly effect: Effect }

export const idleFollowing: FollowingState = {
  phase: 'idle',
  progress: noFollowing,
  now: 0,
  afterwards: { kind: 'stay' },
  error: null,
}

export const cutOverFields = ['onCutover', 'beforeCutover', 'onAbort', 'name'] as const
export type CutOverField = (typeof cutOverFields)[number]

export type CutOverState = {
  readonly phase: 'idle' | 'rehearsing' | 'asking' | 'running' | 'ended'
  /** What a rehearsal found; it changes nothing. */
  readonly rehearsal: Loaded<Answer<'cutOver'>>
  readonly fields: Readonly<Record<CutOverField, TextValue>>
  readonly focus: CutOverField | 'accept'
  readonly accepts: boolean
  readonly progress: CutOverProgress
  /** Whether Ctrl+C was pressed during the cut-over. */
  readonly stopping: boolean
  readonly answer: Answer<'cutOver'> | null
  readonly error: PlainError | null
}

export const idleCutOver: CutOverState = {
  phase: 'idle',
  rehearsal: { kind: 'loading' },
  fields: { onCutover: noText, beforeCutover: noText, onAbort: noText, name: noText },
  focus: 'onCutover',
  accepts: false,
  progress: noCutOver,
  stopping: false,
  answer: null,
  error: null,
}

export type JudgingState = {
  readonly phase: 'asking' | 'running' | 'judged'
  readonly folder: TextValue
  readonly progress: Progress
  readonly answer: Answer<'judgeQueries'> | null
  readonly error: PlainError | null
}

export const idleJudging: JudgingState = {
  phase: 'asking',
  folder: textValue('.'),
  progress: noProgress,
  answer: null,
  error: null,
}
