/**
 * The time that may pass between the fence and the command's start. Invariant: when it is over no statement is waited for any longer,
 * whatever the server or the network does: the writers are let in again.
 */
import { MigrateError } from '../../model/errors.ts'

export class FenceBudget {
  readonly #ms: number
  readonly #deadline: number
  readonly #timer: NodeJS.Timeout
  #reason: string | null = null

  /** `waited`: what is waited for under the fence; it is given up when the time is over. */
  constructor(ms: number, waited: readonly { giveUp(): void }[]) {
    this.#ms = ms
    this.#deadline = performance.now() + ms
    this.#timer = setTimeout(() => {
      for (const one of waited) one.giveUp()
    }, ms)
  }

  /** What keeps the last round from being read. */
  waitFor(reason: string): void {
    this.#reason = reason
  }

  /** Throws `fence-too-long` when the time is over. */
  check(): void {
    if (performance.now() >= this.#deadline) throw tooLong(this.#ms, this.#reason)
  }

  /** What failed: the time, where it is over. */
  explain(error: unknown): unknown {
    return performance.now() >= this.#deadline ? tooLong(this.#ms, this.#reason) : error
  }

  /** Nothing is given up any more. */
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
