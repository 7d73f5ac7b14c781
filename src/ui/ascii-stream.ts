/** A stream for terminals that show only ASCII: replaces every other character with ASCII of the same width. */
import { rewrittenStream } from './rewritten-stream.ts'
import { asciiOnly } from './symbols.ts'

export function asciiStream(
  stream: NodeJS.WriteStream,
  widthOf: (text: string) => number,
): NodeJS.WriteStream {
  return rewrittenStream(stream, (text) => asciiOnly(text, widthOf))
}
