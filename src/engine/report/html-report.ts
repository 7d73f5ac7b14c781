/**
 * The report as one self-contained page: no script, nothing loaded from elsewhere. Pure.
 * Invariant: every name, value and sentence of the report goes through `html`, which escapes it.
 */
import type { RejectCode } from '../model/conversion.ts'
import { rejectSentences } from '../model/reject-sentences.ts'
import type { Report } from '../model/report.ts'
import { constraintLines, forecastLines, forecastSentence } from './forecast-text.ts'
import { formatCount, formatCounted, formatDuration, formatRate, roundedIn, sumOf } from './format.ts'
import { environment, sources, trials } from './html-environment.ts'
import { amendments, findings } from './html-findings.ts'
import { pairs, section } from './html-parts.ts'
import { reportStyle } from './html-style.ts'
import { columnDetails, roundedCells, tablesSection } from './html-tables.ts'
import { breakable, type Content, type Html, html } from './html-text.ts'
import { liveLines } from './live-text.ts'
import { verdictSentence } from './verdict.ts'

export function htmlReport(report: Report): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Migration ${report.run}: ${report.status}</title>
<style>${{ html: reportStyle }}</style>
</head>
<body>
<main>
${verdict(report)}
${figures(report)}
${story(report)}
${section('Next steps', null, pairs(report.nextSteps.map(stepPair)))}
${operations(report)}
${tablesSection(report)}
${differences(report)}
${forecastSection(report)}
${quarantine(report)}
${roundedCells(report)}
${findings(report)}
${amendments(report)}
${checks(report)}
${trials(report)}
${sources(report)}
${environment(report)}
${columnDetails(report)}
</main>
<footer>Made by gpt-migrate. The same data for programs: report.json.</footer>
</body>
</html>
`
  return page.html
}

const statusWords = {
  ok: { tone: 'good', word: '✓ All moved' },
  quarantined: { tone: 'warn', word: '! Moved, with rows in quarantine' },
  mismatch: { tone: 'bad', word: '✗ Not proven' },
  failed: { tone: 'bad', word: '✗ Failed' },
  stopped: { tone: 'warn', word: '! Stopped' },
} as const

const lossWords = { tone: 'warn', word: '! Moved, with rows lost to damage' } as const

function verdict(report: Report): Html {
  const isLossOnly = report.status === 'quarantined' && report.quarantine.rows === 0
  const { tone, word } = isLossOnly ? lossWords : statusWords[report.status]
  const { error, target } = report
  return html`<header class="verdict ${tone}">
<p class="word">${word}</p>
<h1>${verdictSentence(report)}</h1>
${error === undefined ? null : html`<p><strong>${error.message}</strong> ${error.hint} <code>${error.code}</code></p>`}
<p class="faint">Run ${report.run} · ${instant(report.startedAt)} to ${instant(report.finishedAt)} · PostgreSQL ${target.version}, database ${target.database} on ${target.host} · exit code ${report.exitCode}</p>
</header>`
}

function figures(report: Report): Html {
  const sum = (value: (table: Report['tables'][number]) => number): number => sumOf(report.tables, value)
  const rows = sum((table) => table.rows.target)
  const copySeconds = report.phases.find((phase) => phase.phase === 'copy')?.seconds ?? 0
  const excluded = sum((table) => table.rows.excluded)
  const shown: [string, string][] = [
    ['source rows', formatCount(sum((table) => table.rows.source))],
    ['rows in the target', formatCount(rows)],
    ['in quarantine', formatCount(report.quarantine.rows)],
    ...(excluded === 0 ? [] : [['excluded', formatCount(excluded)] as [string, string]]),
    ['rounded cells', formatCount(sum(roundedIn))],
    ['copy', copySeconds > 0 ? formatDuration(copySeconds * 1000) : '–'],
    ['rows a second', copySeconds > 0 ? formatRate(rows / copySeconds).replace('/s', '') : '–'],
  ]
  return html`<dl class="figures">${shown.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`
}

function differences({ verify }: Report): Content {
  if (verify.differences.length === 0) return null
  const rows = verify.differences.map(
    ({
      table,
      kind,
      key,
      column,
      source,
      target,
    }) => html`<tr><td class="name">${breakable(table)}</td><td class="tone bad">${kind}</td>
<td class="code">${key}</td><td class="code">${column}</td><td class="code">${source}</td><td class="code">${target}</td></tr>`,
  )
  return section(
    'Differences',
    formatCount(rows.length),
    html`<div class="wide"><table><thead><tr><th>table</th><th>kind</th><th>key</th><th>column</th><th>source</th><th>target</th></tr></thead>
<tbody>${rows}</tbody></table></div>`,
  )
}

function operations({ operations: steps = [] }: Report): Content {
  if (steps.length === 0) return null
  const rows = steps.map(
    ({ topic, sentence, command, inPsql }) =>
      html`<tr><td class="name">${topic}</td><td>${sentence}<br><code>${command}</code>${inPsql === true ? html` <span class="faint">in psql</span>` : null}</td></tr>`,
  )
  return section(
    'Next for operations',
    formatCount(steps.length),
    html`<table><tbody>${rows}</tbody></table>`,
  )
}

/** The forecast, and where the run deviated from it. */
function forecastSection({ forecast }: Report): Content {
  if (forecast === undefined) return null
  const about = [...forecastLines(forecast), ...constraintLines(forecast)]
  const deviations = forecast.deviations.map(
    ({
      tableId,
      column,
      what,
      forecast: said,
      found,
    }) => html`<tr><td class="name">${breakable(tableId)}</td><td class="code">${column}</td><td>${what}</td>
<td class="number">${said}</td><td class="number tone bad">${found}</td></tr>`,
  )
  return section(
    'Forecast',
    deviations.length === 0 ? null : `${formatCounted(deviations.length, 'count')} differ`,
    html`<p>${forecastSentence(forecast)}</p>
${about.length === 0 ? null : html`<ul class="list">${about.map((line) => html`<li>${line}</li>`)}</ul>`}
${
  deviations.length === 0
    ? null
    : html`<div class="wide"><table><thead><tr><th>table</th><th>column</th><th>what</th><th class="number">forecast</th><th class="number">found</th></tr></thead>
<tbody>${deviations}</tbody></table></div>`
}`,
  )
}

function quarantine(report: Report): Content {
  const codes = Object.entries(report.quarantine.byCode).filter(([, rows]) => rows > 0)
  if (codes.length === 0) return null
  const rows = codes
    .toSorted(([, a], [, b]) => b - a)
    .map(
      ([code, count]) =>
        html`<tr><td class="number">${formatCount(count)}</td><td><code>${code}</code></td><td>${sentenceOf(code)}</td></tr>`,
    )
  return section(
    'Quarantine',
    formatCounted(report.quarantine.rows, 'row'),
    html`<p class="faint">These rows are whole in the table gpt_migrate.quarantine of the target; gpt-migrate rejects lists them.</p>
<table><thead><tr><th class="number">rows</th><th>code</th><th>reason</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function sentenceOf(code: string): string {
  return Object.hasOwn(rejectSentences, code) ? rejectSentences[code as RejectCode] : ''
}

function checks({ verify, tables }: Report): Content {
  const failed = verify.checks.filter((check) => !check.ok)
  const passed = verify.checks.filter((check) => check.ok)
  const ran =
    verify.ok ||
    verify.checks.length + verify.differences.length > 0 ||
    tables.some((table) => table.checksum !== null)
  const asked = {
    none: 'Rows were not compared.',
    count: 'Rows were counted on both sides; values were not compared.',
    checksum: 'Every value of every block was read again on both sides and compared by a 128-bit checksum.',
    full: 'Every row was compared on both sides, value by value, by a comparison that is independent of the copy.',
  }[verify.level]
  return section(
    'Verification',
    verify.ok ? 'passed' : verify.level === 'none' ? 'not asked for' : 'not passed',
    html`<p>${ran || verify.level === 'none' ? asked : 'The run ended before the verification.'}</p>
${failed.length === 0 ? null : checkTable(failed)}
${passed.length === 0 ? null : html`<details><summary>${formatCounted(passed.length, 'check')} of the target passed</summary>${checkTable(passed)}</details>`}`,
  )
}

function checkTable(shown: Report['verify']['checks']): Html {
  const rows = shown.map(
    ({
      name,
      ok,
      detail,
    }) => html`<tr><td class="tone ${ok ? 'good' : 'bad'}">${ok ? '✓ passed' : '✗ failed'}</td>
<td class="name">${breakable(name)}</td><td>${detail}</td></tr>`,
  )
  return html`<div class="wide"><table><thead><tr><th>result</th><th>check</th><th>detail</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

/** Splits `Database  postgres://…` into its two parts. */
function stepPair(step: string): readonly [string, Content] {
  const [, term, rest] = /^(\S+)\s{2,}(.*)$/s.exec(step) ?? [null, '', step]
  return [term!, html`<code>${rest!}</code>`]
}

/** `2026-11-22 11:09:32 UTC`. */
function story({ live }: Report): Html | null {
  if (live === undefined || live.length === 0) return null
  return section('Since then', null, pairs(liveLines(live).map(([at, what]) => [instant(at), what])))
}

function instant(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(iso)
    ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
    : iso
}
