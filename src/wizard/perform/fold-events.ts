/** Folds the events of a call into states to show. */
import type { RunEvent } from '../../engine/door/index.ts'

/** Milliseconds between shown states. */
const leastMs = 100
/** Milliseconds between updates of the clock when there are no events. */
const tickMs = 500

type Folding<S> = { readonly from: S; readonly advance: (state: S, event: RunEvent) => S }

/**
 * Folds a call's events as they arrive and shows the result at most ten times a second, but at once when a phase begins or ends. Folding is
 * cheap and loses nothing; showing is expensive.
 */
export async function foldEvents<S, T>(
  { from, advance }: Folding<S>,
  show: (state: S) => void,
  call: (onEvent: (event: RunEvent) => void) => Promise<T>,
): Promise<T> {
  let folded = from
  let shownAt = 0
  let timer: NodeJS.Timeout | null = null
  const showNow = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    shownAt = performance.now()
    show(folded)
  }
  const ticking = setInterval(showNow, tickMs)
  try {
    return await call((event) => {
      folded = advance(folded, event)
      if (event.type === 'phase-started' || event.type === 'phase-finished') showNow()
      else timer ??= setTimeout(showNow, Math.max(0, leastMs - (performance.now() - shownAt)))
    })
  } finally {
    clearInterval(ticking)
    showNow()
  }
}
