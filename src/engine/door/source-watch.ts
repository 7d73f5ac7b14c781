/**
 * Detects that work on the sources makes no progress. SQLite's code can take any time for a CHECK, a generated column or a damaged tree,
 * without reporting progress. Invariant: only the run's events count, and only phases in which nothing is written to the target.
 */
import { MigrateError } from '../model/errors.ts'
import { looksIntoSources, type RunEvent } from '../model/event.ts'

/** Minimum time without progress, whatever the size of the sources. */
const LEAST_MINUTES = 10
/** Speed of one pass over a database on the slowest disk. */
const BYTES_A_MINUTE = 100_000_000
const ROWS_A_MINUTE = 500_000

type Looking = {
  readonly minutes: number
  readonly detail: string | null
  /** Time of the last event by `performance.now()`. */
  readonly lastEventAt: number
}

export class SourceWatch {
  /** Minutes to allow instead of the usual bound; 0 for the usual bound. */
  readonly #wantedMinutes = Number(process.env.GPT_MIGRATE_PATIENCE ?? '') || 0
  #looking: Looking | null = null

  observe(event: RunEvent): void {
    const now = performance.now()
    if (event.type === 'phase-started') {
      const minutes = this.#wantedMinutes > 0 ? this.#wantedMinutes : boundOf(event)
      this.#looking = looksIntoSources(event.phase) ? { minutes, detail: null, lastEventAt: now } : null
    } else if (event.type === 'phase-progress' && this.#looking !== null) {
      this.#looking = { ...this.#looking, detail: event.detail, lastEventAt: now }
    } else if (event.type === 'phase-finished') this.#looking = null
  }

  /** Call when the observed call has ended. */
  rest(): void {
    this.#looking = null
  }

  /** Returns the error with which to end the work; null while it makes progress. */
  overdue(): MigrateError | null {
    if (this.#looking === null) return null
    const { minutes, detail, lastEventAt } = this.#looking
    if (performance.now() - lastEventAt < minutes * 60_000) return null
    const waited = minutes === 1 ? '1 minute' : `${Number(minutes.toFixed(2))} minutes`
    return new MigrateError(
      'source',
      'no-end',
      `Looking at ${detail ?? 'the databases'} went on for ${waited} without an end, and was ended: a CHECK, a generated column, a view or a damaged tree may never come to one.`,
      {
        hint: 'Allow more time with GPT_MIGRATE_PATIENCE=MINUTES, or drop what computes without an end in a copy of the database, and move that.',
      },
    )
  }
}

function boundOf({ total, unit }: Extract<RunEvent, { type: 'phase-started' }>): number {
  const more = unit === 'byte' ? total / BYTES_A_MINUTE : total / ROWS_A_MINUTE
  return LEAST_MINUTES + Math.ceil(more)
}
