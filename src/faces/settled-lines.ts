/** The answer of `cutover --keep` as plain text: which side the application uses, and which rows only the other side has. */
import { formatCounted, printable, type SettledCutOver, type WrittenSince } from '../engine/door/index.ts'

/** Returns the rows written on the side that is given up. */
export function lostRows({ state, inSqlite, inPostgres }: SettledCutOver): readonly WrittenSince[] {
  if (state === 'following') return inPostgres ?? []
  return inSqlite.kind === 'looked' ? inSqlite.tables : []
}

export function settledLines(settled: SettledCutOver): readonly string[] {
  const { run, state, inSqlite, inPostgres } = settled
  const isSqlite = state === 'following'
  const lost = lostRows(settled)
  const lines = [`Run ${run} is ${state} now.`]
  for (const { tableId, rows, keys } of lost) {
    const what = `${formatCounted(rows, 'row')} of ${printable(tableId)}${keys.length === 0 ? '' : ` (${printable(keys.join('; '))})`}`
    lines.push(
      isSqlite
        ? `Only in PostgreSQL since the fence: ${what}`
        : `Only in the old files since the fence: ${what}`,
    )
  }
  if (isSqlite && lost.length > 0)
    lines.push(
      `To continue with the state of the files: gpt-migrate follow ${lost.map(({ tableId }) => `--resync ${printable(JSON.stringify(tableId))}`).join(' ')}`,
    )
  if (isSqlite && inPostgres === null)
    lines.push(
      'Whether anything was written in PostgreSQL since is not known: changes were not noted (--no-fallback).',
    )
  if (!isSqlite && inSqlite.kind === 'unknown')
    lines.push(`Whether the old files were written to since is unknown: ${printable(inSqlite.reason)}`)
  return lines
}
