/** Reasons to refuse a cut-over before anything is switched. */

import type { RunControl } from '../../events/control.ts'
import type { TableProblem } from '../../follow/round/followed-database.ts'
import { MigrateError } from '../../model/errors.ts'

export function refuseProblems(problems: readonly TableProblem[], exclude: readonly string[]): void {
  const isLeftOut = (id: string): boolean =>
    exclude.some((name) => id === name || id.slice(id.lastIndexOf('/') + 1) === name)
  const left = problems.filter(({ tableId }) => !isLeftOut(tableId))
  if (left.length === 0) return
  throw new MigrateError(
    'copy',
    'table-not-followed',
    `${left.map(({ tableId, what }) => `${tableId} ${what}`).join('; ')}: PostgreSQL would lack what was written there.`,
    {
      hint: `Copy them as they are now: gpt-migrate follow ${left.map(({ tableId }) => `--resync ${JSON.stringify(tableId)}`).join(' ')}. To cut over without: ${left.map(({ tableId }) => `--exclude ${JSON.stringify(tableId)}`).join(' ')}`,
    },
  )
}

export function refuseQuarantine(
  tallies: readonly { readonly tableId: string; readonly code: string; readonly rows: number }[],
): void {
  if (tallies.length === 0) return
  const rows = tallies.reduce((sum, tally) => sum + tally.rows, 0)
  const named = tallies.map(({ tableId, code, rows: count }) => `${count} of ${tableId} (${code})`).join(', ')
  throw new MigrateError(
    'copy',
    'quarantine-not-accepted',
    `Following has put ${rows === 1 ? 'a row' : `${rows} rows`} into quarantine since the run: ${named}.`,
    {
      hint: 'gpt-migrate rejects list shows them; gpt-migrate cutover --accept-quarantine continues with them there.',
    },
  )
}

export function unreadable(reason: string, withinMs: number): MigrateError {
  return new MigrateError(
    'copy',
    'source-busy',
    `The sources could not be read within ${withinMs / 1000} s: ${reason}.`,
    { hint: 'Nothing was switched. Put that right, or give more time with --within; then try again.' },
  )
}

export function refuseStop({ stoppedBy }: RunControl): void {
  if (stoppedBy === null) return
  throw new MigrateError(
    'copy',
    'cutover-stopped',
    'The cut-over was stopped before anything was switched.',
    { hint: 'gpt-migrate follow resumes it.' },
  )
}
