/** Folds a run's events into its progress while passing them on; the report takes its times from it. */
import { advance, noProgress, type Progress } from './progress.ts'
import type { RunContext } from './run-context.ts'

export function recordProgress(context: RunContext): {
  readonly context: RunContext
  readonly progressSoFar: () => Progress
} {
  let progress = noProgress
  return {
    context: {
      control: context.control,
      emit(event) {
        progress = advance(progress, event)
        context.emit(event)
      },
    },
    progressSoFar: () => progress,
  }
}
