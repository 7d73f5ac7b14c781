/**
 * What a face shows of a run, folded from its events. Invariant: `advance` is pure, and a lost event costs nothing, since every
 * count in an event is a total.
 */
import type { PlainError } from '../model/errors.ts'
import type { Phase, RunEvent } from '../model/event.ts'
import type { Finding } from '../model/finding.ts'
import type { Report } from '../model/report.ts'

export type TableProgress = {
  readonly tableId: string
  readonly target: string
  readonly totalRows: number
  readonly rows: number
  readonly quarantined: number
  readonly bytes: number
  readonly state: 'waiting' | 'copying' | 'copied' | 'verified' | 'differs'
  readonly startedAt: number | null
  readonly elapsedMs: number
}

export type PhaseProgress = {
  readonly phase: Phase
  readonly total: number
  readonly done: number
  readonly unit: string
  readonly detail: string | null
  readonly startedAt: number
  /** Null while it runs. */
  readonly elapsedMs: number | null
}

export type Progress = {
  readonly run: string | null
  readonly resumed: boolean
  readonly startedAt: number | null
  /** Epoch milliseconds of the newest event. */
  readonly now: number
  readonly phases: readonly PhaseProgress[]
  readonly tables: readonly TableProgress[]
  readonly findings: readonly Finding[]
  readonly paused: boolean
  readonly report: Report | null
  readonly error: PlainError | null
}

export const noProgress: Progress = {
  run: null,
  resumed: false,
  startedAt: null,
  now: 0,
  phases: [],
  tables: [],
  findings: [],
  paused: false,
  report: null,
  error: null,
}

export function advance(progress: Progress, event: RunEvent): Progress {
  const at = 'at' in event ? Date.parse(event.at) : progress.now
  const next = { ...progress, now: Math.max(progress.now, at) }
  switch (event.type) {
    case 'run-started':
      return { ...next, run: event.run, resumed: event.resumed, startedAt: next.startedAt ?? at }
    case 'phase-started': {
      const { phase, total, unit } = event
      const started = { phase, total, unit, done: 0, detail: null, startedAt: at, elapsedMs: null }
      return {
        ...next,
        startedAt: next.startedAt ?? at,
        phases: [...next.phases.filter((known) => known.phase !== phase), started],
      }
    }
    case 'phase-progress':
      return changePhase(next, event.phase, { done: event.done, detail: event.detail })
    case 'phase-finished':
      return changePhase(next, event.phase, { elapsedMs: event.elapsedMs, detail: null })
    case 'finding':
      return { ...next, findings: [...next.findings, event.finding] }
    case 'tables-planned':
      return {
        ...next,
        tables: event.tables.map((table) => ({
          tableId: table.tableId,
          target: table.target,
          totalRows: table.rows,
          rows: 0,
          quarantined: 0,
          bytes: 0,
          state: 'waiting',
          startedAt: null,
          elapsedMs: 0,
        })),
      }
    case 'table-started':
      return changeTable(next, event.tableId, { state: 'copying', startedAt: at })
    case 'table-progress':
      return changeTable(next, event.tableId, {
        rows: event.rows,
        quarantined: event.quarantined,
        bytes: event.bytes,
      })
    case 'table-finished':
      return changeTable(next, event.tableId, {
        state: 'copied',
        rows: event.rows,
        quarantined: event.quarantined,
        elapsedMs: event.elapsedMs,
      })
    case 'table-verified':
      return changeTable(next, event.tableId, { state: event.match ? 'verified' : 'differs' })
    case 'paused':
      return { ...next, paused: true }
    case 'unpaused':
      return { ...next, paused: false }
    case 'run-finished':
      return { ...next, report: event.report }
    case 'run-failed':
      return { ...next, error: event.error }
    case 'database-found':
    case 'path-passed-over':
    case 'forecast-made':
      return next
    default:
      return event satisfies never
  }
}

/** The phase that runs now; null before the first and after the last. */
export function currentPhase(progress: Progress): PhaseProgress | null {
  return progress.phases.findLast((phase) => phase.elapsedMs === null) ?? null
}

/** Rows of all tables, done and in all. */
export function totalRows(progress: Progress): {
  readonly done: number
  readonly total: number
  readonly quarantined: number
} {
  let done = 0
  let total = 0
  let quarantined = 0
  for (const table of progress.tables) {
    done += table.rows
    total += table.totalRows
    quarantined += table.quarantined
  }
  return { done, total, quarantined }
}

/** Rows a second of a table so far; null while nothing can be said. */
export function rateOf(table: TableProgress, nowMs: number): number | null {
  if (table.startedAt === null || table.rows === 0) return null
  const elapsedMs = table.state === 'copying' ? nowMs - table.startedAt : table.elapsedMs
  return elapsedMs <= 0 ? null : (table.rows * 1000) / elapsedMs
}

/** Milliseconds left for so many rows at a rate (rows a second); null while unknown. */
export function leftMs(remainingRows: number, rate: number | null): number | null {
  return rate === null || rate <= 0 ? null : (remainingRows * 1000) / rate
}

function changePhase(progress: Progress, phase: Phase, change: Partial<PhaseProgress>): Progress {
  return {
    ...progress,
    phases: progress.phases.map((known) => (known.phase === phase ? { ...known, ...change } : known)),
  }
}

function changeTable(progress: Progress, tableId: string, change: Partial<TableProgress>): Progress {
  return {
    ...progress,
    tables: progress.tables.map((table) => (table.tableId === tableId ? { ...table, ...change } : table)),
  }
}
