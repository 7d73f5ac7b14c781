/** A terminal that knows only ASCII: what is written to it loses every other character, and no cell moves. */
import { asciiOnly } from './symbols.ts'

export function asciiStream(
  stream: NodeJS.WriteStream,
  widthOf: (text: string) => number,
): NodeJS.WriteStream {
  return new Proxy(stream, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'write') {
        return (chunk: unknown, ...rest: unknown[]) =>
          (value as (...parameters: unknown[]) => boolean).call(
            target,
            typeof chunk === 'string' ? asciiOnly(chunk, widthOf) : chunk,
            ...rest,
          )
      }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
