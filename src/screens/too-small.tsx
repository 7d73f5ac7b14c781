/** Shown when the terminal is smaller than the screens need; nothing is lost when it grows again. */
import { totalRows } from '../engine/door/index.ts'
import { smallestTerminal } from '../faces/choose-face.ts'
import { formatCount } from '../ui/format.ts'
import { Line } from '../ui/line.tsx'
import type { WizardState } from '../wizard/state/state.ts'

export function TooSmall({ state }: { readonly state: WizardState }) {
  const { columns, rows } = smallestTerminal
  const { done, total } = totalRows(state.migration.progress)
  return (
    <>
      {state.step === 'migration' && <Line>{`${formatCount(done)} of ${formatCount(total)} rows`}</Line>}
      <Line>{`Needs ${columns} x ${rows} cells`}</Line>
    </>
  )
}
