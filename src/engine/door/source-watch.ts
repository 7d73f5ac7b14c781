/**
 * Whether looking into the sources gets on. SQLite's own code can take any time over a CHECK, a generated column or a damaged tree, and
 * says nothing meanwhile. Invariant: it judges by the run's events alone, and only phases in which nothing is written to the target.
 */
import { MigrateError } from '../model/errors.ts'
import { looksIntoSources, type RunEvent } from '../model/event.ts'

/** Without a word for so long, whatever there is to read. */
const LEAST_MINUTES = 10
/** Of one pass over a database, on the slowest disk. */
const BYTES_A_MINUTE = 100_000_000
const ROWS_A_MINUTE = 500_000

type Looking = {
  readonly minutes: number
  readonly detail: string | null
  /** By `performance.now()`. */
  readonly heardAt: number
}

export class SourceWatch {
  /** In place of the usual bound; 0 for that. */
  readonly #wantedMinutes = Number(process.env.GPT_MIGRATE_PATIENCE ?? '') || 0
  #looking: Looking | null = null

  observe(event: RunEvent): void {
    const now = performance.now()
    if (event.type === 'phase-started') {
      const minutes = this.#wantedMinutes > 0 ? this.#wantedMinutes : boundOf(event)
      this.#looking = looksIntoSources(event.phase) ? { minutes, detail: null, heardAt: now } : null
    } else if (event.type === 'phase-progress' && this.#looking !== null) {
      this.#looking = { ...this.#looking, detail: event.detail, heardAt: now }
    } else if (event.type === 'phase-finished') this.#looking = null
  }

  /** The observed call is over. */
  rest(): void {
    this.#looking = null
  }

  /** Why the work is to be ended; null while it gets on. */
  overdue(): MigrateError | null {
    if (this.#looking === null) return null
    const { minutes, detail, heardAt } = this.#looking
    if (performance.now() - heardAt < minutes * 60_000) return null
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
