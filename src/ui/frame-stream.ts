/**
 * A stream whose frames survive narrowing of the terminal. Terminals rewrap lines that have become too long, so that a frame takes more
 * rows than Ink erases: this stream erases the extra rows too. Invariant: only rows of the frame are erased.
 */
import { stripVTControlCharacters } from 'node:util'
import { rewrittenStream } from './rewritten-stream.ts'
import { textWidth } from './text.ts'

/** Erases the cursor's row and moves one up, which is how Ink erases a frame, from its bottom. */
const eraseUp = '\u001b[2K\u001b[1A'

/** Ink must draw without incremental rendering, so that each write with a line end is either a whole frame or output that stays. */
export function frameStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  let frame = ''
  return rewrittenStream(stream, (chunk) => {
    const rows = chunk.startsWith('\u001b[2K') ? rowsInExcess(frame, columnsOf(stream)) : 0
    if (chunk.includes('\n')) frame = chunk
    else if (chunk.startsWith('\u001b[2K')) frame = ''
    return eraseUp.repeat(rows) + chunk
  })
}

/**
 * The width at the last SIGWINCH; Node asks the terminal only then. A multiplexer such as tmux may rewrap lines some time before it sends
 * the signal, and a frame drawn in between erases too few rows.
 */
const columnsOf = (stream: NodeJS.WriteStream): number => stream.getWindowSize?.()[0] ?? stream.columns

/** How many rows more than one per line the frame takes in a terminal of `columns` columns. */
function rowsInExcess(frame: string, columns: number): number {
  return stripVTControlCharacters(frame)
    .split('\n')
    .reduce((total, line) => total + Math.max(1, Math.ceil(textWidth(line) / columns)) - 1, 0)
}
