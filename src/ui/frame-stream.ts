/**
 * A terminal whose frames survive narrowing. Terminals break the lines of a frame that became too long for them, so that it takes
 * more rows than Ink erases: the rows in excess are erased with it. Invariant: nothing but rows of the frame is erased.
 */
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { rewrittenStream } from './rewritten-stream.ts'

/** Erase the row of the cursor and go one up: so Ink erases a frame, from its bottom. */
const eraseUp = '\u001b[2K\u001b[1A'

/** Ink draws on it without incremental rendering: each write that has a line end is a whole frame, or stays for good. */
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
 * Of the last signal: Node asks the terminal only then. A multiplexer such as tmux may break the lines a while before it signals,
 * and a frame that is drawn in between erases too few rows.
 */
const columnsOf = (stream: NodeJS.WriteStream): number => stream.getWindowSize?.()[0] ?? stream.columns

/** Rows that the lines of a frame take beyond one each, in a terminal of so many columns. */
function rowsInExcess(frame: string, columns: number): number {
  return stripVTControlCharacters(frame)
    .split('\n')
    .reduce((total, line) => total + Math.max(1, Math.ceil(stringWidth(line) / columns)) - 1, 0)
}
