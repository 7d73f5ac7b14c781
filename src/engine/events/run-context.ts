import type { Phase, RunEvent } from '../model/event.ts'
import type { RunControl } from './control.ts'

/** Where a run reports its events, and what pauses or stops it. */
export type RunContext = {
  readonly emit: (event: RunEvent) => void
  readonly control: RunControl
}

export const now = (): string => new Date().toISOString()

/** Emits the start of a phase, performs its work, and emits its end with the elapsed time. Returns the work's result. */
export async function runPhase<T>(
  context: RunContext,
  phase: Phase,
  total: number,
  unit: string,
  work: (progress: (done: number, detail?: string | null) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  context.emit({ type: 'phase-started', phase, total, unit, at: now() })
  const result = await work((done, detail = null) => {
    context.emit({ type: 'phase-progress', phase, done, detail, at: now() })
  })
  context.emit({ type: 'phase-finished', phase, elapsedMs: performance.now() - startedAt, at: now() })
  return result
}
