/** The closing summary as plain text: what stays in the scrollback after a run, with or without the wizard. Pure. */
import {
  type Report,
  type ReportTable,
  rejectSentences,
  roundedIn,
  sumOf,
  targetNameOf,
  verdictSentence,
} from '../engine/door/index.ts'
import { formatCount, formatCounted, formatDuration, printable } from '../ui/format.ts'
import { cutEnd, cutName, wrapBeside, wrapHanging, wrapWords } from '../ui/text.ts'
import { kindLines } from './finding-lines.ts'
import { notableTables } from './notable-tables.ts'
import { alignColumns } from './table-text.ts'

export type SummaryView = {
  /** The terminal's width; null in a pipe, where names are not cut. */
  readonly columns: number | null
  /** Lists everything. */
  readonly isVerbose: boolean
  /** Prints only the outcome and what needs attention. */
  readonly isQuiet: boolean
  /** Whether the findings were already printed during the run. */
  readonly wasReported: boolean
  /** Whether the outcome is printed below the tables, where a person looks after a run. */
  readonly endsWithOutcome: boolean
}

const usualView: SummaryView = {
  columns: 80,
  isVerbose: false,
  isQuiet: false,
  wasReported: false,
  endsWithOutcome: false,
}

/** The width that nearly every terminal has. */
const usualWidth = 80

/** Returns lines of at most 80 columns, or of `columns` if less. Commands, addresses and files are never broken. */
export function summaryLines(report: Report, given: Partial<SummaryView> = {}): string[] {
  const view = { ...usualView, ...given }
  const width = Math.min(view.columns ?? usualWidth, usualWidth)
  const prose = (text: string): string[] => wrapHanging(`  ${printable(text)}`, width)
  const outcome = wrapWords(verdictSentence(report), width)
  if (report.error !== undefined) {
    outcome.push(...prose(report.error.message))
    if (report.error.hint !== null) outcome.push(...prose(report.error.hint))
  }
  const parts = [
    view.isQuiet ? [] : tableLines(report, view, width),
    checkLines(report, prose),
    report.verify.differences.length > 0 ? ['Differences', ...differenceLines(report, prose)] : [],
    deviationLines(report, prose),
    view.isQuiet ? [] : amendmentLines(report, view, prose),
    findingLines(report, view, prose),
    quarantineLines(report, prose),
  ]
  const steps = nextStepLines(report, view)
  if (view.endsWithOutcome) parts.push(outcome)
  else parts.unshift(outcome)
  parts.push(steps)
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : ['', ...part]))
}

/** In a terminal, sentences are wrapped beside their word; commands stay whole, so that copying from the terminal yields one line. */
function nextStepLines({ nextSteps }: Report, { columns, isQuiet }: SummaryView): string[] {
  return nextSteps
    .map((step) => printable(step))
    .filter((step) => !isQuiet || /^(Report|Rejects|Resume) /.test(step))
    .flatMap((step) => {
      const [, word, text] = /^(\S+ +)(?! |npx |PGPASSFILE=)(.*)$/.exec(step) ?? []
      if (columns === null || word === undefined || text === undefined) return [step]
      return wrapBeside(word, word.length, text, columns)
    })
}

type Prose = (text: string) => string[]

function checkLines({ verify }: Report, prose: Prose): string[] {
  const failed = verify.checks.filter((check) => !check.ok)
  if (failed.length === 0) return []
  return ['Checks that failed', ...failed.flatMap((check) => prose(`${check.name}: ${check.detail}`))]
}

function deviationLines({ forecast }: Report, prose: Prose): string[] {
  const deviations = forecast?.deviations ?? []
  if (deviations.length === 0) return []
  return [
    'Otherwise than forecast',
    ...firstOf(deviations, 12, ({ tableId, column, what, forecast, found }) =>
      prose(
        `${[tableId, column].filter((part) => part !== null).join(', ')}: ${what}: forecast ${forecast}, found ${found}`,
      ),
    ),
  ]
}

function amendmentLines(
  { amendments }: Report,
  { isVerbose, endsWithOutcome }: SummaryView,
  prose: Prose,
): string[] {
  if (amendments.length === 0) return []
  const title = `${formatCounted(amendments.length, 'amendment')} to the planned schema`
  if (endsWithOutcome && !isVerbose) return [`${title}, in the report`]
  const most = isVerbose ? amendments.length : 8
  return [title, ...firstOf(amendments, most, ({ table, message }) => prose(`${table}: ${message}`))]
}

/** Warnings and errors, unless they were printed before; notices, and kinds with many findings, are only counted. */
function findingLines({ findings }: Report, view: SummaryView, prose: Prose): string[] {
  const toCheck = findings.filter(({ severity }) => severity !== 'notice')
  const notices = findings.filter(({ severity }) => severity === 'notice')
  const lines: string[] = []
  const title = `${formatCounted(toCheck.length, 'finding')} to check`
  if (toCheck.length > 0 && view.wasReported && !view.isVerbose)
    lines.push(...countedByKind(`${title}, above and in the report`, toCheck, prose))
  else if (toCheck.length > 0)
    lines.push(
      title,
      ...kindLines(toCheck, view.isVerbose, ({ severity, message }) => prose(`${severity}: ${message}`)),
    )
  if (notices.length === 0 || view.isQuiet) return lines
  const noticed = formatCounted(notices.length, 'notice')
  if (view.isVerbose) lines.push(noticed, ...notices.flatMap(({ message }) => prose(message)))
  else lines.push(...countedByKind(`${noticed}, in the report`, notices, prose))
  return lines
}

/** `title: 200 orphans, 3 no-time`; the title alone when there are few findings. */
function countedByKind(title: string, findings: Report['findings'], prose: Prose): string[] {
  const kinds = [...Map.groupBy(findings, ({ code }) => code)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([code, of]) => `${formatCount(of.length)} ${code}`)
  const [first = '', ...rest] = prose(`${title}: ${kinds.join(', ')}`)
  return [first.trimStart(), ...rest]
}

/** The number of quarantined rows for each reason. */
function quarantineLines({ quarantine }: Report, prose: Prose): string[] {
  if (quarantine.rows === 0) return []
  const sentences: Readonly<Record<string, string>> = rejectSentences
  const reasons = Object.entries(quarantine.byCode).toSorted(([, a], [, b]) => b - a)
  return [
    `${formatCounted(quarantine.rows, 'row')} in quarantine`,
    ...reasons.flatMap(([code, rows]) =>
      prose(`${formatCount(rows)} ${code}: ${sentences[code] ?? 'see the report'}`),
    ),
  ]
}

function tableLines(report: Report, view: SummaryView, width: number): string[] {
  const { shown, left } = view.isVerbose
    ? { shown: report.tables, left: [] }
    : notableTables(report.tables, weightOf, ({ rows }) => rows.target)
  // The other columns are in the report.
  const isWide = width >= 72
  const rows = shown.map((table) => [
    printable(targetNameOf(table) ?? `(${table.database}/${table.table})`),
    formatCount(table.rows.target),
    verdictWord(table, report),
    ...(isWide ? [dash(roundedIn(table))] : []),
    dash(table.rows.quarantined),
    table.seconds === 0 ? '-' : formatDuration(table.seconds * 1000),
  ])
  const [names, ...figures] = [
    ...['target', 'rows', 'verified'],
    ...(isWide ? ['rounded'] : []),
    ...['quarantine', 'time'],
  ]
  const widths = figures.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column + 1]!.length)),
  )
  const room = width - 2 - sumOf(widths, (taken) => taken + 2)
  const cut = (name: string): string => (view.columns === null ? name : cutName(name, Math.max(room, 16)))
  const cells = rows.map(([name, ...rest]) => [cut(name!), ...rest])
  const lines = alignColumns([[names!, ...figures], ...cells], [0, 2]).map((line) => `  ${line}`)
  if (left.length > 0) lines.push(restLine(left))
  return lines
}

const weightOf = (table: ReportTable): number =>
  table.checksum?.match === false ? 3 : table.rows.quarantined > 0 ? 2 : roundedIn(table) > 0 ? 1 : 0

function restLine(left: readonly ReportTable[]): string {
  const rows = sumOf(left, (table) => table.rows.target)
  const empty = left.filter((table) => table.rows.source === 0).length
  const excluded = left.filter(({ target }) => target === null).length
  const different = left.filter(({ checksum }) => checksum?.match === false).length
  const parts = [
    formatCounted(rows, 'row'),
    ...(empty > 0 ? [`${formatCount(empty)} empty`] : []),
    ...(excluded > 0 ? [`${formatCount(excluded)} excluded`] : []),
    ...(different > 0 ? [`${formatCount(different)} DIFFER`] : []),
  ]
  return `  … and ${formatCounted(left.length, 'more table', 'more tables')}: ${parts.join(', ')}; --verbose or the report list them`
}

function verdictWord(table: ReportTable, report: Report): string {
  if (table.target === null) return 'excluded'
  if (table.checksum === null) return report.verify.level === 'count' ? 'counted' : 'no'
  return table.checksum.match ? 'yes' : 'DIFFERS'
}

function differenceLines(report: Report, prose: (text: string) => string[]): string[] {
  return firstOf(report.verify.differences, 12, ({ table, kind, key, column, source, target }) => {
    const where = [table, key === null ? null : `key ${key}`, column]
      .filter((part) => part !== null)
      .join(', ')
    const values =
      source === null && target === null ? '' : `: source ${shown(source)}, target ${shown(target)}`
    return prose(`${where}: ${kind}${values}`)
  })
}

function shown(value: string | null): string {
  return value === null ? 'has none' : cutEnd(printable(value), 200)
}

function firstOf<T>(items: readonly T[], most: number, lines: (item: T) => readonly string[]): string[] {
  const shown = items.slice(0, most).flatMap(lines)
  return items.length > most
    ? [...shown, `  … and ${formatCount(items.length - most)} more, in the report`]
    : shown
}

const dash = (count: number): string => (count === 0 ? '-' : formatCount(count))
