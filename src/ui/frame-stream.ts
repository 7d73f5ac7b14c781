/**
 * A terminal whose frames survive narrowing. Terminals break the lines of a frame that became too long for them, so that it takes
 * more rows than Ink erases: the rows in excess are erased with it. Invariant: nothing but rows of the frame is erased.
 */
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'

/** Erase the row of the cursor and go one up: so Ink erases a frame, from its bottom. */
const eraseUp = '\u001b[2K\u001b[1A'

/** Ink draws on it without incremental rendering: each write that has a line end is a whole frame, or stays for good. */
export function frameStream(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  let frame = ''
  const write = (chunk: string): string => {
    const rows = chunk.startsWith('\u001b[2K') ? rowsInExcess(frame, columnsOf(stream)) : 0
    if (chunk.includes('\n')) frame = chunk
    else if (chunk.startsWith('\u001b[2K')) frame = ''
    return eraseUp.repeat(rows) + chunk
  }
  return new Proxy(stream, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'write') {
        return (chunk: unknown, ...rest: unknown[]) =>
          (value as (...parameters: unknown[]) => boolean).call(
            target,
            typeof chunk === 'string' ? write(chunk) : chunk,
            ...rest,
          )
      }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Asked again each time: the signal arrives after the change. */
const columnsOf = (stream: NodeJS.WriteStream): number => stream.getWindowSize?.()[0] ?? stream.columns

/** Rows that the lines of a frame take beyond one each, in a terminal of so many columns. */
export function rowsInExcess(frame: string, columns: number): number {
  return stripVTControlCharacters(frame)
    .split('\n')
    .reduce((total, line) => total + Math.max(1, Math.ceil(stringWidth(line) / columns)) - 1, 0)
}
