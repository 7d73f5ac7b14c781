/** Data that counts how often it is read: a measure of work that is the same on every machine, however busy. */
export class ReadCounter {
  reads = 0

  /** Returns the list with a count of each read of an element. */
  list<T>(items: readonly T[]): readonly T[] {
    return new Proxy(items, {
      get: (list, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) this.reads++
        return Reflect.get(list, key)
      },
    })
  }

  /** Returns a copy of the syntax tree with a count of each look at a node's kind. */
  tree<T>(node: T): T {
    if (typeof node !== 'object' || node === null) return node
    if (Array.isArray(node)) return node.map((part: unknown) => this.tree(part)) as T
    const copy = Object.fromEntries(Object.entries(node).map(([key, part]) => [key, this.tree(part)]))
    if (!('kind' in node)) return copy as T
    const look = (): unknown => {
      this.reads++
      return node.kind
    }
    return Object.defineProperty(copy, 'kind', { get: look, enumerable: true }) as T
  }
}
