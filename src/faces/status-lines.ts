/** Runs and their following as lines. */
import { printable, type RunStatusAnswer } from '../engine/door/index.ts'

/** Whether the last run is further behind than so many seconds, or rows were written to the old files after a cut-over. */
export function isTroubled([last]: readonly RunStatusAnswer[], maxLag: number | null): boolean {
  const follow = last?.follow ?? null
  if (follow?.late?.kind === 'looked' && follow.late.tables.length > 0) return true
  if (maxLag === null) return false
  return follow === null || (follow.lagMs !== null && follow.lagMs > maxLag * 1000)
}

export function statusLines(runs: readonly RunStatusAnswer[]): string[] {
  if (runs.length === 0) return ['The target holds no run of gpt-migrate.']
  return runs.flatMap(({ run, status, startedAt, finishedAt, programVersion, follow, partitions }) => {
    const end = finishedAt === null ? 'not finished' : `finished ${finishedAt}`
    const line = `${run}  ${status}  started ${startedAt}  ${end}  gpt-migrate ${programVersion}`
    return [line, ...(follow === null ? [] : followLines(follow)), ...partitions.map(partitionLine)]
  })
}

function partitionLine({ table, lastMonth, inDefault }: RunStatusAnswer['partitions'][number]): string {
  const covered = lastMonth === null ? 'no month has a partition' : `partitions until ${lastMonth}`
  const stranded =
    inDefault === 0 ? '' : `; ${inDefault} rows in the default partition: gpt-migrate partitions makes theirs`
  return `  ${printable(table)}  ${covered}${stranded}`
}

function followLines(follow: NonNullable<RunStatusAnswer['follow']>): string[] {
  const { state, round, lagMs, rows, late, cutOver } = follow
  const lag = lagMs === null ? '' : `, ${(lagMs / 1000).toFixed(1)} s behind the sources`
  const lines = [
    `  ${state} after round ${round}${lag}: ${rows.inserted} rows inserted, ${rows.updated} updated, ${rows.deleted} deleted`,
  ]
  if (state === 'switching')
    lines.push('  The cut-over was interrupted: gpt-migrate cutover --keep sqlite, or --keep postgres')
  if (state === 'cut-over' && cutOver !== null)
    lines.push(
      `  switched ${cutOver.switchedAt ?? 'at an unknown time'}, proof: ${cutOver.proof ?? 'not made'}`,
    )
  if (late?.kind === 'unknown')
    lines.push(`  Whether the old files were written to since is unknown: ${printable(late.reason)}`)
  if (late?.kind === 'looked') {
    for (const { tableId, rows: count, keys } of late.tables)
      lines.push(
        `  LATE WRITER: ${count} rows of ${printable(tableId)} were written to the old file after the cut-over (${printable(keys.join('; '))})`,
      )
  }
  return lines
}
