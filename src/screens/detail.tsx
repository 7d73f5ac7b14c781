/** One value, line or column in full. */
import { printable } from '../ui/format.ts'
import { bodyColumns } from '../ui/layout.ts'
import { Line } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { cutMiddle } from '../ui/text.ts'
import { detailLines, detailRows } from '../wizard/acts/open-detail.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { Frame } from './frame.tsx'
import { ScrolledLines } from './scrolled-lines.tsx'

export function DetailScreen({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const lines = detailLines(state)
  const rows = detailRows(state)
  return (
    <Frame state={state} promise="Control characters are shown as escapes; y copies the original.">
      <Line tone="strong">
        {cutMiddle(printable(state.detail?.title ?? ''), bodyColumns(look), symbols.more)}
      </Line>
      <Line />
      <ScrolledLines lines={lines.map((text) => ({ text }))} from={state.detail?.scroll ?? 0} height={rows} />
    </Frame>
  )
}
