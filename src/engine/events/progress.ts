/**
 * The state of a run that a face shows, folded from its events. Invariant: `advance` is pure, and a lost event does no harm, since every
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
  /** In the time of `activeMs`; null before. */
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
  /** The positions of the tables, by their ids. */
  readonly places: ReadonlyMap<string, number>
  readonly findings: readonly Finding[]
  readonly paused: boolean
  /** Epoch milliseconds; null while it is not paused. */
  readonly pausedAt: number | null
  /** Total of the pauses that are over. */
  readonly pausedMs: number
  /** When the copy began, in the time of `activeMs`; null before. */
  readonly copyStartedAt: number | null
  /** Rows that an earlier start of the run had committed before the copy began. */
  readonly copyFromRows: number
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
  places: new Map(),
  findings: [],
  paused: false,
  pausedAt: null,
  pausedMs: 0,
  copyStartedAt: null,
  copyFromRows: 0,
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
      const isCopy = phase === 'copy'
      return {
        ...next,
        startedAt: next.startedAt ?? at,
        phases: [...next.phases.filter((known) => known.phase !== phase), started],
        copyStartedAt: isCopy ? activeMs(next, at) : next.copyStartedAt,
        copyFromRows: isCopy ? totalRows(next).done : next.copyFromRows,
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
        places: new Map(event.tables.map(({ tableId }, place) => [tableId, place])),
      }
    case 'table-started':
      return changeTable(next, event.tableId, { state: 'copying', startedAt: activeMs(next, at) })
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
      return { ...next, paused: true, pausedAt: next.pausedAt ?? at }
    case 'unpaused': {
      const pausedMs = next.pausedMs + (next.pausedAt === null ? 0 : at - next.pausedAt)
      return { ...next, paused: false, pausedAt: null, pausedMs }
    }
    case 'run-finished':
      return { ...next, report: event.report }
    case 'run-failed':
      return { ...next, error: event.error }
    case 'database-found':
    case 'path-passed-over':
    case 'forecast-made':
    case 'fallback-started':
    case 'fallback-round':
    case 'fallback-waiting':
    case 'follow-started':
    case 'round-read':
    case 'round-file-written':
    case 'round-committed':
    case 'follow-lag':
    case 'follow-waiting':
    case 'follow-stopped':
    case 'fence-held':
    case 'fence-opened':
    case 'state-changed':
    case 'command-started':
    case 'command-ended':
    case 'cut-over-finished':
    case 'cut-over-aborted':
    case 'fallback-fenced':
    case 'fallback-command-started':
      return next
    default:
      return event satisfies never
  }
}

/** Returns the running phase; null before the first and after the last. */
export function currentPhase(progress: Progress): PhaseProgress | null {
  return progress.phases.findLast((phase) => phase.elapsedMs === null) ?? null
}

/** Returns the rows of all tables: done, total, quarantined. */
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

/** Returns a time in milliseconds that does not advance while the run is paused; rates and remaining times are computed from it. */
export function activeMs({ pausedAt, pausedMs }: Progress, nowMs: number): number {
  return (pausedAt ?? nowMs) - pausedMs
}

/** Returns a table's rows per second so far; null while it is unknown. `nowMs`: in the time of `activeMs`. */
export function rateOf(table: TableProgress, nowMs: number): number | null {
  if (table.startedAt === null || table.rows === 0) return null
  const elapsedMs = table.state === 'copying' ? nowMs - table.startedAt : table.elapsedMs
  return elapsedMs <= 0 ? null : (table.rows * 1000) / elapsedMs
}

/** Returns the copy's rows per second and its remaining milliseconds; null while it does not run or too little is known. */
export function copyPace(
  progress: Progress,
  nowMs: number,
): { readonly rate: number; readonly leftMs: number } | null {
  const { copyStartedAt, copyFromRows } = progress
  if (copyStartedAt === null || currentPhase(progress)?.phase !== 'copy') return null
  const { done, total } = totalRows(progress)
  const elapsedMs = activeMs(progress, nowMs) - copyStartedAt
  const copied = done - copyFromRows
  if (copied <= 0 || elapsedMs < leastElapsedMs) return null
  const rate = (copied * 1000) / elapsedMs
  return { rate, leftMs: ((total - done) * 1000) / rate }
}

/**
 * Returns the remaining milliseconds of the run: the running phase at its own rate, later ones by their usual share relative to those
 * that are over. Null while too little is known, between phases, and while the run is paused.
 */
export function runLeftMs(progress: Progress, nowMs: number): number | null {
  const phase = currentPhase(progress)
  const share = phase === null ? null : shareDone(progress)
  if (phase === null || share === null || progress.paused || !(phase.phase in usualShares)) return null
  const ownMs = activeMs(progress, nowMs) - activeMs(progress, phase.startedAt)
  const over = progress.phases.filter(({ elapsedMs }) => elapsedMs !== null)
  const spentMs = over.reduce((sum, { elapsedMs }) => sum + elapsedMs!, ownMs)
  const weightOf = (name: Phase): number => usualShares[name] ?? 0
  const done = over.reduce((sum, one) => sum + weightOf(one.phase), share * weightOf(phase.phase))
  if (spentMs < leastElapsedMs || done < LEAST_SHARE) return null
  const msOfAll = spentMs / done
  const isKnown = isSteady[phase.phase] === true && share >= 0.1 && ownMs >= leastElapsedMs
  const ownLeft = isKnown ? (ownMs * (1 - share)) / share : (1 - share) * weightOf(phase.phase) * msOfAll
  const names = Object.keys(usualShares) as Phase[]
  const later = names.slice(names.indexOf(phase.phase) + 1).reduce((sum, name) => sum + weightOf(name), 0)
  return ownLeft + later * msOfAll
}

/** Returns the finished share of the running phase, from 0 to 1; null when the phase counts nothing. */
export function shareDone(progress: Progress): number | null {
  const phase = currentPhase(progress)
  if (phase === null) return null
  if (phase.phase !== 'copy') return phase.total === 0 ? null : Math.min(1, phase.done / phase.total)
  const { done, total } = totalRows(progress)
  return total === 0 ? null : Math.min(1, done / total)
}

/** Estimated shares of a run's time, by phases in their order; used for phases that have not begun. */
const usualShares: Partial<Readonly<Record<Phase, number>>> = {
  snapshot: 0.05,
  inspect: 0.2,
  plan: 0.1,
  create: 0.05,
  copy: 0.3,
  index: 0.1,
  verify: 0.2,
}
const LEAST_SHARE = 0.02

/** Phases whose units take about the same time each. */
const isSteady: Partial<Readonly<Record<Phase, true>>> = { snapshot: true, inspect: true, copy: true }

/** Counts the estimate down with the clock and moves it slowly towards the computed one, so that it does not jump. */
export function nextEstimate(shown: number | null, computed: number | null, passedMs: number): number | null {
  if (computed === null) return null
  if (shown === null) return computed
  const counted = Math.max(0, shown - passedMs)
  return counted + (computed - counted) * ESTIMATE_STEP
}

/** The fraction of the difference by which the shown estimate moves at each tick. */
const ESTIMATE_STEP = 0.08

/** In the first moments an estimate would jump. */
const leastElapsedMs = 1000

function changePhase(progress: Progress, phase: Phase, change: Partial<PhaseProgress>): Progress {
  return {
    ...progress,
    phases: progress.phases.map((known) => (known.phase === phase ? { ...known, ...change } : known)),
  }
}

function changeTable(progress: Progress, tableId: string, change: Partial<TableProgress>): Progress {
  const place = progress.places.get(tableId)
  if (place === undefined) return progress
  const changed = { ...progress.tables[place]!, ...change }
  return { ...progress, tables: progress.tables.with(place, changed) }
}
