/**
 * The report on the application's SQL as one self-contained page without scripts or external resources. Pure. Invariant: every statement
 * and name goes through `html`, which escapes it.
 */
import type { JudgedStatement, QueriesReport, QueryVerdict } from '../../model/queries.ts'
import { section } from '../html-parts.ts'
import { reportStyle } from '../html-style.ts'
import { breakable, type Content, type Html, html } from '../html-text.ts'
import { totalsSentence, verdictWords } from './words.ts'

const tones: Readonly<Record<QueryVerdict, string>> = {
  differs: 'bad',
  fails: 'bad',
  slower: 'warn',
  rewritten: 'warn',
  'not-judged': 'plain',
  same: 'good',
}

const style =
  'pre { margin: .4rem 0; padding: .5rem .7rem; background: var(--panel); border-radius: 6px; white-space: pre-wrap; }'

export function queriesHtml(report: QueriesReport): string {
  const { exitCode, target, run, searchPath, statements } = report
  const order: readonly QueryVerdict[] = ['differs', 'fails', 'slower', 'rewritten', 'not-judged', 'same']
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>SQL of the application: run ${run}</title>
<style>${{ html: reportStyle + style }}</style>
</head>
<body>
<main>
<div class="verdict ${exitCode === 0 ? 'good' : 'bad'}">
<p class="word">${exitCode === 0 ? '✓ Nothing differs' : '✗ Statements differ or fail'}</p>
<h1>${totalsSentence(report)}</h1>
<p>Run ${run}, PostgreSQL ${target.version}, database ${target.database} on ${target.host}; search_path = ${searchPath.join(', ')}.</p>
</div>
${order.map((verdict) => verdictSection(verdict, statements))}
</main>
<footer>Made by gpt-migrate. The same data for programs: --report queries.json.</footer>
</body>
</html>
`
  return page.html
}

function verdictSection(verdict: QueryVerdict, statements: readonly JudgedStatement[]): Content {
  const own = statements.filter((statement) => statement.verdict === verdict)
  if (own.length === 0) return null
  return section(verdictWords[verdict], String(own.length), html`<ul class="list">${own.map(entry)}</ul>`)
}

function entry(statement: JudgedStatement): Html {
  const { verdict, origins, reasons, sql, detail, rewrite, example, time, explain, index, isKnown } =
    statement
  const places = origins.map(({ file, line }) => html`<code>${breakable(`${file}:${line}`)}</code> `)
  return html`<li class="${tones[verdict]}"><span class="tone">${verdictWords[verdict]}</span>${isKnown ? ' (known)' : null} ${places}
<span class="faint">${reasons.join(', ')}</span>
<p>${detail}</p>
<pre class="code">${{ html: lines(sql) }}</pre>
${rewrite === null ? null : html`<p>Instead:</p><pre class="code">${{ html: lines(rewrite) }}</pre>`}
${example === null ? null : html`<p class="faint">${example.parameters.length === 0 ? null : `With ${example.parameters.join(', ')}: `}SQLite ${example.sqlite}, PostgreSQL ${example.postgres}</p>`}
${time === null ? null : html`<p class="faint">SQLite ${time.sqliteMs.toFixed(1)} ms, PostgreSQL ${time.postgresMs.toFixed(1)} ms</p>`}
${index === null ? null : html`<p>An index would help${index.measured === null ? null : `: ${index.measured.before.toFixed(1)} ms before, ${index.measured.after.toFixed(1)} ms with it`}</p><pre class="code">${index.sql}</pre>`}
${explain === null ? null : html`<details><summary>EXPLAIN</summary><pre class="code">${{ html: lines(explain.join('\n')) }}</pre></details>`}
</li>`
}

/** Escapes text of several lines, except the line breaks. */
function lines(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => html`${line}`.html)
    .join('\n')
}
