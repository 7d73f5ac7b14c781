/**
 * The run as lines of plain text, for pipes, CI and screen readers: one line for each phase and each finished table, and a line of
 * progress at most every few seconds. Nothing is ever rewritten.
 */
import {
  activeMs,
  advance,
  type BroughtBackTable,
  currentPhase,
  EPOCH_RECOGNISED,
  type Finding,
  type Forecast,
  forecastLines,
  forecastSentence,
  hasOwnLine,
  noProgress,
  type Progress,
  type Report,
  type RunEvent,
  rateOf,
  SHOWN_OF_KIND,
  totalRows,
} from '../engine/door/index.ts'
import {
  besidePath,
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  printable,
} from '../ui/format.ts'
import { wrapHanging } from '../ui/text.ts'
import { moreOfKind } from './finding-lines.ts'
import { amountWords, doneWords, phaseTitles } from './phase-words.ts'
import { type SummaryView, summaryLines } from './summary.ts'

const progressEveryMs = 3000

export type LineFace = {
  readonly onEvent: (event: RunEvent) => void
  /** Ends a rewriting display; for callers that may not receive the end of the run. */
  readonly close?: () => void
}

export type PlainView = Pick<SummaryView, 'columns' | 'isVerbose' | 'isQuiet'> & {
  /** Whether a line of progress is printed every few seconds. */
  readonly showsProgress: boolean
  readonly endsWithOutcome: boolean
}

const usualView: PlainView = {
  columns: 80,
  isVerbose: false,
  isQuiet: false,
  showsProgress: true,
  endsWithOutcome: false,
}

export function plainLines(
  print: (line: string) => void,
  clock: () => number = () => performance.now(),
  given: Partial<PlainView> = {},
): LineFace {
  const view = { ...usualView, ...given }
  let progress: Progress = noProgress
  const counted = new FindingCount()
  let lastLineAt = clock()
  const say = (text: string): void => {
    lastLineAt = clock()
    for (const line of linesWithin(text, view)) print(line)
  }
  return {
    onEvent(event) {
      progress = advance(progress, event)
      const line =
        view.isQuiet || (event.type === 'finding' && !view.isVerbose && counted.isEnough(event.finding))
          ? null
          : lineOf(event, progress, view)
      if (event.type !== 'finding' && !view.isQuiet) for (const more of counted.takeLeft()) say(more)
      if (line !== null) say(line)
      else if (view.showsProgress && !view.isQuiet && clock() - lastLineAt > progressEveryMs) {
        const running = runningLine(progress)
        if (running !== null) say(running)
      }
      if (event.type === 'run-finished') for (const summary of closing(event.report, view)) print(summary)
    },
  }
}

/** Lets the first findings of each kind be printed as they come, and counts the others. */
class FindingCount {
  readonly #kinds = new Map<string, { readonly first: Finding; count: number; said: number }>()

  isEnough(finding: Finding): boolean {
    if (!isReported(finding)) return false
    const key = `${finding.severity} ${finding.code}`
    const kind = this.#kinds.get(key) ?? { first: finding, count: 0, said: SHOWN_OF_KIND }
    this.#kinds.set(key, kind)
    kind.count++
    return kind.count > SHOWN_OF_KIND
  }

  /** Returns lines for the findings counted but not printed since the last call. */
  takeLeft(): string[] {
    const lines: string[] = []
    for (const kind of this.#kinds.values()) {
      const left = kind.count - kind.said
      if (left > 0) lines.push(moreOfKind(kind.first, left))
      kind.said = Math.max(kind.said, kind.count)
    }
    return lines
  }
}

const isReported = ({ severity, code }: Finding): boolean =>
  severity !== 'notice' || code === EPOCH_RECOGNISED

/** Wraps text at word boundaries in a terminal; a pipe gets whole lines. */
function linesWithin(text: string, { columns, endsWithOutcome }: PlainView): readonly string[] {
  const lines = text.split('\n')
  return columns === null || !endsWithOutcome ? lines : lines.flatMap((line) => wrapHanging(line, columns))
}

function closing(report: Report, view: PlainView): string[] {
  const lines = summaryLines(report, { ...view, wasReported: !view.isQuiet })
  return view.isQuiet ? lines : ['', ...lines]
}

function lineOf(
  event: RunEvent,
  progress: Progress,
  { isVerbose, endsWithOutcome }: PlainView,
): string | null {
  switch (event.type) {
    case 'run-started':
      return event.resumed ? `Resuming run ${event.run}` : `Run ${event.run}`
    case 'phase-started':
      return `${phaseTitles[event.phase]}${event.total > 0 ? `: ${amountWords(event.total, event.unit)}` : ''}`
    case 'database-found': {
      const { database, path, bytes, tables, health } = event.database
      const state =
        health.kind === 'ok' || health.kind === 'unchecked'
          ? ''
          : `, ${health.kind}${'detail' in health ? `: ${besidePath(path, health.detail)}` : ''}`
      return `  ${printable(`${database}: ${formatCounted(tables.length, 'table')}, ${formatBytes(bytes)}${state}`)}`
    }
    case 'path-passed-over':
      return `  passed over ${printable(event.passedOver.path)}: ${printable(besidePath(event.passedOver.path, event.passedOver.reason))}`
    case 'forecast-made':
      return forecastText(event.forecast, endsWithOutcome ? FEW_LINES : MOST_LINES)
    case 'finding':
      return isReported(event.finding) || isVerbose
        ? `  ${event.finding.severity}: ${printable(event.finding.message)}`
        : null
    case 'table-finished': {
      if (!isVerbose && !hasOwnLine(event, progress.tables.length)) return null
      const table = progress.tables.find((known) => known.tableId === event.tableId)
      const rate = table === undefined ? null : rateOf(table, activeMs(progress, progress.now))
      const aside =
        event.quarantined === 0 ? '' : `, ${formatCounted(event.quarantined, 'row')} in quarantine`
      const speed = rate === null ? '' : `, ${formatRate(rate)}`
      return `  ${printable(table?.target ?? event.tableId)}: ${formatCounted(event.rows, 'row')}, ${formatDuration(event.elapsedMs)}${speed}${aside}`
    }
    case 'table-verified':
      return event.match ? null : `  ${printable(event.tableId)}: DIFFERS from its source`
    case 'fallback-started':
      return `Keeping the SQLite files in ${printable(event.folder)} current`
    case 'fallback-round':
      return `  ${printable(broughtBack(event.tables))}${event.aside === 0 ? '' : `; ${formatCounted(event.aside, 'row')} kept aside`}`
    case 'fallback-waiting':
      return `  waiting: ${printable(event.reason)}`
    case 'phase-finished':
      return isVerbose ? `  ${phaseTitles[event.phase]}: ${formatDuration(event.elapsedMs)}` : null
    case 'fallback-fenced':
      return 'PostgreSQL is fenced: writers wait'
    case 'fallback-command-started':
      return `The command that starts the application on ${printable(event.folder)} runs, ${formatDuration(event.fencedMs)} after the fence`
    case 'paused':
      return 'Paused'
    case 'unpaused':
      return 'Resumed'
    case 'follow-started':
      return event.round === 0
        ? `Now following the sources of run ${event.run} (Ctrl+C stops, gpt-migrate follow resumes)`
        : `Now following the sources of run ${event.run}, after round ${event.round} (Ctrl+C stops, gpt-migrate follow resumes)`
    case 'follow-waiting':
      return event.attempt === 1 || event.attempt % 10 === 0
        ? `  waiting: ${printable(event.reason)} (try ${event.attempt})`
        : null
    case 'follow-stopped':
      return event.isTakenOver
        ? `Another process has taken over after round ${event.round}`
        : `Stopped after round ${event.round}. Resume with gpt-migrate follow and the same target.`
    case 'fence-held':
      return "The sources' writers are kept out"
    case 'fence-opened':
      return `The sources' writers are let in again: ${printable(event.why)}`
    case 'command-started':
      return 'The command was started'
    case 'command-ended':
      return event.exitCode === 0
        ? 'The command has ended; the writers of the old files stay out until nobody has these open, or --hold is over'
        : `The command ended with ${event.exitCode === null ? 'a signal' : `exit code ${event.exitCode}`}`
    case 'cut-over-aborted':
      return 'Nothing was switched, and nothing follows the sources now. Resume with gpt-migrate follow and the same target.'
    default:
      return null
  }
}

const MOST_LINES = 20
/** The limit in a terminal, where more lines of the plan would scroll earlier output away. */
const FEW_LINES = 4

/** The forecast of the run, printed before it starts. */
function forecastText(forecast: Forecast, most: number): string {
  const lines = forecastLines(forecast)
  const shown = lines.slice(0, most).map((line) => `    ${line}`)
  const more =
    lines.length > most
      ? [`    … and ${formatCount(lines.length - most)} more: gpt-migrate plan lists them`]
      : []
  return [`  ${forecastSentence(forecast)}`, ...shown, ...more].join('\n')
}

/** One part for each table: `trading.db/orders: 2 added, 1 changed`. */
export function broughtBack(tables: readonly BroughtBackTable[]): string {
  if (tables.length === 0) return 'nothing to write'
  return tables
    .map(({ tableId, inserted, updated, deleted }) => {
      const counts = [
        inserted === 0 ? [] : [`${formatCount(inserted)} added`],
        updated === 0 ? [] : [`${formatCount(updated)} changed`],
        deleted === 0 ? [] : [`${formatCount(deleted)} removed`],
      ]
      return `${tableId}: ${counts.flat().join(', ')}`
    })
    .join('; ')
}

function runningLine(progress: Progress): string | null {
  const phase = currentPhase(progress)
  if (phase === null) return null
  if (phase.phase === 'copy') {
    const { done, total } = totalRows(progress)
    return `  ${formatCount(done)} of ${formatCounted(total, 'row')}`
  }
  return `  ${doneWords(phase)}${phase.detail === null ? '' : ` (${printable(phase.detail)})`}`
}
