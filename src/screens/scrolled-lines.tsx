/** Lines in a scrolling window, with the number of lines above and below it. */
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
  /** The rows for the lines; one more row has the count of hidden lines. */
  readonly height: number
}) {
  const start = Math.max(0, Math.min(from, lines.length - height))
  return (
    <>
      {lines.slice(start, start + height).map(({ lead, text, tone = 'plain' }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are identified by position
        <Line key={start + index} tone={tone}>
          {lead !== undefined && <Toned tone="mark">{lead}</Toned>}
          {text === '' && lead === undefined ? ' ' : text}
        </Line>
      ))}
      <OutOfSight above={start} below={lines.length - start - height} />
    </>
  )
}
