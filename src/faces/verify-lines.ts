/** The answer of `verify` as plain text. Pure. */
import type { Answer } from '../engine/door/index.ts'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { alignColumns } from './table-text.ts'

/** The number of tables listed; when there are more, those that differ and the largest. */
const MOST_TABLES = 24

/** With `showsAll`, every table is listed, however many there are. */
export function verifyLines(
  { run, ok, tables, differences, checks, repaired }: Answer<'verifyAgain'>,
  showsAll: boolean,
): string[] {
  const shown = new Set(
    showsAll || tables.length <= MOST_TABLES
      ? tables
      : tables
          .toSorted((a, b) => Number(a.match) - Number(b.match) || b.rows - a.rows)
          .filter(({ match }, at) => !match || at < MOST_TABLES),
  )
  const left = tables.length - shown.size
  const failed = checks.filter((check) => !check.ok)
  const named = checks.filter((check) => !check.ok || (!ok && check.explains))
  const lines = [
    ...repaired.map(({ tableId, blocks, inserted, updated, deleted }) =>
      printable(
        `Repaired ${tableId}: ${formatCounted(blocks, 'block')} reloaded, ${formatCount(inserted)} rows inserted, ${formatCount(updated)} updated, ${formatCount(deleted)} deleted.`,
      ),
    ),
    ok
      ? `Run ${run}: the target agrees with its snapshots.`
      : `Run ${run}: the target DIFFERS from its snapshots.`,
    ...alignColumns(
      tables
        .filter((table) => shown.has(table))
        .map(({ tableId, rows, match }) => [
          `  ${printable(tableId)}`,
          formatCount(rows),
          match ? 'agrees' : 'DIFFERS',
        ]),
      [0, 2],
    ),
    ...(left === 0
      ? []
      : [`  … and ${formatCounted(left, 'smaller table')} that agree; --verbose lists all`]),
  ]
  if (differences.length > 0) lines.push(formatCounted(differences.length, 'difference'))
  for (const { table, kind, key, column, source, target } of differences) {
    const place = [table, key === null ? null : `key ${key}`, column]
      .filter((part) => part !== null)
      .join(', ')
    const values =
      kind === 'changed' || kind === 'count' || kind === 'checksum'
        ? `: source ${source}, target ${target}`
        : ''
    lines.push(`  ${kind}  ${printable(place + values)}`)
  }
  lines.push(
    `${formatCounted(checks.length, 'check')} of the target, ${failed.length === 0 ? 'all passed' : `${failed.length} failed`}`,
  )
  return [...lines, ...named.map(({ name, detail }) => `  ${printable(`${name}: ${detail}`)}`)]
}

/** The answer of `verify --repair --dry-run`: what would be reloaded. */
export function reloadableLines({ reloadable, ok }: Answer<'verifyAgain'>): string[] {
  if (reloadable.length === 0)
    return [
      '',
      ok
        ? 'Nothing differs: there is nothing to repair.'
        : 'What differs is in no block: a repair would change nothing.',
    ]
  return [
    '',
    'A repair would reload, from the snapshots:',
    ...reloadable.map(
      ({ tableId, blocks, rows }) =>
        `  ${printable(tableId)}: ${formatCounted(blocks, 'block')} with ${formatCounted(rows, 'row')}`,
    ),
  ]
}
