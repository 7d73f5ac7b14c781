/** Returns a stream like `stream` that passes written text through a function first. */
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
