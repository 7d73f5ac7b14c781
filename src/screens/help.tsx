/** All keys that work where the help was asked for, from the one table of keys. */
import { formatCounted } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { bodyColumns, bodyRows, useLook } from '../ui/look.ts'
import { wrapText } from '../ui/text.ts'
import { wordOf, workingBindings } from '../wizard/keys/keys.ts'
import type { WizardState } from '../wizard/state.ts'
import { Frame, stepTitles } from './frame.tsx'

export function HelpScreen({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const there = { ...state, help: false }
  const lines = workingBindings(there)
    .filter(({ shown, explains }) => shown !== '' && explains !== '')
    .flatMap((binding) =>
      wrapText(binding.explains, bodyColumns(look) - 18).map((text, index) => ({
        key: index === 0 ? binding.shown : '',
        does: wordOf(binding, there),
        text,
      })),
    )
  const room = bodyRows(look) - 4
  return (
    <Frame
      state={state}
      height={lines.length + 3}
      promise="ctrl+c leaves; while copying it stops at the next block."
    >
      <Line tone="strong">{`Keys in ${stepTitles[state.step]}`}</Line>
      <Line />
      {lines.slice(0, room).map(({ key, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines stand by their place
        <Line key={index}>
          <Toned tone="mark">{`  ${key.padEnd(14)}`}</Toned>
          {text}
        </Line>
      ))}
      {lines.length > room && (
        <Line tone="quiet">{`  ${formatCounted(lines.length - room, 'line')} more in a taller terminal`}</Line>
      )}
    </Frame>
  )
}
