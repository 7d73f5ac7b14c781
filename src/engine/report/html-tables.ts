/** The tables of the HTML report: rows and speed with small bars, rounded cells, every column with its conversion. Pure. */
import type { Report, ReportTable } from '../model/report.ts'
import {
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  roundedIn,
  sumOf,
  targetNameOf,
} from './format.ts'
import { bar, section } from './html-parts.ts'
import { breakable, type Content, type Html, html } from './html-text.ts'

export function tablesSection(report: Report): Html {
  const { tables } = report
  const sum = (value: (table: ReportTable) => number): number => sumOf(tables, value)
  const mostRows = Math.max(0, ...tables.map((table) => table.rows.source))
  const fastest = Math.max(0, ...tables.map((table) => rateOf(table) ?? 0))
  return section(
    'Tables',
    formatCount(tables.length),
    html`<div class="wide"><table>
<thead><tr><th>source</th><th>target</th><th class="number">source rows</th><th class="number">in target</th>
<th class="number">quarantined</th><th class="number">excluded</th><th class="number">rounded cells</th><th>verified</th>
<th class="number">time</th><th class="number">rows a second</th></tr></thead>
<tbody>${tables.map((table) => tableRow(table, report, mostRows, fastest))}</tbody>
<tfoot><tr><td>All</td><td></td><td class="number">${formatCount(sum((table) => table.rows.source))}</td>
<td class="number">${formatCount(sum((table) => table.rows.target))}</td>
<td class="number">${count(sum((table) => table.rows.quarantined))}</td>
<td class="number">${count(sum((table) => table.rows.excluded))}</td>
<td class="number">${count(sum(roundedIn))}</td><td></td><td></td><td></td></tr></tfoot>
</table></div>`,
  )
}

function tableRow(table: ReportTable, report: Report, mostRows: number, fastest: number): Html {
  const { rows } = table
  const rate = rateOf(table)
  const { word, tone } = verifiedWord(table, report)
  const groups = rows.targetRows === undefined || rows.targetRows === rows.target
  return html`<tr><td class="name">${breakable(table.table)}<br><small class="faint">${breakable(table.database)}</small></td><td class="name">${breakable(targetName(table))}</td>
<td class="number">${formatCount(rows.source)}${bar(rows.source, mostRows)}</td>
<td class="number">${formatCount(rows.target)}${groups ? null : html`<br><small class="faint">in ${formatCounted(rows.targetRows!, 'row')}</small>`}</td>
<td class="number">${count(rows.quarantined)}</td><td class="number">${count(rows.excluded)}</td>
<td class="number">${count(roundedIn(table))}</td><td class="tone ${tone}">${word}</td>
<td class="number">${table.seconds > 0 ? formatDuration(table.seconds * 1000) : '–'}</td>
<td class="number">${rate === null ? '–' : html`${formatRate(rate).replace('/s', '')}${bar(rate, fastest)}`}</td></tr>`
}

function verifiedWord(table: ReportTable, { verify }: Report): { word: string; tone: string } {
  if (table.target === null) return { word: 'excluded', tone: 'plain' }
  if (table.checksum === null)
    return { word: verify.level === 'count' && verify.ok ? 'counted' : 'no', tone: 'plain' }
  return table.checksum.match ? { word: '✓ equal', tone: 'good' } : { word: '✗ differs', tone: 'bad' }
}

/** Rounded cells, with the largest error of each column; null when there are none. */
export function roundedCells(report: Report): Content {
  const rows = report.tables.flatMap((table) =>
    table.columns
      .filter((column) => column.cells.rounded > 0)
      .map(
        (
          column,
        ) => html`<tr><td class="name">${breakable(targetName(table))}</td><td class="code">${column.target}</td><td class="code">${column.type}</td>
<td class="number">${formatCount(column.cells.rounded)}</td><td class="number code">${column.maxError}</td></tr>`,
      ),
  )
  if (rows.length === 0) return null
  return section(
    'Rounded cells',
    formatCounted(rows.length, 'column'),
    html`<p class="faint">The planned type keeps fewer digits than these cells had. The largest error is absolute.</p>
<div class="wide"><table><thead><tr><th>table</th><th>column</th><th>type</th><th class="number">cells</th><th class="number">largest error</th></tr></thead>
<tbody>${rows}</tbody></table></div>`,
  )
}

/** Every column of every table, folded away on screen and open in print. */
export function columnDetails({ tables }: Report): Content {
  const shown = tables.filter((table) => table.columns.length > 0)
  if (shown.length === 0) return null
  return section(
    'Columns',
    formatCounted(shown.length, 'table'),
    shown.map(
      (table) => html`<details><summary>${table.database}/${table.table} → ${targetName(table)}</summary>
${table.checksum === null ? null : html`<p class="faint">checksum of the source <code>${table.checksum.source}</code>, of the target <code>${table.checksum.target}</code></p>`}
<div class="wide"><table><thead><tr><th>source</th><th>target</th><th>type</th><th>conversion</th><th class="number">exact</th><th class="number">normalized</th><th class="number">rounded</th></tr></thead>
<tbody>${table.columns.map(
        ({
          source,
          target,
          type,
          conversion,
          cells,
        }) => html`<tr><td class="code">${source ?? '–'}</td><td class="code">${target ?? '–'}</td><td class="code">${type}</td>
<td>${conversion}</td><td class="number">${count(cells.exact)}</td><td class="number">${count(cells.normalized)}</td><td class="number">${count(cells.rounded)}</td></tr>`,
      )}</tbody></table></div></details>`,
    ),
  )
}

function targetName(table: ReportTable): string {
  const name = targetNameOf(table) ?? '–'
  return table.target !== null && 'fold' in table.target ? `folded into ${name}` : name
}

function rateOf({ rows, seconds }: ReportTable): number | null {
  return seconds > 0 && rows.target > 0 ? rows.target / seconds : null
}

const count = (value: number): string => (value === 0 ? '–' : formatCount(value))
