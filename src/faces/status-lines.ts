/** Runs, and how far following has come in each, as plain text. */
import { printable, type RunStatusAnswer } from '../engine/door/index.ts'
import { formatCounted } from '../ui/format.ts'

/** Whether the last run or its fallback lags by more than `maxLag` seconds, or somebody wrote to the side that was given up. */
export function isTroubled([last]: readonly RunStatusAnswer[], maxLag: number | null): boolean {
  const { follow = null, fallback = null } = last ?? {}
  if (follow?.late?.kind === 'looked' && follow.late.tables.length > 0) return true
  if (fallback !== null && fallback.state !== 'current' && fallback.pending > 0) return true
  if (maxLag === null) return false
  if (follow === null && fallback === null) return true
  return [follow, fallback].some((side) => side !== null && side.lagMs !== null && side.lagMs > maxLag * 1000)
}

export function statusLines(runs: readonly RunStatusAnswer[]): string[] {
  if (runs.length === 0) return ['The target holds no run of gpt-migrate.']
  return runs.flatMap(
    ({ run, status, startedAt, finishedAt, programVersion, follow, fallback, partitions }) => {
      const end = finishedAt === null ? 'not finished' : `finished ${finishedAt}`
      const line = `${run}  ${status}  started ${startedAt}  ${end}  gpt-migrate ${programVersion}`
      return [
        line,
        ...(follow === null ? [] : followLines(follow)),
        ...(fallback === null ? [] : fallbackLines(fallback)),
        ...partitions.map(partitionLine),
      ]
    },
  )
}

function partitionLine({ table, lastMonth, inDefault }: RunStatusAnswer['partitions'][number]): string {
  const covered = lastMonth === null ? 'no month has a partition' : `partitions until ${lastMonth}`
  const stranded =
    inDefault === 0 ? '' : `; ${inDefault} rows in the default partition: gpt-migrate partitions makes theirs`
  return `  ${printable(table)}  ${covered}${stranded}`
}

function followLines(follow: NonNullable<RunStatusAnswer['follow']>): string[] {
  const { state, round, lagMs, rows, late, cutOver, appliedAt, files } = follow
  const lag = lagMs === null ? '' : `, ${formatSeconds(lagMs)} behind the sources`
  const lines = [
    `  ${state} after round ${round} (${appliedAt})${lag}: ${rows.inserted} rows inserted, ${rows.updated} updated, ${rows.deleted} deleted`,
  ]
  if (files !== null)
    lines.push(`  The source is the files in ${printable(files)}, where the application was moved back to`)
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

function fallbackLines({
  state,
  folder,
  switchedAt,
  pending,
  tables,
  broughtAt,
  lagMs,
}: NonNullable<RunStatusAnswer['fallback']>): string[] {
  switch (state) {
    case 'current': {
      const changes = `${formatCounted(pending, 'noted change')} to bring back`
      if (broughtAt === null)
        return [`  way back: ${changes}; no files are kept yet (gpt-migrate fallback --to DIR)`]
      const lag =
        pending === 0 ? 'the files are current' : `the files are ${formatSeconds(lagMs ?? 0)} behind`
      return [`  way back: ${lag}, as of ${broughtAt}; ${changes}`]
    }
    case 'switching':
      return [
        `  The way back was interrupted at ${switchedAt ?? 'an unknown time'}: gpt-migrate cutover --back --keep sqlite, or --keep postgres`,
        ...lateLines(tables),
      ]
    case 'fallen back':
      return [
        `  moved back ${switchedAt ?? 'at an unknown time'} to the files in ${printable(folder ?? 'an unknown folder')}; PostgreSQL takes no writes`,
        ...lateLines(tables),
      ]
    default:
      return state satisfies never
  }
}

function lateLines(tables: readonly { readonly target: string; readonly changes: number }[]): string[] {
  return tables.map(
    ({ target, changes }) =>
      `  LATE WRITER: ${formatCounted(changes, 'change')} of ${printable(target)} got into PostgreSQL after the application was moved back`,
  )
}

const formatSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
