/**
 * Divides this machine's cores between a server on it that builds indexes and our threads that read at the same time. The longest index
 * determines when the run ends, so it must not wait for a core. Invariant: our threads always have one core.
 */
export class SharedCores {
  readonly #count: number
  readonly #listeners = new Set<() => void>()
  #taken = 0

  /** `count`: cores of this machine; omitted when the server has its own machine, or nothing to build. */
  constructor(count = Number.POSITIVE_INFINITY) {
    this.#count = count
  }

  /** Number of our threads that have a core. */
  get free(): number {
    return Math.max(1, this.#count - this.#taken)
  }

  /** Takes a core for the server until the returned function is called. */
  take(): () => void {
    this.#taken++
    return () => {
      this.#taken--
      for (const listener of this.#listeners) listener()
    }
  }

  onFree(listener: () => void): void {
    this.#listeners.add(listener)
  }
}
