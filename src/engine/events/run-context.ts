import { looksIntoSources, type Phase, type RunEvent } from '../model/event.ts'
import type { RunControl } from './control.ts'
import { latestEvery } from './latest-every.ts'

/** Where a run reports its events, and what pauses or stops it. */
export type RunContext = {
  readonly emit: (event: RunEvent) => void
  readonly control: RunControl
}

export const now = (): string => new Date().toISOString()

const CALM_MS = 100

/**
 * Emits the start of a phase, performs its work, and emits its end with the elapsed time. Returns the work's result. How far it has come
 * is emitted at once only where SQLite may not return from what is named.
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
  const telling = latestEvery(looksIntoSources(phase) ? 0 : CALM_MS, context.emit)
  try {
    const result = await work((done, detail = null) =>
      telling.say({ type: 'phase-progress', phase, done, detail, at: now() }),
    )
    telling.end()
    context.emit({ type: 'phase-finished', phase, elapsedMs: performance.now() - startedAt, at: now() })
    return result
  } finally {
    telling.end()
  }
}
