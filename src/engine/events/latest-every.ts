/** Words that come faster than anyone reads. Invariant: the first is passed on at once, and the last before the end. Pure but for the clock. */

/** Passes on at most one in so many milliseconds, always the latest; `end` passes on what waits, and nothing comes after it. */
export function latestEvery<T>(
  ms: number,
  pass: (latest: T) => void,
): { readonly say: (one: T) => void; readonly end: () => void } {
  let passedAt = Number.NEGATIVE_INFINITY
  let waiting: { readonly timer: NodeJS.Timeout; latest: T } | null = null
  const passNow = (one: T): void => {
    passedAt = performance.now()
    pass(one)
  }
  const end = (): void => {
    if (waiting === null) return
    const { timer, latest } = waiting
    clearTimeout(timer)
    waiting = null
    passNow(latest)
  }
  return {
    say(one) {
      const restMs = passedAt + ms - performance.now()
      if (waiting !== null) waiting.latest = one
      else if (restMs <= 0) passNow(one)
      else waiting = { timer: setTimeout(end, restMs), latest: one }
    },
    end,
  }
}
