/**
 * The alternate screen, whose frames survive any change of its size. Ink erases relative to where it believes the cursor to be; a frame
 * that was laid out for the earlier size breaks its lines, scrolls, and leaves rows of itself behind. Here every frame begins at the
 * first cell, erases each row before writing it and all below its last, and a line that is too long is cut by the terminal.
 */
import { rewrittenStream } from './rewritten-stream.ts'

const home = '\u001b[H'
const eraseRow = '\u001b[2K'
const eraseBelow = '\u001b[J'
/** DECAWM, only within the frame: it is on whenever the program ends. */
const cutLines = '\u001b[?7l'
const breakLines = '\u001b[?7h'

/** Ink draws on it without incremental rendering: each write that has a line end is a whole frame. */
export function screenStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return rewrittenStream(stream, (chunk) => {
    if (!chunk.includes('\n')) return chunk
    const rows = chunk.replaceAll('\n', `\n${eraseRow}`)
    return `${cutLines}${home}${eraseRow}${rows}${chunk.endsWith('\n') ? eraseBelow : ''}${breakLines}`
  })
}
