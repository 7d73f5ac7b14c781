/** The report on the application's SQL as plain text, the worst first. Pure. */
import type { JudgedStatement, QueriesReport } from '../engine/door/index.ts'
import { formatCounted, printable } from '../ui/format.ts'

const words: Readonly<Record<JudgedStatement['verdict'], string>> = {
  differs: 'DIFFERS',
  fails: 'FAILS',
  slower: 'SLOWER',
  rewritten: 'rewritten',
  'not-judged': 'not judged',
  same: 'same',
}

const WIDEST_SQL = 100

/** `page`: the file of the report as a page; null where there is none. */
export function queriesLines(report: QueriesReport, page: string | null): string[] {
  const { statements, totals, files, seconds, searchPath } = report
  const lines: string[] = []
  const shown = statements.filter(({ verdict, reasons }) => verdict !== 'same' || reasons.length > 0)
  for (const statement of shown) lines.push(...statementLines(statement))
  if (lines.length > 0) lines.push('')
  lines.push(
    `${formatCounted(statements.length, 'statement')} in ${formatCounted(files, 'file')}, ${seconds.toFixed(1)} s: ${[
      `${totals.same} same`,
      `${totals.rewritten} rewritten`,
      `${totals.differs} differ`,
      `${totals.fails} fail`,
      `${totals.slower} slower`,
      `${totals.notJudged} not judged`,
    ].join(', ')}.`,
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
    `${words[verdict]}${known}  ${printable(place)}${others}  [${reasons.join(', ')}]`,
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
