import type { EngineCommand } from '../model/event.ts'
import type { StopSignal } from '../model/live-answers.ts'

/** Pauses and stops a running engine. Invariant: after `stop`, `mayContinue` returns false, whether paused or not. */
export class RunControl {
  #paused = false
  #stoppedBy: StopSignal | null = null
  #waiting: (() => void)[] = []
  #listener: ((paused: boolean) => void) | null = null

  get stoppedBy(): StopSignal | null {
    return this.#stoppedBy
  }

  /** Calls the listener when the run is paused and when it continues; null removes the listener. */
  onPause(listener: ((paused: boolean) => void) | null): void {
    this.#listener = listener
  }

  pause(): void {
    if (!this.#paused) this.#listener?.(true)
    this.#paused = true
  }

  unpause(): void {
    if (this.#paused) this.#listener?.(false)
    this.#paused = false
    this.#wake()
  }

  stop(signal: StopSignal): void {
    this.#stoppedBy ??= signal
    this.#wake()
  }

  obey(command: Exclude<EngineCommand, { type: 'reset' }>): void {
    switch (command.type) {
      case 'pause':
        this.pause()
        return
      case 'unpause':
        this.unpause()
        return
      case 'stop':
        this.stop(command.signal)
        return
      default:
        command satisfies never
    }
  }

  /** Waits while paused. Returns true when the next block may begin, false after a stop. */
  async mayContinue(): Promise<boolean> {
    while (this.#paused && this.#stoppedBy === null) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return this.#stoppedBy === null
  }

  /** Waits for `ms`, or until the run is stopped or the signal aborted. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#stoppedBy !== null || signal?.aborted === true) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        this.#waiting = this.#waiting.filter((waiting) => waiting !== end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
      this.#waiting.push(end)
    })
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
