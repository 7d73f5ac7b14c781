/** Lines through a window, with how many are above and below it. */
import { OutOfSight } from '../ui/cursor-lines.tsx'
import { Line, type Tone, Toned } from '../ui/line.tsx'

type ScrolledLine = { readonly lead?: string; readonly text: string; readonly tone?: Tone }

export function ScrolledLines({
  lines,
  from,
  height,
}: {
  readonly lines: readonly ScrolledLine[]
  readonly from: number
  /** Rows for the lines; one more says what is out of sight. */
  readonly height: number
}) {
  const start = Math.max(0, Math.min(from, lines.length - height))
  return (
    <>
      {lines.slice(start, start + height).map(({ lead, text, tone = 'plain' }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines stand by their place
        <Line key={start + index} tone={tone}>
          {lead !== undefined && <Toned tone="mark">{lead}</Toned>}
          {text === '' && lead === undefined ? ' ' : text}
        </Line>
      ))}
      <OutOfSight above={start} below={lines.length - start - height} />
    </>
  )
}
