/** The answer of `fallback` as plain text. Pure. */
import type { Answer } from '../engine/door/index.ts'
import { formatCounted, printable } from '../ui/format.ts'
import { broughtBack } from './plain-lines.ts'

export function fallbackLines({
  run,
  files,
  tables,
  aside,
  asideCount,
  unsynced,
}: Answer<'fallBack'>): string[] {
  const lines = [
    `Run ${run}: ${formatCounted(files.length, 'database')} in the old layout.`,
    ...files.map(({ file }) => `  ${printable(file)}`),
    ...tables.map((table) => `  ${printable(broughtBack([table]))}`),
  ]
  for (const { tableId, reason } of unsynced)
    lines.push(`  ${printable(`${tableId}: NOT kept current, ${reason}`)}`)
  if (asideCount > 0)
    lines.push(`${formatCounted(asideCount, 'row')} kept aside, because the old layout refuses them:`)
  for (const { tableId, reason } of aside) lines.push(`  ${printable(`${tableId}: ${reason}`)}`)
  return lines
}
