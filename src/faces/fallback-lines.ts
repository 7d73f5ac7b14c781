/** The answer of `fallback` as plain text. Pure. */
import type { Answer } from '../engine/door/index.ts'
import { formatCounted, formatDuration, printable } from '../ui/format.ts'
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
  for (const { tableId, lost } of tables) {
    for (const { column, rows } of lost)
      lines.push(
        `  ${printable(`${tableId}: ${formatCounted(rows, 'value')} of ${column} that the old column cannot hold as ${rows === 1 ? 'it is' : 'they are'}`)}`,
      )
  }
  for (const { tableId, reason } of unsynced)
    lines.push(`  ${printable(`${tableId}: NOT kept current, ${reason}`)}`)
  if (asideCount > 0)
    lines.push(`${formatCounted(asideCount, 'row')} kept aside, because the old layout refuses them:`)
  for (const { tableId, reason } of aside) lines.push(`  ${printable(`${tableId}: ${reason}`)}`)
  return lines
}

export function cutBackLines(answer: Answer<'cutBack'>): string[] {
  const { run, folder, fencedMs, state, exitCode, stillRuns, lateWrites, asideCount } = answer
  const lines = [
    `Run ${run}: the files in ${printable(folder)} are what PostgreSQL had; it was fenced for ${formatDuration(fencedMs)} before.`,
  ]
  if (state === 'switching') {
    lines.push(
      `The command ended with ${exitCode ?? 'a signal'}. Nothing continues by itself: PostgreSQL takes no writes.`,
      'Choose: gpt-migrate cutover --back --keep sqlite --yes, or --keep postgres --yes.',
    )
  } else lines.push("The application's database is SQLite now; PostgreSQL takes no writes.")
  if (stillRuns) lines.push('The command still runs.')
  if (asideCount > 0)
    lines.push(
      `${formatCounted(asideCount, 'row')} of PostgreSQL stayed behind: the old layout refuses them.`,
    )
  if (lateWrites > 0)
    lines.push(
      `${formatCounted(lateWrites, 'change')} got into PostgreSQL after the switch: a writer went past the barrier.`,
    )
  return lines
}
