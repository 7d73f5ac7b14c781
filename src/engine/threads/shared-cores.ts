/**
 * This machine's cores, between a server on it that builds indexes and our threads that read meanwhile. The longest index decides when the
 * run is over, so it must not wait for a core. Invariant: our threads always have one.
 */
export class SharedCores {
  readonly #count: number
  readonly #listeners = new Set<() => void>()
  #taken = 0

  /** `count`: cores of this machine; left out where the server has its own, or nothing to do. */
  constructor(count = Number.POSITIVE_INFINITY) {
    this.#count = count
  }

  /** For how many of our threads there is a core. */
  get free(): number {
    return Math.max(1, this.#count - this.#taken)
  }

  /** The server has work for one core until the function that is returned is called. */
  take(): () => void {
    this.#taken++
    return () => {
      this.#taken--
      for (const listener of this.#listeners) listener()
    }
  }

  /** Calls `listener` when a core becomes free. */
  onFree(listener: () => void): void {
    this.#listeners.add(listener)
  }
}
