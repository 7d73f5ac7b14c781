/** One row of the screen, never two whatever the text; and several such rows. */
import { Box, Text } from 'ink'
import type { ReactNode } from 'react'
import { useLook } from './look.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'mark' | 'quiet' | 'strong' | 'plain'

/** The few colours, by meaning, from the terminal's sixteen. */
const tones: Readonly<Record<Tone, { color?: string; bold?: boolean; dimColor?: boolean }>> = {
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red' },
  mark: { color: 'cyan' },
  quiet: { dimColor: true },
  strong: { bold: true },
  plain: {},
}

export function Toned({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <Text {...tones[tone]}>{children}</Text>
}

export function Line({ children, tone = 'plain' }: { readonly children?: ReactNode; readonly tone?: Tone }) {
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate-end" {...tones[tone]}>
        {children ?? ' '}
      </Text>
    </Box>
  )
}

export type Said = { readonly text: string; readonly tone?: Tone }

/** A row for each text; `tone` applies to texts without one. */
export function Lines({
  lines,
  tone = 'plain',
}: {
  readonly lines: readonly (string | Said)[]
  readonly tone?: Tone
}) {
  return lines.map((line, index) => {
    const said: Said = typeof line === 'string' ? { text: line } : line
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines are identified by position
      <Line key={index} tone={said.tone ?? tone}>
        {said.text}
      </Line>
    )
  })
}

/** A row of a list, with the pointer when the cursor is on it. */
export function ListLine({
  isCurrent,
  tone = 'plain',
  children,
}: {
  readonly isCurrent: boolean
  readonly tone?: Tone
  readonly children?: ReactNode
}) {
  const { symbols } = useLook()
  return (
    <Line tone={isCurrent ? 'strong' : tone}>
      <Toned tone="mark">{isCurrent ? `${symbols.pointer} ` : '  '}</Toned>
      {children}
    </Line>
  )
}
