import { looksIntoSources, type Phase, type RunEvent } from '../model/event.ts'
import type { RunControl } from './control.ts'
import { latestEvery } from './latest-every.ts'

/** Where a run emits its events, and what pauses or stops it. */
export type RunContext = {
  readonly emit: (event: RunEvent) => void
  readonly control: RunControl
}

export const now = (): string => new Date().toISOString()

const CALM_MS = 100

/**
 * Emits the start of a phase, performs `work`, and emits the phase's end with the elapsed time. Returns the result of `work`. Progress is
 * emitted at most every 100 ms, but at once in phases in which SQLite may never return from what the progress names.
 */
export async function runPhase<T>(
  context: RunContext,
  phase: Phase,
  total: number,
  unit: string,
  work: (progress: (done: number, detail?: string | null) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  context.emit({ type: 'phase-started', phase, total, unit, at: now() })
  const limited = latestEvery(looksIntoSources(phase) ? 0 : CALM_MS, context.emit)
  try {
    const result = await work((done, detail = null) =>
      limited.push({ type: 'phase-progress', phase, done, detail, at: now() }),
    )
    limited.end()
    context.emit({ type: 'phase-finished', phase, elapsedMs: performance.now() - startedAt, at: now() })
    return result
  } finally {
    limited.end()
  }
}
