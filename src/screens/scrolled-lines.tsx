/** Lines through a window, with how many are above and below it. */
import { hiddenWords } from '../ui/layout.ts'
import { Line, type Tone, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'

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
  const { symbols } = useLook()
  const start = Math.max(0, Math.min(from, lines.length - height))
  const hidden = hiddenWords(start, lines.length - start - height, symbols.dot)
  return (
    <>
      {lines.slice(start, start + height).map(({ lead, text, tone = 'plain' }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines stand by their place
        <Line key={start + index} tone={tone}>
          {lead !== undefined && <Toned tone="mark">{lead}</Toned>}
          {text === '' && lead === undefined ? ' ' : text}
        </Line>
      ))}
      {hidden !== '' && <Line tone="quiet">{`  ${hidden}`}</Line>}
    </>
  )
}
