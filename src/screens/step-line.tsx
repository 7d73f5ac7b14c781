/** A next step: a word, and its command or file. */
import { printable } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { wrapCommand, wrapText } from '../ui/text.ts'
import { isCommand, type NextStep } from '../wizard/acts/next-steps.ts'

/**
 * Nothing is cut: a command is broken into lines that can be pasted, other text is wrapped; a file is a link if the terminal supports
 * links.
 */
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

/** The text beside the word, as lines. */
export function stepTexts(step: NextStep, width: number): readonly string[] {
  if (isCommand(step)) return wrapCommand(printable(step.text), width - WORD_WIDTH)
  // The words after a file's name are only for the scrollback, which has room for them.
  return wrapText(printable(fileOf(step) ?? step.text), width - WORD_WIDTH)
}

/** The number of lines that the steps take. */
export function rowsOfSteps(steps: readonly NextStep[], width: number): number {
  return steps.reduce((sum, step) => sum + stepTexts(step, width).length, 0)
}

function fileOf({ text }: NextStep): string | undefined {
  return /^\/.*?\.(html|json|md)(?= |$)/.exec(text)?.[0]
}

/** OSC 8, an xterm control sequence: a terminal without support for it shows only the text. */
const fileLink = (path: string, shown: string): string =>
  `\u001b]8;;file://${encodeURI(path)}\u0007${shown}\u001b]8;;\u0007`
