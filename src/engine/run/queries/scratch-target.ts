/**
 * A temporary copy of a run's target: its plan run again, from the same snapshots, on an embedded server started for it. Invariant: closing
 * it removes the server and its folder, and nothing else is touched.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { now, type RunContext } from '../../events/run-context.ts'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { verifySnapshot } from '../../source/snapshot/snapshot.ts'
import { findOrphans } from '../../source/staging/orphans.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { openTarget } from '../connect/open-target.ts'
import { migrate } from '../migrate/migrate.ts'

type ScratchTarget = {
  readonly connection: Connection
  close(): Promise<void>
}

/** Throws a MigrateError when the run's snapshots are gone, or when it filled existing tables. */
export async function openScratch(record: RunRecord, { control }: RunContext): Promise<ScratchTarget> {
  if (record.plan.options.dataOnly) {
    throw new MigrateError(
      'usage',
      'scratch-without-schema',
      `Run ${record.run} filled tables that the application had made: their definitions are not the plan's, so that no copy of the target can be made.`,
      { hint: 'Name a copy of your own with --target, and --writes instead of --writes-on-copy.' },
    )
  }
  for (const snapshot of record.snapshots) await verifySnapshot(snapshot)
  const folder = makeTemporaryFolder()
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const target = await openTarget({
      target: `embedded:${join(folder, 'postgres')}`,
      env: {},
      workFolder: folder,
      port: null,
    })
    const close = async (): Promise<void> => {
      await target.close()
      remove()
    }
    try {
      const { run, plan, catalogs, snapshots } = record
      const orphans = findOrphans(plan, snapshots)
      await migrate(
        {
          prepared: { run, folder, snapshots, catalogs, censuses: [], lost: [], plan, orphans },
          address: target.address,
          jobs: null,
          verifyLevel: 'none',
          resumed: null,
          embedded: null,
          command: '',
          keepDays: 1,
          reportFile: null,
          startedAt: now(),
        },
        { control, emit: () => {} },
      )
      const connection = await connect(target.address)
      return {
        connection,
        async close() {
          await connection.end()
          await close()
        },
      }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    remove()
    throw error
  }
}
