import type { Phase, RunEvent } from '../model/event.ts'
import type { RunControl } from './control.ts'

/** Where a run is played: who hears its events, and who may pause or stop it. */
export type Stage = {
  readonly emit: (event: RunEvent) => void
  readonly control: RunControl
}

export const now = (): string => new Date().toISOString()

/** Announces a phase, does its work, and announces its end with the time it took; gives what the work gives. */
export async function playPhase<T>(
  stage: Stage,
  phase: Phase,
  total: number,
  unit: string,
  work: (progress: (done: number, detail?: string | null) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  stage.emit({ type: 'phase-started', phase, total, unit, at: now() })
  const result = await work((done, detail = null) => {
    stage.emit({ type: 'phase-progress', phase, done, detail, at: now() })
  })
  stage.emit({ type: 'phase-finished', phase, elapsedMs: performance.now() - startedAt, at: now() })
  return result
}
