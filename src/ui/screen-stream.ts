/**
 * A stream on the alternate screen whose frames survive resizing. Ink erases relative to where it believes the cursor is; after a resize, a
 * frame laid out for the earlier size rewraps, scrolls, and leaves rows behind. Here every frame starts at the first cell and erases each
 * row before writing it and everything below its last; the terminal cuts off lines that are too long.
 */
import { rewrittenStream } from './rewritten-stream.ts'

const home = '\u001b[H'
const eraseRow = '\u001b[2K'
const eraseBelow = '\u001b[J'
/** DECAWM, off only within a frame: it is on whenever the program ends. */
const cutLines = '\u001b[?7l'
const breakLines = '\u001b[?7h'

/** Ink must draw without incremental rendering, so that each write with a line end is a whole frame. */
export function screenStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return rewrittenStream(stream, (chunk) => {
    if (!chunk.includes('\n')) return chunk
    const rows = chunk.replaceAll('\n', `\n${eraseRow}`)
    return `${cutLines}${home}${eraseRow}${rows}${chunk.endsWith('\n') ? eraseBelow : ''}${breakLines}`
  })
}
