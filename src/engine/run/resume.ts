/** Goes on with an unfinished run, or refuses and says why. */

import { dirname } from 'node:path'
import { MigrateError } from '../model/errors.ts'
import type { RunRecord } from '../model/journal.ts'
import { verifySnapshot } from '../source/snapshot.ts'
import type { Prepared } from './prepare.ts'

/**
 * What the interrupted run had prepared, from the journal and its snapshots. Throws when a snapshot is gone or changed: the rest
 * of the copy would not fit what is in the target already.
 */
export async function resumePrepared(record: RunRecord): Promise<Prepared> {
  for (const snapshot of record.snapshots) await verifySnapshot(snapshot)
  const first = record.snapshots[0]
  if (first === undefined) {
    throw new MigrateError('plan', 'snapshot-changed', `Run ${record.run} has no snapshots to go on with.`, {
      hint: 'Start over with --start-over.',
    })
  }
  return {
    run: record.run,
    folder: dirname(dirname(first.file)),
    snapshots: record.snapshots,
    catalogs: record.catalogs,
    censuses: [],
    plan: record.plan,
  }
}
