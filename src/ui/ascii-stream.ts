/** A terminal that knows only ASCII: what is written to it loses every other character, and no cell moves. */
import { rewrittenStream } from './rewritten-stream.ts'
import { asciiOnly } from './symbols.ts'

export function asciiStream(
  stream: NodeJS.WriteStream,
  widthOf: (text: string) => number,
): NodeJS.WriteStream {
  return rewrittenStream(stream, (text) => asciiOnly(text, widthOf))
}
