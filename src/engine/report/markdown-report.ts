/**
 * The report as Markdown: for issues, wikis and mails. Pure.
 * Invariant: every name, value and sentence goes through `inline` or `code`, and stays text in its line or cell.
 */
import { kindsOf } from '../model/finding-kinds.ts'
import type { Report, ReportTable } from '../model/report.ts'
import { outcomeWords, trialText } from '../model/trial.ts'
import { constraintLines, forecastLines, forecastSentence } from './forecast-text.ts'
import { formatCounted, printable } from './format.ts'
import { liveLines } from './live-text.ts'
import { verdictSentence } from './verdict.ts'

export function markdownReport(report: Report): string {
  const lines = [
    `# Migration ${inline(report.run)}: ${report.status}`,
    '',
    `**${verdictSentence(report)}**`,
    '',
    `Started ${inline(report.startedAt)}, finished ${inline(report.finishedAt)}, exit code ${report.exitCode}, mapping ${inline(report.mapping)}.`,
    `Target: PostgreSQL ${inline(report.target.version)}, database ${inline(report.target.database)} on ${inline(report.target.host)}.`,
    `Verification: ${report.verify.level}, ${report.verify.ok ? 'passed' : 'not passed'}.`,
  ]
  if (report.error !== undefined)
    lines.push('', `**${inline(report.error.message)}** ${inline(report.error.hint ?? '')}`)
  if (report.live !== undefined)
    lines.push(
      '',
      '## Since then',
      '',
      ...liveLines(report.live).map(([at, what]) => `- ${inline(at)}: ${inline(what)}`),
    )
  lines.push(
    '',
    '## Tables',
    '',
    ...tableOf(
      ['source', 'target', 'source rows', 'in target', 'quarantined', 'excluded', 'checksum', 'seconds'],
      report.tables.map(tableCells),
    ),
  )
  lines.push(
    '',
    '## Sources',
    '',
    ...tableOf(
      ['database', 'path', 'bytes', 'SHA-256 of the snapshot'],
      report.sources.map((source) => [source.database, source.path, String(source.bytes), source.sha256]),
    ),
  )
  lines.push(...foretold(report))
  if (report.trials !== undefined)
    lines.push(
      '',
      '## What the target allows',
      '',
      ...tableOf(
        ['trial', 'tried', 'outcome', 'what it means'],
        report.trials.map((trial) => [
          trial.name,
          trial.tried,
          outcomeWords[trial.outcome],
          trialText(trial),
        ]),
      ),
    )
  const quarantined = Object.entries(report.quarantine.byCode).filter(([, rows]) => rows > 0)
  if (quarantined.length > 0)
    lines.push(
      '',
      '## Quarantine',
      '',
      ...tableOf(
        ['code', 'rows'],
        quarantined.map(([name, rows]) => [name, String(rows)]),
      ),
    )
  const rounded = report.tables.flatMap((table) =>
    table.columns
      .filter((column) => column.cells.rounded > 0)
      .map((column) => [
        `${table.database}/${table.table}`,
        column.target ?? '',
        column.type ?? '',
        String(column.cells.rounded),
        column.maxError ?? '',
      ]),
  )
  if (rounded.length > 0)
    lines.push(
      '',
      '## Rounded cells',
      '',
      ...tableOf(['table', 'column', 'type', 'cells', 'largest error'], rounded),
    )
  if (report.amendments.length > 0)
    lines.push(
      '',
      '## Amendments',
      '',
      ...report.amendments.map(({ table, message }) => `- ${inline(table)}: ${inline(message)}`),
    )
  if (report.findings.length > 0)
    lines.push(
      '',
      '## Findings',
      '',
      ...kindsOf(report.findings).flatMap(({ severity, code: name, shown, left }) => [
        ...shown.map(
          ({ message, hint }) =>
            `- ${severity} ${code(name)}: ${inline(message)}${hint === undefined ? '' : ` ${inline(hint)}`}`,
        ),
        ...(left.length === 0
          ? []
          : [
              `- ${formatCounted(left.length, `more ${severity}`)} ${code(name)}, in report.html and report.json`,
            ]),
      ]),
    )
  if (report.verify.differences.length > 0) {
    lines.push(
      '',
      '## Differences',
      '',
      ...tableOf(
        ['table', 'kind', 'key', 'column', 'source', 'target'],
        report.verify.differences.map(({ table, kind, key, column, source, target }) => [
          table,
          kind,
          key ?? '',
          column ?? '',
          source ?? '',
          target ?? '',
        ]),
      ),
    )
  }
  lines.push(
    '',
    '## Checks',
    '',
    ...tableOf(
      ['check', 'result', 'detail'],
      report.verify.checks.map(({ name, ok, detail }) => [name, ok ? 'passed' : 'FAILED', detail]),
    ),
  )
  lines.push('', '## Next steps', '', ...report.nextSteps.map((step) => `- ${code(step)}`), '')
  const { operations = [] } = report
  if (operations.length > 0)
    lines.push(
      '## Next for operations',
      '',
      ...operations.map(
        ({ topic, sentence, command, inPsql }) =>
          `- ${inline(topic)}: ${inline(sentence)}${inPsql === true ? ' In psql:' : ''} ${code(command)}`,
      ),
      '',
    )
  return lines.join('\n')
}

/** What was said before the run, and where the run did otherwise. */
function foretold({ forecast }: Report): string[] {
  if (forecast === undefined) return []
  const about = [...forecastLines(forecast), ...constraintLines(forecast)]
  return [
    '',
    '## Foretold',
    '',
    inline(forecastSentence(forecast)),
    ...(about.length === 0 ? [] : ['', ...about.map((line) => `- ${inline(line)}`)]),
    ...(forecast.deviations.length === 0
      ? []
      : [
          '',
          ...tableOf(
            ['table', 'column', 'what', 'foretold', 'found'],
            forecast.deviations.map(({ tableId, column, what, foretold: said, found }) => [
              tableId,
              column ?? '',
              what,
              said,
              found,
            ]),
          ),
        ]),
  ]
}

function tableCells(table: ReportTable): string[] {
  const { target, rows, checksum } = table
  const name =
    target === null
      ? 'excluded'
      : 'fold' in target
        ? `${target.fold.schema}.${target.fold.table}.${target.fold.column}`
        : `${target.schema}.${target.table}`
  const verdict = checksum === null ? '' : checksum.match ? 'matches' : 'DIFFERS'
  return [
    `${table.database}/${table.table}`,
    name,
    String(rows.source),
    String(rows.target),
    String(rows.quarantined),
    String(rows.excluded),
    verdict,
    table.seconds.toFixed(2),
  ]
}

function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)]
}

/** Text that stays text within a line or a cell of a table. */
export function inline(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<>|#&~]/g, '\\$&')
}

/** Text as code, fenced by more backticks than it holds. Not for cells of a table. */
function code(text: string): string {
  const plain = printable(text.replace(/\s+/g, ' '))
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return `${fence}${pad}${plain}${pad}${fence}`
}
