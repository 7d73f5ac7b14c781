/** A list with a cursor, a line for each of its entries, seen through a window: what is out of sight is always counted. */
import type { ReactNode } from 'react'
import { hiddenWords, windowAround } from './layout.ts'
import { Line, ListLine, type Tone } from './line.tsx'
import { useLook } from './look.ts'

type Shown = { readonly content: ReactNode; readonly tone?: Tone }

type CursorLinesProps = {
  readonly count: number
  /** Outside of the list no line is marked. */
  readonly cursor: number
  /** Rows of the screen in all. */
  readonly height: number
  /** Asked for the lines in sight only. */
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

/** How many lines of a list are above and below its window; nothing where all are in sight. */
export function OutOfSight({ above, below }: { readonly above: number; readonly below: number }) {
  const { symbols } = useLook()
  const words = hiddenWords(above, below, symbols.dot)
  return words === '' ? null : <Line tone="quiet">{`  ${words}`}</Line>
}
