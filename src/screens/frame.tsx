/** What all screens share: the steps above, what there is to say and the keys below, always at the same place. */
import { Box } from 'ink'
import type { ReactNode } from 'react'
import { Line, Toned } from '../ui/line.tsx'
import { bodyRows, useLook } from '../ui/look.ts'
import { cutEnd } from '../ui/text.ts'
import { hintsFor } from '../wizard/hints.ts'
import { type Step, steps, type WizardState } from '../wizard/state.ts'

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
  /** Rows of the body; as many as the terminal has room for when missing. */
  readonly height?: number
  /** Said above the keys while there is nothing more urgent. */
  readonly promise?: string
}

export function Frame({ state, children, height, promise }: FrameProps) {
  const look = useLook()
  return (
    <Box flexDirection="column" paddingX={1} width={look.columns}>
      {height !== undefined && <Line />}
      <Steps step={state.step} />
      <Line />
      <Box
        flexDirection="column"
        overflow="hidden"
        flexShrink={0}
        height={height === undefined ? bodyRows(look) : Math.min(height, bodyRows(look) - 1)}
      >
        {children}
      </Box>
      <Note note={state.note} promise={promise} />
      <Hints state={state} />
    </Box>
  )
}

function Note({ note, promise }: { readonly note: string | null; readonly promise?: string | undefined }) {
  const { columns, symbols } = useLook()
  if (note === null) return <Line tone="quiet">{promise}</Line>
  return <Line tone="warn">{cutEnd(`${symbols.warning} ${note}`, columns - 2, symbols.more)}</Line>
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
        <Toned key={key} tone="plain">
          {index === 0 ? '' : '  '}
          <Toned tone="mark">{key}</Toned> <Toned tone="quiet">{does}</Toned>
        </Toned>
      ))}
    </Line>
  )
}
