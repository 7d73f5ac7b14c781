/** A terminal's stream whose written text goes through a function first; all else is the stream's own. */
export function rewrittenStream(
  stream: NodeJS.WriteStream,
  rewrite: (text: string) => string,
): NodeJS.WriteStream {
  return new Proxy(stream, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'write') {
        return (chunk: unknown, ...rest: unknown[]) =>
          (value as (...parameters: unknown[]) => boolean).call(
            target,
            typeof chunk === 'string' ? rewrite(chunk) : chunk,
            ...rest,
          )
      }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
