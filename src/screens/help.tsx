/** The help: the keys that work where it was opened, from the table of keys, and the glossary. */
import { Line } from '../ui/line.tsx'
import { helpLines, helpRows, helpTermWidth } from '../wizard/keys/help.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { Frame, stepTitles } from './frame.tsx'
import { ScrolledLines } from './scrolled-lines.tsx'

export function HelpScreen({ state }: { readonly state: WizardState }) {
  const lines = helpLines(state)
  const rows = helpRows(state)
  return (
    <Frame
      state={state}
      {...(state.step === 'migration' ? { height: Math.min(lines.length, rows) + 3 } : {})}
      promise="ctrl+c leaves; while copying it stops at the next block."
    >
      <Line tone="strong">{`Keys in ${stepTitles[state.step]}`}</Line>
      <Line />
      <ScrolledLines
        lines={lines.map(({ kind, term, text }) =>
          kind === 'title'
            ? { text: term, tone: 'strong' as const }
            : { lead: `  ${term.padEnd(helpTermWidth)}`, text },
        )}
        from={state.helpScroll}
        height={rows}
      />
    </Frame>
  )
}
