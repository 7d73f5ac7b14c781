/**
 * How long a statement may take. Invariant: a run ends: the more time statements have taken before, the less a further one gets, and what
 * was not judged for that reason is reported.
 */

/** By the milliseconds that slow statements have taken so far: from there on, how long a further one may take on each side. */
const steps: readonly (readonly [spentMs: number, mayTakeMs: number])[] = [
  [300_000, 1_000],
  [150_000, 3_000],
  [60_000, 10_000],
  [0, 30_000],
]

/** What ends sooner is no slow statement. */
const SLOW_MS = 1_000

export class Patience {
  #spentMs = 0

  /** Milliseconds that one statement may take, on each side. */
  get ms(): number {
    return steps.find(([spentMs]) => this.#spentMs >= spentMs)![1]
  }

  /** Counts the time that a statement's judgement took. */
  spend(ms: number): void {
    if (ms >= SLOW_MS) this.#spentMs += ms
  }
}

/** `30 s`; where it is less than at first, why. */
export function shownPatience(ms: number): string {
  const seconds = `${ms / 1000} s`
  return ms === steps.at(-1)![1]
    ? seconds
    : `${seconds}, which is what is left to it after other slow statements`
}
