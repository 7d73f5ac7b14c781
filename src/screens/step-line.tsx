/** A next step: a word, and the command or the file that it is about. */
import { printable } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { wrapCommand, wrapText } from '../ui/text.ts'
import { isCommand, type NextStep } from '../wizard/acts/next-steps.ts'

/** Nothing is cut: commands in lines that can be pasted, the rest wrapped; a file is a link, where the terminal knows links. */
export function StepLine({ step, width }: { readonly step: NextStep; readonly width: number }) {
  const { links } = useLook()
  const file = fileOf(step)
  const [first = '', ...rest] = stepTexts(step, width)
  const linked = (shown: string): string => (links && file !== undefined ? fileLink(file, shown) : shown)
  return (
    <>
      <Line>
        <Toned tone="quiet">{step.word.padEnd(WORD_WIDTH)}</Toned>
        {linked(first)}
      </Line>
      {rest.map((text) => (
        <Line key={text}>
          {' '.repeat(WORD_WIDTH)}
          {linked(text)}
        </Line>
      ))}
    </>
  )
}

export function StepLines({ steps, width }: { readonly steps: readonly NextStep[]; readonly width: number }) {
  return steps.map((step) => <StepLine key={`${step.word} ${step.text}`} step={step} width={width} />)
}

const WORD_WIDTH = 10

/** The text beside the word, a line each. */
export function stepTexts(step: NextStep, width: number): readonly string[] {
  if (isCommand(step)) return wrapCommand(printable(step.text), width - WORD_WIDTH)
  // What follows a file's name is for the scrollback, where there is room.
  return wrapText(printable(fileOf(step) ?? step.text), width - WORD_WIDTH)
}

/** How many lines they take. */
export function rowsOfSteps(steps: readonly NextStep[], width: number): number {
  return steps.reduce((sum, step) => sum + stepTexts(step, width).length, 0)
}

function fileOf({ text }: NextStep): string | undefined {
  return /^\/.*?\.(html|json|md)(?= |$)/.exec(text)?.[0]
}

/** OSC 8 of xterm's control sequences: a terminal that does not know it shows the text alone. */
const fileLink = (path: string, shown: string): string =>
  `\u001b]8;;file://${encodeURI(path)}\u0007${shown}\u001b]8;;\u0007`
