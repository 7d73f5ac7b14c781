/** The choices for a finished run on the target, and their outcomes. Pure. */
import { type Answer, noProgress, type PlainError, type Progress } from '../../engine/door/index.ts'
import { noText, type TextValue } from '../../ui/text-edit.ts'
import type { Loaded } from './preview.ts'

export const finishedChoices = ['verify', 'report', 'roll-back', 'continue'] as const
export type FinishedChoice = (typeof finishedChoices)[number]

export type FinishedState = {
  readonly view: 'choices' | 'verify' | 'roll-back'
  readonly choice: FinishedChoice
  /** The number of the latest question; answers to older ones are dropped. */
  readonly asked: number
  readonly verified: Loaded<Answer<'verifyAgain'>> | null
  /** The progress of the verification. */
  readonly progress: Progress
  /** What a rollback would remove. */
  readonly removes: Loaded<Answer<'previewRollback'>> | null
  readonly scroll: number
  /** The database's name, typed to confirm the rollback. */
  readonly typedName: TextValue
  readonly isRollingBack: boolean
  readonly error: PlainError | null
}

export const beginFinished: FinishedState = {
  view: 'choices',
  choice: 'verify',
  asked: 0,
  verified: null,
  progress: noProgress,
  removes: null,
  scroll: 0,
  typedName: noText,
  isRollingBack: false,
  error: null,
}
