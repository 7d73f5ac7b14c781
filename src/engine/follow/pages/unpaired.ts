/**
 * Finds items that only one of two sides has. Invariant: equal items on both sides are paired off one by one, in whatever order they are
 * met, and only items without a partner so far are kept.
 */
export type PairedSide = 'gone' | 'come'

export class Unpaired<T> {
  readonly #sides = { gone: new Map<string, T[]>(), come: new Map<string, T[]>() }

  /** `key` is equal for equal items only. `keep` is called when no equal item of the other side is waiting. */
  add(side: PairedSide, key: string, keep: () => T): void {
    const others = this.#sides[side === 'gone' ? 'come' : 'gone']
    const equal = others.get(key)
    if (equal !== undefined) {
      equal.pop()
      if (equal.length === 0) others.delete(key)
      return
    }
    const own = this.#sides[side].get(key)
    if (own === undefined) this.#sides[side].set(key, [keep()])
    else own.push(keep())
  }

  of(side: PairedSide): readonly T[] {
    return [...this.#sides[side].values()].flat()
  }
}
