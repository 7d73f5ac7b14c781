/** Listens to a stage while the play goes on: what was heard becomes the report's times. */
import { advance, noProgress, type Progress } from '../progress.ts'
import type { Stage } from './stage.ts'

export function listenTo(stage: Stage): { readonly stage: Stage; readonly heard: () => Progress } {
  let progress = noProgress
  return {
    stage: {
      control: stage.control,
      emit(event) {
        progress = advance(progress, event)
        stage.emit(event)
      },
    },
    heard: () => progress,
  }
}
