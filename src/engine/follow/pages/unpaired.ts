/**
 * What is on one of two sides only. Invariant: of equals, as many as are on both sides are on neither, in whatever order they are met;
 * what is kept is what is unpaired so far.
 */
export type PairedSide = 'gone' | 'come'

export class Unpaired<T> {
  readonly #sides = { gone: new Map<string, T[]>(), come: new Map<string, T[]>() }

  /** `key`: equal for equals, and for nothing else. `keep` is called where no equal is waiting on the other side. */
  meet(side: PairedSide, key: string, keep: () => T): void {
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
