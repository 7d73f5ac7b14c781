/**
 * The time that may pass between the fence and the command's start. Invariant: when it is over, everything that is still awaited is given
 * up, whatever the server or the network does, and the writers are let in again.
 */
import { MigrateError } from '../../model/errors.ts'

export class FenceBudget {
  readonly #ms: number
  readonly #deadline: number
  readonly #timer: NodeJS.Timeout
  #reason: string | null = null

  /** `waited`: connections and processes to give up when the time is over. */
  constructor(ms: number, waited: readonly { giveUp(): void }[]) {
    this.#ms = ms
    this.#deadline = performance.now() + ms
    this.#timer = setTimeout(() => {
      for (const one of waited) one.giveUp()
    }, ms)
  }

  /** Records why the last round cannot be read at the moment. */
  waitFor(reason: string): void {
    this.#reason = reason
  }

  /** Throws `fence-too-long` when the time is over. */
  check(): void {
    if (performance.now() >= this.#deadline) throw tooLong(this.#ms, this.#reason)
  }

  /** Returns the error to report for a failure: `fence-too-long` when the time is over, else the failure itself. */
  explain(error: unknown): unknown {
    return performance.now() >= this.#deadline ? tooLong(this.#ms, this.#reason) : error
  }

  /** Stops the clock: nothing is given up from now on. */
  end(): void {
    clearTimeout(this.#timer)
  }
}

function tooLong(fenceMs: number, reason: string | null): MigrateError {
  return new MigrateError(
    'copy',
    'fence-too-long',
    `What had to be done with the writers kept out was not done within ${fenceMs / 1000} s${reason === null ? '' : ` (${reason})`}: nothing was switched.`,
    {
      hint:
        reason === null
          ? 'Try again when less is written, or give more time with --fence (less than the application waits for a lock).'
          : 'Put that right, and try again.',
    },
  )
}
