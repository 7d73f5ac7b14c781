/** A running engine's brakes. Invariant: after `stop`, `goOn` gives false for ever, paused or not. */
export class RunControl {
  #paused = false
  #stopped = false
  #waiting: (() => void)[] = []

  get stopped(): boolean {
    return this.#stopped
  }

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  unpause(): void {
    this.#paused = false
    this.#wake()
  }

  stop(): void {
    this.#stopped = true
    this.#wake()
  }

  /** Waits while paused; true when the next block may begin. */
  async goOn(): Promise<boolean> {
    while (this.#paused && !this.#stopped) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return !this.#stopped
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
