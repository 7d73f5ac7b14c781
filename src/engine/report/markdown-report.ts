/**
 * The report as Markdown, for issues, wikis and mails. Pure. Invariant: every name, value and sentence goes through `inline` or `code`, so
 * that it stays text within its line or cell.
 */
import { kindsOf } from '../model/finding-kinds.ts'
import type { Report, ReportTable } from '../model/report.ts'
import { outcomeWords, trialText } from '../model/trial.ts'
import { constraintLines, forecastLines, forecastSentence } from './forecast-text.ts'
import { formatCounted, printable, targetNameOf } from './format.ts'
import { liveLines } from './live-text.ts'
import { verdictSentence } from './verdict.ts'

export function markdownReport(report: Report): string {
  const { target, verify, error, live = [], trials = [], operations = [] } = report
  return [
    `# Migration ${inline(report.run)}: ${report.status}`,
    '',
    `**${verdictSentence(report)}**`,
    '',
    `Started ${inline(report.startedAt)}, finished ${inline(report.finishedAt)}, exit code ${report.exitCode}, mapping ${inline(report.mapping)}.`,
    `Target: PostgreSQL ${inline(target.version)}, database ${inline(target.database)} on ${inline(target.host)}.`,
    `Verification: ${verify.level}, ${verify.ok ? 'passed' : 'not passed'}.`,
    ...(error === undefined ? [] : ['', `**${inline(error.message)}** ${inline(error.hint ?? '')}`]),
    ...section(
      'Since then',
      liveLines(live).map(([at, what]) => `- ${inline(at)}: ${inline(what)}`),
    ),
    ...section(
      'Tables',
      tableOf(
        ['source', 'target', 'source rows', 'in target', 'quarantined', 'excluded', 'checksum', 'seconds'],
        report.tables.map(tableCells),
      ),
    ),
    ...section(
      'Sources',
      tableOf(
        ['database', 'path', 'bytes', 'SHA-256 of the snapshot'],
        report.sources.map(({ database, path, bytes, sha256 }) => [database, path, String(bytes), sha256]),
      ),
    ),
    ...section('Forecast', linesOfForecast(report)),
    ...section(
      'What the target allows',
      tableOf(
        ['trial', 'tried', 'outcome', 'what it means'],
        trials.map((trial) => [trial.name, trial.tried, outcomeWords[trial.outcome], trialText(trial)]),
      ),
    ),
    ...section(
      'Quarantine',
      tableOf(
        ['code', 'rows'],
        Object.entries(report.quarantine.byCode)
          .filter(([, rows]) => rows > 0)
          .map(([name, rows]) => [name, String(rows)]),
      ),
    ),
    ...section(
      'Rounded cells',
      tableOf(['table', 'column', 'type', 'cells', 'largest error'], report.tables.flatMap(roundedCells)),
    ),
    ...section(
      'Amendments',
      report.amendments.map(({ table, message }) => `- ${inline(table)}: ${inline(message)}`),
    ),
    ...section('Findings', findingLines(report)),
    ...section(
      'Differences',
      tableOf(
        ['table', 'kind', 'key', 'column', 'source', 'target'],
        verify.differences.map((one) => [
          one.table,
          one.kind,
          ...[one.key, one.column, one.source, one.target].map((text) => text ?? ''),
        ]),
      ),
    ),
    ...section(
      'Checks',
      tableOf(
        ['check', 'result', 'detail'],
        verify.checks.map(({ name, ok, detail }) => [name, ok ? 'passed' : 'FAILED', detail]),
      ),
    ),
    ...section(
      'Next steps',
      report.nextSteps.map((step) => `- ${code(step)}`),
    ),
    ...section(
      'Next for operations',
      operations.map(
        ({ topic, sentence, command, inPsql }) =>
          `- ${inline(topic)}: ${inline(sentence)}${inPsql === true ? ' In psql:' : ''} ${code(command)}`,
      ),
    ),
    '',
  ].join('\n')
}

/** Returns nothing for a section without lines. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines]
}

/** The forecast, and where the run deviated from it. */
function linesOfForecast({ forecast }: Report): string[] {
  if (forecast === undefined) return []
  const about = [...forecastLines(forecast), ...constraintLines(forecast)]
  const deviations = tableOf(
    ['table', 'column', 'what', 'forecast', 'found'],
    forecast.deviations.map((one) => [one.tableId, one.column ?? '', one.what, one.forecast, one.found]),
  )
  return [
    inline(forecastSentence(forecast)),
    ...(about.length === 0 ? [] : ['', ...about.map((line) => `- ${inline(line)}`)]),
    ...(deviations.length === 0 ? [] : ['', ...deviations]),
  ]
}

function findingLines({ findings }: Report): string[] {
  return kindsOf(findings).flatMap(({ severity, code: name, shown, left }) => [
    ...shown.map(
      ({ message, hint }) =>
        `- ${severity} ${code(name)}: ${inline(message)}${hint === undefined ? '' : ` ${inline(hint)}`}`,
    ),
    ...(left.length === 0
      ? []
      : [
          `- ${formatCounted(left.length, `more ${severity}`)} ${code(name)}, in report.html and report.json`,
        ]),
  ])
}

function roundedCells({ database, table, columns }: ReportTable): string[][] {
  return columns
    .filter(({ cells }) => cells.rounded > 0)
    .map(({ target, type, cells, maxError }) => [
      `${database}/${table}`,
      target ?? '',
      type ?? '',
      String(cells.rounded),
      maxError ?? '',
    ])
}

function tableCells(table: ReportTable): string[] {
  const { rows, checksum } = table
  const verdict = checksum === null ? '' : checksum.match ? 'matches' : 'DIFFERS'
  return [
    `${table.database}/${table.table}`,
    targetNameOf(table) ?? 'excluded',
    String(rows.source),
    String(rows.target),
    String(rows.quarantined),
    String(rows.excluded),
    verdict,
    table.seconds.toFixed(2),
  ]
}

function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)]
}

/** Escapes text so that it stays text within a line or a table cell. */
export function inline(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<>|#&~]/g, '\\$&')
}

/** Returns text as code, fenced by more backticks than it contains. Not for table cells. */
function code(text: string): string {
  const plain = printable(text.replace(/\s+/g, ' '))
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return `${fence}${pad}${plain}${pad}${fence}`
}
