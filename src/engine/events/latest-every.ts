/** Limits the rate of values. Invariant: the first is passed on at once, and the last before the end. Pure but for the clock. */

/** Calls `pass` at most once in `ms`, always with the latest value; `end` passes on a waiting value. */
export function latestEvery<T>(
  ms: number,
  pass: (latest: T) => void,
): { readonly push: (one: T) => void; readonly end: () => void } {
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
    push(one) {
      const restMs = passedAt + ms - performance.now()
      if (waiting !== null) waiting.latest = one
      else if (restMs <= 0) passNow(one)
      else waiting = { timer: setTimeout(end, restMs), latest: one }
    },
    end,
  }
}
