/** A next step: a word, and the command or the file that it is about. */
import { printable } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { cutMiddle } from '../ui/text.ts'
import type { NextStep } from '../wizard/next-steps.ts'

/** A file is a link to it, where the terminal knows links. */
export function StepLine({ step, width }: { readonly step: NextStep; readonly width: number }) {
  const { symbols, links } = useLook()
  const file = /^\/.*?\.(html|json|md)(?= |$)/.exec(step.text)?.[0]
  // What follows a file's name is for the scrollback, where there is room.
  const shown = cutMiddle(printable(file ?? step.text), width - 10, symbols.more)
  return (
    <Line>
      <Toned tone="quiet">{step.word.padEnd(10)}</Toned>
      {links && file !== undefined ? fileLink(file, shown) : shown}
    </Line>
  )
}

/** OSC 8 of xterm's control sequences: a terminal that does not know it shows the text alone. */
const fileLink = (path: string, shown: string): string =>
  `\u001b]8;;file://${encodeURI(path)}\u0007${shown}\u001b]8;;\u0007`
