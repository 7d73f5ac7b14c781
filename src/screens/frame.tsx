/** The frame of every screen: the steps at the top, notes and keys at the bottom, always in the same place. */
import { Box } from 'ink'
import type { ReactNode } from 'react'
import { printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { type Look, LookContext, useLook } from '../ui/look.ts'
import { wrapText } from '../ui/text.ts'
import { hintsFor } from '../wizard/keys/hints.ts'
import { type Note, type Step, steps, type WizardState } from '../wizard/state/state.ts'

export const stepTitles: Readonly<Record<Step, string>> = {
  discovery: 'Discovery',
  connection: 'Connection',
  preview: 'Preview',
  migration: 'Migration',
  summary: 'Summary',
}

type FrameProps = {
  readonly state: WizardState
  readonly children: ReactNode
  /** The rows of the body; by default as many as fit. */
  readonly height?: number
  /** Shown above the keys when there is no note. */
  readonly promise?: string
}

export function Frame({ state, children, height, promise }: FrameProps) {
  const look = useLook()
  const said = saidLines(state.note, promise, look)
  const room = bodyRows(look) - (said.length - 1)
  return (
    <Box flexDirection="column" paddingX={1} width={look.columns}>
      {height !== undefined && <Line />}
      <Steps step={state.step} />
      <Line />
      <Box
        flexDirection="column"
        overflow="hidden"
        flexShrink={0}
        height={height === undefined ? room : Math.min(height, room - 1)}
      >
        <LookContext value={{ ...look, rows: look.rows - (said.length - 1) }}>{children}</LookContext>
      </Box>
      {said.map((line) => (
        <Line key={line} tone={state.note === null ? 'quiet' : state.note.isWarning ? 'warn' : 'good'}>
          {line}
        </Line>
      ))}
      <Hints state={state} />
    </Box>
  )
}

const mostSaidLines = 4

/** A note is never cut within a sentence: the body gets fewer rows instead, and its components read that from `useLook`. */
function saidLines(note: Note | null, promise: string | undefined, look: Look): readonly string[] {
  const { warning, done } = look.symbols
  const text = note === null ? (promise ?? ' ') : `${note.isWarning ? warning : done} ${printable(note.text)}`
  return wrapText(text, bodyColumns(look)).slice(0, mostSaidLines)
}

function Steps({ step }: { readonly step: Step }) {
  const { columns, symbols, spoken } = useLook()
  const at = steps.indexOf(step)
  if (columns < 78 || spoken) {
    return (
      <Line>
        <Toned tone="strong">gpt-migrate</Toned>
        {`   step ${at + 1} of ${steps.length}: `}
        <Toned tone="mark">{stepTitles[step]}</Toned>
      </Line>
    )
  }
  return (
    <Line>
      <Toned tone="strong">gpt-migrate</Toned>
      {steps.map((known, index) => (
        <Toned key={known} tone={index < at ? 'good' : index === at ? 'mark' : 'quiet'}>
          {`   ${index < at ? symbols.done : index === at ? symbols.current : symbols.ahead} ${stepTitles[known]}`}
        </Toned>
      ))}
    </Line>
  )
}

function Hints({ state }: { readonly state: WizardState }) {
  const { columns } = useLook()
  return (
    <Line>
      {hintsFor(state, columns - 2).map(({ key, does }, index) => (
        <Toned key={`${key} ${does}`} tone="plain">
          {index === 0 ? '' : '  '}
          <Toned tone="mark">{key}</Toned> <Toned tone="quiet">{does}</Toned>
        </Toned>
      ))}
    </Line>
  )
}
