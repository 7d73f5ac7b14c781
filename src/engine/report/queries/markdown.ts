/** The report on the application's SQL as Markdown. Pure. Invariant: SQL is in fences that it cannot close. */
import type { JudgedStatement, QueriesReport } from '../../model/queries.ts'
import { printableText } from '../format.ts'
import { inline } from '../markdown-report.ts'
import { originOf, totalsSentence, verdictWords } from './words.ts'

export function queriesMarkdown(report: QueriesReport): string {
  const shown = report.statements.filter(({ verdict, reasons }) => verdict !== 'same' || reasons.length > 0)
  const lines = [
    '# SQL of the application',
    '',
    `**${inline(totalsSentence(report))}**`,
    '',
    `Run ${inline(report.run)}, PostgreSQL ${inline(report.target.version)}, database ${inline(report.target.database)} on ${inline(report.target.host)}; search_path = ${inline(report.searchPath.join(', '))}.`,
    ...shown.flatMap(statementLines),
  ]
  return `${lines.join('\n')}\n`
}

function statementLines(statement: JudgedStatement): string[] {
  const { verdict, reasons, sql, detail, rewrite, example, time, explain, index } = statement
  const lines = ['', `## ${verdictWords[verdict]}: ${inline(originOf(statement))}`, '']
  if (reasons.length > 0) lines.push(`Reasons: ${inline(reasons.join(', '))}.`, '')
  if (detail !== '') lines.push(inline(detail), '')
  lines.push(...fenced(sql, 'sql'))
  if (rewrite !== null) lines.push('', 'Instead:', '', ...fenced(rewrite, 'sql'))
  if (example !== null) {
    const given = example.parameters.length === 0 ? '' : ` with ${example.parameters.join(', ')}`
    lines.push(
      '',
      `Example${inline(given)}: SQLite ${inline(example.sqlite)}, PostgreSQL ${inline(example.postgres)}.`,
    )
  }
  if (time !== null)
    lines.push('', `SQLite ${time.sqliteMs.toFixed(1)} ms, PostgreSQL ${time.postgresMs.toFixed(1)} ms.`)
  if (index !== null) {
    const gain =
      index.measured === null
        ? ''
        : ` (${index.measured.before.toFixed(1)} ms before, ${index.measured.after.toFixed(1)} ms with it)`
    lines.push('', `An index would help${gain}:`, '', ...fenced(index.sql, 'sql'))
  }
  if (explain !== null) lines.push('', ...fenced(explain.join('\n'), ''))
  return lines
}

function fenced(text: string, language: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, printableText(text.trim()), fence]
}
