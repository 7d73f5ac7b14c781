/** Asks before unsaved changes to the plan are lost. */
import { formatCounted } from '../ui/format.ts'
import { Line } from '../ui/line.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { Frame } from './frame.tsx'

export function LeavingScreen({ state }: { readonly state: WizardState }) {
  const { edits } = state.preview
  return (
    <Frame state={state} promise="Nothing has been written to the target.">
      <Line tone="strong">Leave without saving the plan?</Line>
      <Line />
      <Line>
        {edits.length === 0
          ? '  An option was switched, which no file holds.'
          : `  ${formatCounted(edits.length, 'change')} to the plan would be lost.`}
      </Line>
      <Line> A saved plan is run with gpt-migrate --plan FILE.</Line>
    </Frame>
  )
}
