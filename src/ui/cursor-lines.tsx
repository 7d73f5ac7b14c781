/** A list with a cursor, one line per entry, in a scrolling window; the entries outside the window are always counted. */
import type { ReactNode } from 'react'
import { hiddenWords, windowAround } from './layout.ts'
import { Line, ListLine, type Tone } from './line.tsx'
import { useLook } from './look.ts'

type Shown = { readonly content: ReactNode; readonly tone?: Tone }

type CursorLinesProps = {
  readonly count: number
  /** The marked entry; none when it is outside the list. */
  readonly cursor: number
  /** The screen rows for list and count together. */
  readonly height: number
  /** Called only for the lines in the window. */
  readonly lineAt: (index: number) => Shown
}

export function CursorLines({ count, cursor, height, lineAt }: CursorLinesProps) {
  const seen = windowAround(Math.max(0, cursor), count, count > height ? Math.max(1, height - 1) : height)
  const inSight = Array.from({ length: seen.to - seen.from }, (_, index) => seen.from + index)
  return (
    <>
      {inSight.map((index) => {
        const { content, tone = 'plain' } = lineAt(index)
        return (
          <ListLine key={index} isCurrent={index === cursor} tone={tone}>
            {content}
          </ListLine>
        )
      })}
      <OutOfSight above={seen.from} below={count - seen.to} />
    </>
  )
}

/** The number of lines above and below a list's window; empty when all are visible. */
export function OutOfSight({ above, below }: { readonly above: number; readonly below: number }) {
  const { symbols } = useLook()
  const words = hiddenWords(above, below, symbols.dot)
  return words === '' ? null : <Line tone="quiet">{`  ${words}`}</Line>
}
