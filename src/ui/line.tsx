/** One row of the screen: never two, whatever is in it. */
import { Box, Text } from 'ink'
import type { ReactNode } from 'react'

export type Tone = 'good' | 'warn' | 'bad' | 'mark' | 'quiet' | 'strong' | 'plain'

/** The few colours, by what they say; of the terminal's sixteen. */
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
