/** The sections of findings and amendments of the HTML report; most findings of a frequent kind are folded away. */
import { kindsOf } from '../model/finding-kinds.ts'
import type { Report } from '../model/report.ts'
import { formatCount, formatCounted } from './format.ts'
import { section } from './html-parts.ts'
import { breakable, type Content, type Html, html } from './html-text.ts'

const severities = {
  error: { tone: 'bad', word: '✗ error' },
  warning: { tone: 'warn', word: '! warning' },
  notice: { tone: 'plain', word: '· notice' },
} as const

export function findings(report: Report): Content {
  if (report.findings.length === 0) return null
  const kinds = kindsOf(report.findings).map(({ severity, code, shown, left }) => [
    ...shown.map(findingItem),
    left.length === 0
      ? null
      : html`<li><details><summary>${formatCounted(left.length, `more ${severity}`)} of this kind <code class="faint">${code}</code></summary>
<ul class="list">${left.map(findingItem)}</ul></details></li>`,
  ])
  return section('Findings', formatCount(report.findings.length), html`<ul class="list">${kinds.flat()}</ul>`)
}

function findingItem({ severity, code, message, hint, samples }: Report['findings'][number]): Html {
  const { tone, word } = severities[severity]
  return html`<li><span class="tone ${tone}">${word}</span> ${message} <code class="faint">${code}</code>
${hint === undefined ? null : html`<br><span class="faint">${hint}</span>`}
${(samples ?? []).map(({ key, value }) => html`<br><code>${key}</code>: <code>${value}</code>`)}</li>`
}

export function amendments(report: Report): Content {
  if (report.amendments.length === 0) return null
  const rows = report.amendments.map(
    ({ table, message }) => html`<tr><td class="name">${breakable(table)}</td><td>${message}</td></tr>`,
  )
  return section(
    'Amendments to the planned schema',
    formatCount(rows.length),
    html`<table><thead><tr><th>table</th><th>what was changed, and why</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}
