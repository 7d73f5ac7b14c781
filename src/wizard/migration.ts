/** The fourth step: the run itself, as far as it has come. Pure. */
import { noProgress, type PlainError, type Progress, type Report } from '../engine/index.ts'

export type MigrationState = {
  readonly phase: 'idle' | 'running' | 'ended' | 'failed'
  readonly progress: Progress
  /** Epoch milliseconds of the latest look, which moves on although no event comes. */
  readonly now: number
  readonly pausing: boolean
  readonly stopping: boolean
  readonly report: Report | null
  /** Nothing was written, or the engine broke down: there is no report. */
  readonly error: PlainError | null
}

export const idleMigration: MigrationState = {
  phase: 'idle',
  progress: noProgress,
  now: 0,
  pausing: false,
  stopping: false,
  report: null,
  error: null,
}
