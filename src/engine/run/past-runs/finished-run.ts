/** A finished run on the target, for the wizard to offer review, verification and rollback. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { countQuarantine } from '../../journal/entries.ts'
import { listRuns, readRun } from '../../journal/journal.ts'
import type { Connection } from '../../target/connection/connection.ts'

export type FinishedRun = {
  readonly run: string
  /** ISO 8601 instant; null when the journal has none. */
  readonly finishedAt: string | null
  readonly tables: number
  /** Rows in the target. */
  readonly rows: number
  readonly quarantined: number
  /** Path of its report page, while the work folder exists; null otherwise. */
  readonly report: string | null
}

/** Returns the newest finished run, or null. */
export async function findFinishedRun(connection: Connection): Promise<FinishedRun | null> {
  const runs = await listRuns(connection)
  const newest = runs.find(({ status }) => status === 'finished')
  const record = newest === undefined ? null : await readRun(connection, newest.run)
  if (record === null) return null
  const { run, finishedAt, plan, snapshots } = record
  const moved = plan.tables.filter(({ fate }) => fate.kind !== 'exclude')
  const tallies = await countQuarantine(connection, run)
  const quarantined = tallies.reduce((total, { rows }) => total + rows, 0)
  const folder = snapshots[0] === undefined ? null : dirname(dirname(snapshots[0].file))
  const report = folder === null ? null : join(folder, 'report.html')
  return {
    run,
    finishedAt,
    tables: moved.length,
    rows: moved.reduce((total, { id }) => total + (plan.sourceRows[id] ?? 0), -quarantined),
    quarantined,
    report: report !== null && existsSync(report) ? report : null,
  }
}
