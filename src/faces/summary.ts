/** The closing summary as plain text lines: what stays in the scrollback after a run, with or without the wizard. Pure. */
import { type Report, type ReportTable, verdictSentence } from '../engine/index.ts'
import { formatCount, formatCounted, formatDuration, printable } from '../ui/format.ts'

export function summaryLines(report: Report): string[] {
  const lines = [verdictSentence(report)]
  if (report.error !== undefined) {
    lines.push(`  ${printable(report.error.message)}`)
    if (report.error.hint !== null) lines.push(`  ${printable(report.error.hint)}`)
  }
  lines.push('', ...tableLines(report))
  const failed = report.verify.checks.filter((check) => !check.ok)
  if (failed.length > 0)
    lines.push(
      '',
      'Checks that failed',
      ...failed.map((check) => `  ${check.name}: ${printable(check.detail)}`),
    )
  if (report.verify.differences.length > 0) lines.push('', 'Differences', ...differenceLines(report))
  if (report.amendments.length > 0) {
    lines.push('', `${formatCounted(report.amendments.length, 'amendment')} to the planned schema`)
    lines.push(
      ...firstOf(
        report.amendments,
        8,
        ({ table, message }) => `  ${printable(table)}: ${printable(message)}`,
      ),
    )
  }
  const telling = report.findings.filter((finding) => finding.severity !== 'notice')
  if (telling.length > 0) {
    lines.push('', `${formatCounted(telling.length, 'finding')} to look at`)
    lines.push(...firstOf(telling, 8, ({ severity, message }) => `  ${severity}: ${printable(message)}`))
  }
  if (report.nextSteps.length > 0) lines.push('', ...report.nextSteps.map((step) => printable(step)))
  return lines
}

function tableLines(report: Report): string[] {
  const rows = report.tables.map((table) => [
    printable(targetName(table)),
    formatCount(table.rows.target),
    verdictWord(table, report),
    dash(sum(table.columns, (column) => column.cells.rounded)),
    dash(table.rows.quarantined),
    formatDuration(table.seconds * 1000),
  ])
  const header = ['target', 'rows', 'verified', 'rounded', 'quarantine', 'time']
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]!.length)),
  )
  const widest = Math.min(widths[0]!, 34)
  return [header, ...rows].map((cells) =>
    `  ${cells
      .map((cell, column) =>
        column === 0
          ? clip(cell, widest).padEnd(widest)
          : column === 2
            ? cell.padEnd(widths[2]!)
            : cell.padStart(widths[column]!),
      )
      .join('  ')}`.trimEnd(),
  )
}

function targetName({ target, database, table }: ReportTable): string {
  if (target === null) return `(${database}/${table})`
  return 'fold' in target
    ? `${target.fold.schema}.${target.fold.table}.${target.fold.column}`
    : `${target.schema}.${target.table}`
}

function verdictWord(table: ReportTable, report: Report): string {
  if (table.target === null) return 'excluded'
  if (table.checksum === null) return report.verify.level === 'count' ? 'counted' : 'no'
  return table.checksum.match ? 'yes' : 'DIFFERS'
}

function differenceLines(report: Report): string[] {
  return firstOf(report.verify.differences, 12, ({ table, kind, key, column, source, target }) => {
    const where = [table, key === null ? null : `key ${key}`, column]
      .filter((part) => part !== null)
      .join(', ')
    const values =
      source === null && target === null
        ? ''
        : `: source ${source ?? 'has none'}, target ${target ?? 'has none'}`
    return `  ${printable(`${where}: ${kind}${values}`)}`
  })
}

function firstOf<T>(items: readonly T[], most: number, line: (item: T) => string): string[] {
  const lines = items.slice(0, most).map(line)
  return items.length > most
    ? [...lines, `  … and ${formatCount(items.length - most)} more, in the report`]
    : lines
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

const dash = (count: number): string => (count === 0 ? '-' : formatCount(count))
const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`
