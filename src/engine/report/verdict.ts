/** The only place where a run's outcome becomes a status, an exit code and a sentence. */
import { type ExitCode, exitCodes, type PlainError } from '../model/errors.ts'
import { ROWS_NOT_READABLE } from '../model/finding.ts'
import { tableIdOf } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { formatCounted, formatDuration, sumOf } from './format.ts'

type Outcome = {
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
  readonly error: PlainError | null
  readonly verifyOk: boolean
  /** Whether every source row is loaded, folded, quarantined or excluded. */
  readonly accounted: boolean
  /** Whether rows and cells are as forecast. */
  readonly asForecast: boolean
  readonly quarantined: number
  readonly isIncomplete: boolean
}

export function verdictOf(outcome: Outcome): { status: Report['status']; exitCode: ExitCode } {
  if (outcome.error !== null) return { status: 'failed', exitCode: exitCodes[outcome.error.kind] }
  if (outcome.stoppedBy === 'SIGTERM') return { status: 'stopped', exitCode: exitCodes.terminated }
  if (outcome.stoppedBy === 'SIGINT') return { status: 'stopped', exitCode: exitCodes.interrupted }
  if (!outcome.verifyOk || !outcome.accounted || !outcome.asForecast)
    return { status: 'mismatch', exitCode: exitCodes.verify }
  if (outcome.quarantined > 0 || outcome.isIncomplete)
    return { status: 'quarantined', exitCode: exitCodes.quarantined }
  return { status: 'ok', exitCode: exitCodes.ok }
}

/** Returns the run's outcome in one or two sentences: the first line of every summary and report. */
export function verdictSentence(report: Report): string {
  const moved = sumOf(report.tables, ({ rows }) => rows.target)
  const rows = formatCounted(moved, 'row')
  const elapsed = formatDuration(Date.parse(report.finishedAt) - Date.parse(report.startedAt))
  switch (report.status) {
    case 'ok':
      return `${movedAndVerified(report.verify.level, rows)}, in ${elapsed}.`
    case 'quarantined':
      return `${movedAndVerified(report.verify.level, rows)}, in ${elapsed}. ${whatIsMissing(report)}`
    case 'mismatch':
      return `Moved, but ${whatIsWrong(report)}: ${rows}, in ${elapsed}.`
    case 'failed':
      return `Failed after ${elapsed}, with ${rows} moved.`
    case 'stopped':
      return `Stopped after ${elapsed}, with ${rows} moved. Run the same command again to resume.`
    default:
      return report.status satisfies never
  }
}

/** Whether rows of a damaged database could not be read. */
export function isIncomplete(findings: Report['findings']): boolean {
  return findings.some(({ code }) => code === ROWS_NOT_READABLE)
}

/** Returns sentences on what the target of a `quarantined` run lacks. */
export function whatIsMissing({ quarantine, findings }: Report): string {
  const sentences = [
    ...(quarantine.rows > 0 ? [`${formatCounted(quarantine.rows, 'row')} in quarantine.`] : []),
    ...(isIncomplete(findings) ? ['Rows of damaged databases are missing, or may be.'] : []),
  ]
  return sentences.join(' ')
}

function movedAndVerified(level: Report['verify']['level'], rows: string): string {
  switch (level) {
    case 'none':
      return `Moved, not verified: ${rows}`
    case 'count':
      return `Moved and counted: ${rows}`
    case 'checksum':
    case 'full':
      return `Moved and verified: ${rows}, every value compared`
    default:
      return level satisfies never
  }
}

function whatIsWrong({ verify, tables, forecast, findings }: Report): string {
  const differing = new Set([
    ...verify.differences.map(({ table }) => table),
    ...tables
      .filter(({ checksum }) => checksum?.match === false)
      .map(({ database, table }) => tableIdOf(database, table)),
  ])
  if (differing.size > 0) {
    const withTriggers = new Set(
      findings.flatMap(({ code, tableId }) => (code === 'triggers-run' ? [tableId] : [])),
    )
    const haveTriggers = [...differing].every((table) => withTriggers.has(table))
    return `verification found differences${haveTriggers ? ' in tables whose triggers run for rows that arrive' : ''}`
  }
  if (verify.checks.some((check) => !check.ok)) return 'a check of the target failed'
  const isUnaccounted = tables.some(
    ({ rows }) => rows.source !== rows.target + rows.quarantined + rows.excluded,
  )
  if (!isUnaccounted && (forecast?.deviations.length ?? 0) > 0)
    return 'the run did otherwise than was forecast'
  return verify.ok || verify.level === 'none'
    ? 'not every source row is accounted for'
    : 'verification could not be completed'
}
