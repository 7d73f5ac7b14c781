/** The closing summary as plain text lines: what stays in the scrollback after a run, with or without the wizard. Pure. */
import { type Report, type ReportTable, verdictSentence } from '../engine/door/index.ts'
import { formatCount, formatCounted, formatDuration, printable, withOrigin } from '../ui/format.ts'
import { cutEnd, wrapHanging, wrapWords } from '../ui/text.ts'
import { alignColumns } from './table-text.ts'

/** What every terminal has, nearly. */
const usualWidth = 80

/** Lines of at most 80 columns, or of fewer where `columns` are fewer. Commands, addresses and files are never broken. */
export function summaryLines(report: Report, columns: number = usualWidth): string[] {
  const width = Math.min(columns, usualWidth)
  const prose = (text: string): string[] => wrapHanging(`  ${printable(text)}`, width, 2)
  const lines = wrapWords(verdictSentence(report), width)
  if (report.error !== undefined) {
    lines.push(...prose(report.error.message))
    if (report.error.hint !== null) lines.push(...prose(report.error.hint))
  }
  lines.push('', ...tableLines(report, width))
  const failed = report.verify.checks.filter((check) => !check.ok)
  if (failed.length > 0)
    lines.push(
      '',
      'Checks that failed',
      ...failed.flatMap((check) => prose(`${check.name}: ${check.detail}`)),
    )
  if (report.verify.differences.length > 0) lines.push('', 'Differences', ...differenceLines(report, prose))
  if (report.amendments.length > 0) {
    lines.push('', `${formatCounted(report.amendments.length, 'amendment')} to the planned schema`)
    lines.push(...firstOf(report.amendments, 8, ({ table, message }) => prose(`${table}: ${message}`)))
  }
  const telling = report.findings.filter((finding) => finding.severity !== 'notice')
  if (telling.length > 0) {
    lines.push('', `${formatCounted(telling.length, 'finding')} to look at`)
    lines.push(...firstOf(telling, 8, ({ severity, message }) => prose(`${severity}: ${message}`)))
  }
  if (report.nextSteps.length > 0) lines.push('', ...report.nextSteps.map((step) => printable(step)))
  return lines
}

function tableLines(report: Report, width: number): string[] {
  // The report has the rest.
  const isWide = width >= 72
  const rows = report.tables.map((table) => [
    printable(targetName(table)),
    formatCount(table.rows.target),
    verdictWord(table, report),
    ...(isWide ? [dash(sum(table.columns, (column) => column.cells.rounded))] : []),
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
  const room = width - 2 - sum(widths, (taken) => taken + 2)
  const cells = rows.map(([name, ...rest]) => [cutEnd(name!, Math.max(room, 16)), ...rest])
  return alignColumns([[names!, ...figures], ...cells], [0, 2]).map((line) => `  ${line}`)
}

function targetName({ target, origin, database, table }: ReportTable): string {
  if (target === null) return `(${database}/${table})`
  if ('fold' in target) return `${target.fold.schema}.${target.fold.table}.${target.fold.column}`
  return withOrigin(`${target.schema}.${target.table}`, origin)
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

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

const dash = (count: number): string => (count === 0 ? '-' : formatCount(count))
