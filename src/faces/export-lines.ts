/** The answer of `export` as plain text. Pure. */
import type { Answer } from '../engine/door/index.ts'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { alignColumns } from './table-text.ts'

export function exportLines({
  run,
  databases,
  tables,
  empty,
  unwritten,
  unwrittenCount,
}: Answer<'exportToSqlite'>): string[] {
  const lines = [
    `Run ${run}: ${formatCounted(databases.length, 'database')} written.`,
    ...databases.map(({ file }) => `  ${printable(file)}`),
    ...alignColumns(
      tables.map(({ tableId, rows }) => [`  ${printable(tableId)}`, formatCount(rows)]),
      [0],
    ),
  ]
  for (const { tableId, rowidsKept, stray } of tables) {
    if (!rowidsKept) {
      lines.push(
        `  ${printable(tableId)}: some rows have new rowids; the target keeps those of a table without an INTEGER PRIMARY KEY only after a run with --exact`,
      )
    }
    if (stray > 0)
      lines.push(`  ${printable(tableId)}: ${formatCounted(stray, 'row')} removed or changed since the run`)
  }
  for (const { tableId, reason } of empty) lines.push(`  ${printable(`${tableId}: empty, ${reason}`)}`)
  if (unwrittenCount > 0)
    lines.push(`${formatCounted(unwrittenCount, 'row or object', 'rows or objects')} NOT written`)
  for (const { name, reason } of unwritten) lines.push(`  ${printable(`${name}: ${reason}`)}`)
  return lines
}
