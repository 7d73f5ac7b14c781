/**
 * Limits the time of a statement. Invariant: the more time earlier statements have taken, the less a further one gets, so that the run ends;
 * statements that are not judged for that reason are reported.
 */

/** From a total time of slow statements on, the limit for a further statement on each side. */
const steps: readonly (readonly [spentMs: number, mayTakeMs: number])[] = [
  [300_000, 1_000],
  [150_000, 3_000],
  [60_000, 10_000],
  [0, 30_000],
]

/** The time from which a statement counts as slow, in milliseconds. */
const SLOW_MS = 1_000

export class Patience {
  #spentMs = 0

  /** The milliseconds that a statement may take on each side. */
  get ms(): number {
    return steps.find(([spentMs]) => this.#spentMs >= spentMs)![1]
  }

  /** Counts the time that a statement's judgement took. */
  spend(ms: number): void {
    if (ms >= SLOW_MS) this.#spentMs += ms
  }
}

/** Returns the limit as text, such as `30 s`; with the reason when it is less than the first statements'. */
export function shownPatience(ms: number): string {
  const seconds = `${ms / 1000} s`
  return ms === steps.at(-1)![1]
    ? seconds
    : `${seconds}, which is what is left to it after other slow statements`
}
