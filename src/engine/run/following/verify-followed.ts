/** Verifies runs whose sources are or were followed, where the target is no longer meant to equal the snapshots. */
import { readFollow } from '../../journal/follow.ts'
import { withPresentSources } from '../../journal/forward.ts'
import { MigrateError } from '../../model/errors.ts'
import type { FollowRecord } from '../../model/follow.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { LateRows } from '../../model/live-answers.ts'
import type { VerifyCheck } from '../../model/report.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { folderOf } from '../prepare/resume.ts'

/** Returns the rows that were written to the old files after the cut-over. */
export async function lateRowsOf(
  connection: Connection,
  known: RunRecord,
  { round }: Pick<FollowRecord, 'round'>,
): Promise<LateRows> {
  const record = await withPresentSources(connection, known)
  const { run, plan, catalogs, snapshots } = record
  // Imported dynamically, since most runs were never followed.
  const { findLateRows } = await import('../../follow/cut-over/late-rows.ts')
  return findLateRows({ run, round, plan, catalogs, snapshots, folder: folderOf(record) })
}

/**
 * Checks the proof of a cut-over, and that the old files were not written to since. Returns null for a run that was never followed. Throws
 * `still-following` while the target changes with its sources.
 */
export async function checkFollowed(
  connection: Connection,
  record: RunRecord,
): Promise<readonly VerifyCheck[] | null> {
  const follow = await readFollow(connection, record.run)
  if (follow === null) return null
  if (follow.state !== 'cut-over' && follow.state !== 'fallen-back') {
    throw new MigrateError(
      'copy',
      'still-following',
      `Run ${record.run} is ${follow.state}: its target changes with the sources, and is proven at the cut-over.`,
      { hint: 'gpt-migrate status shows how far behind it is; gpt-migrate cutover proves every cell.' },
    )
  }
  const late = await lateRowsOf(connection, record, follow)
  const proof = follow.cutOver?.proof ?? null
  const rows = late.kind === 'looked' ? late.tables : []
  return [
    {
      name: 'proof of the cut-over',
      ok: proof === 'proven',
      detail: proofSentences[proof ?? 'not-made'],
    },
    {
      name: 'old files unchanged since the cut-over',
      ok: late.kind === 'looked' && rows.length === 0,
      detail:
        late.kind === 'unknown'
          ? late.reason
          : rows
              .map(
                ({ tableId, rows: count, keys }) =>
                  `${count} rows of ${tableId} were written there (${keys.join('; ')})`,
              )
              .join('; ') || 'no row was written there',
    },
  ]
}

const proofSentences = {
  proven: 'every cell was compared',
  differs: 'cells differed: the cut-over, and the report, named the tables',
  'not-made': 'it could not be made',
}
