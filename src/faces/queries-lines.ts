/** The report on the application's SQL as plain text, the worst first. Pure. */
import {
  type JudgedStatement,
  loudVerdict,
  type QueriesReport,
  totalsSentence,
} from '../engine/door/index.ts'
import { formatCounted, printable } from '../ui/format.ts'

const WIDEST_SQL = 100

/** `page`: the file with the report as HTML; null when there is none. */
export function queriesLines(report: QueriesReport, page: string | null): string[] {
  const { statements, seconds, searchPath } = report
  const lines: string[] = []
  const shown = statements.filter(({ verdict, reasons }) => verdict !== 'same' || reasons.length > 0)
  for (const statement of shown) lines.push(...statementLines(statement))
  if (lines.length > 0) lines.push('')
  lines.push(
    totalsSentence(report, `, ${seconds.toFixed(1)} s`),
    `Run with search_path = ${printable(searchPath.join(', '))}: the application needs the same.`,
  )
  if (page !== null) lines.push(`Report  ${printable(page)}`)
  return lines
}

function statementLines({
  verdict,
  origins,
  sql,
  reasons,
  detail,
  rewrite,
  isKnown,
}: JudgedStatement): string[] {
  const [first, ...more] = origins
  const place = first === undefined ? '' : `${first.file}:${first.line}`
  const others = more.length === 0 ? '' : ` and ${formatCounted(more.length, 'other place')}`
  const known = isKnown ? ' (known)' : ''
  const lines = [
    `${loudVerdict(verdict)}${known}  ${printable(place)}${others}  [${reasons.join(', ')}]`,
    `  ${printable(shortened(sql))}`,
  ]
  if (detail !== '') lines.push(`  ${printable(detail)}`)
  if (rewrite !== null) lines.push(`  instead: ${printable(shortened(rewrite, 400))}`)
  return lines
}

function shortened(sql: string, width = WIDEST_SQL): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim()
  return line.length > width ? `${line.slice(0, width - 1)}…` : line
}
