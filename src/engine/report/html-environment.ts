/** The page's sections on where a run read and wrote: what the target allows, the sources, the program, the machine and the time. Pure. */
import type { Report } from '../model/report.ts'
import { outcomeWords } from '../model/trial.ts'
import { formatBytes, formatCount, formatCounted, formatDuration, sumOf } from './format.ts'
import { bar, pairs, section } from './html-parts.ts'
import { breakable, type Content, html } from './html-text.ts'

const outcomeTones = { full: 'good', fallback: 'warn', refused: 'bad' } as const

export function trials({ trials: tried }: Report): Content {
  if (tried === undefined) return null
  const fallbacks = tried.filter(({ outcome }) => outcome !== 'full').length
  const rows = tried.map(
    (
      trial,
    ) => html`<tr><td class="name">${trial.name}</td><td>${trial.tried}</td><td class="tone ${outcomeTones[trial.outcome]}">${outcomeWords[trial.outcome]}</td>
<td>${trial.sentence}${trial.help === null ? null : html`<br><span class="faint">${trial.help}</span>`}</td></tr>`,
  )
  return section(
    'What the target allows',
    fallbacks === 0 ? 'all as wanted' : `${formatCount(fallbacks)} with fallback`,
    html`<div class="wide"><table><thead><tr><th>trial</th><th>tried</th><th>outcome</th><th>what it means</th></tr></thead>
<tbody>${rows}</tbody></table></div>`,
  )
}

export function sources(report: Report): Content {
  const rows = report.sources.map(
    ({
      database,
      path,
      bytes,
      sha256,
      snapshot,
    }) => html`<tr><td class="name">${breakable(database)}<br><small class="faint">${breakable(path)}</small></td>
<td class="number">${formatBytes(bytes)}</td><td><code>${sha256}</code><br><small class="faint">${breakable(snapshot)}</small></td></tr>`,
  )
  return section(
    'Sources',
    formatCounted(rows.length, 'database'),
    html`<div class="wide"><table><thead><tr><th>database</th><th class="number">size</th><th>SHA-256 and file of the snapshot that was read</th></tr></thead>
<tbody>${rows}</tbody></table></div>`,
  )
}

export function environment(report: Report): Content {
  const { target, mapping, environment: machine } = report
  const total = sumOf(report.phases, ({ seconds }) => seconds)
  const phases = report.phases.map(
    ({ phase, seconds }) =>
      html`<tr><td>${phase}</td><td class="number">${formatDuration(seconds * 1000)}${bar(seconds, total)}</td></tr>`,
  )
  return html`${section(
    'Environment',
    null,
    pairs([
      ['Target', html`PostgreSQL ${target.version}, database ${target.database} on ${target.host}`],
      ['Mapping', mapping],
      ...(machine === undefined
        ? []
        : ([
            ['Program', `gpt-migrate ${machine.program} on Node ${machine.node}`],
            ['Machine', `${machine.system}, ${formatCounted(machine.cores, 'core')}`],
          ] as [string, string][])),
    ]),
  )}
${
  phases.length === 0
    ? null
    : section(
        'Time',
        formatDuration(Date.parse(report.finishedAt) - Date.parse(report.startedAt)),
        html`<table><thead><tr><th>phase</th><th class="number">time</th></tr></thead><tbody>${phases}</tbody></table>`,
      )
}`
}
