/** The state of a target's runs: how they ended, and how far following and fallback are. */

import { readFollow } from '../../journal/follow.ts'
import { readForwards } from '../../journal/forward.ts'
import { listRuns, readRun } from '../../journal/journal.ts'
import { readPending } from '../../journal/noted-changes.ts'
import type { PartitionStatus, RunStatusAnswer } from '../../model/answers.ts'
import type { FollowRecord } from '../../model/follow.ts'
import type { FallbackStatus, FollowStatus, LateRows } from '../../model/live-answers.ts'
import type { TargetChoice } from '../../model/options.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { readMonthPartitions, readStranded } from '../../target/tables/month-partitions.ts'
import { onTarget } from '../connect/choose-run.ts'

/** Returns the runs of a target, newest first. */
export async function describeRuns(request: {
  readonly target: TargetChoice
}): Promise<readonly RunStatusAnswer[]> {
  return onTarget(request.target, async (connection) => {
    const answers: RunStatusAnswer[] = []
    for (const summary of await listRuns(connection)) {
      // First: it waits for a process that ends the fallback by going forward, which begins the following.
      const fallback = await fallbackStatusOf(connection, summary.run)
      answers.push({
        ...summary,
        follow: await followStatusOf(connection, summary.run),
        fallback,
        partitions: await partitionsOf(connection, summary.run),
      })
    }
    return answers
  })
}

/** Returns the state of the run's tables that exist and are still partitioned by months. */
async function partitionsOf(connection: Connection, run: string): Promise<readonly PartitionStatus[]> {
  const record = await readRun(connection, run)
  const found: PartitionStatus[] = []
  for (const { schema, table, partitioning } of record?.plan.schema.tables ?? []) {
    if (partitioning === null) continue
    const partitions = await readMonthPartitions(connection, { schema, table })
    if (partitions === null) continue
    const stranded = await readStranded(connection, partitions)
    found.push({
      table: `${schema}.${table}`,
      lastMonth: partitions.months.at(-1) ?? null,
      inDefault: stranded.reduce((sum, { rows }) => sum + Number(rows), 0),
    })
  }
  return found
}

async function followStatusOf(connection: Connection, run: string): Promise<FollowStatus | null> {
  const follow = await readFollow(connection, run)
  if (follow === null) return null
  const { state, round, sourceAt, appliedAt, rows, cutOver } = follow
  const isFollowed = state === 'following' || state === 'fenced'
  return {
    ...{ state, round, sourceAt, appliedAt, rows, cutOver },
    lagMs: isFollowed ? Math.max(0, Date.now() - Date.parse(sourceAt)) : null,
    files: (await readForwards(connection, run))[0]?.folder ?? null,
    late: state === 'cut-over' ? await lateRows(connection, follow) : null,
  }
}

async function fallbackStatusOf(connection: Connection, run: string): Promise<FallbackStatus | null> {
  const found = await readPending(connection)
  if (found === null || found.capture.run !== run) return null
  const { changes: pending, tables } = found
  const { state, folder, switchedAt, broughtAt } = found.capture
  const isKept = state === 'current' && broughtAt !== null
  const lagMs = isKept ? (pending === 0 ? 0 : Math.max(0, Date.now() - Date.parse(broughtAt))) : null
  return { state, folder, switchedAt, pending, tables, broughtAt, lagMs }
}

async function lateRows(connection: Connection, follow: FollowRecord): Promise<LateRows> {
  const record = await readRun(connection, follow.run)
  if (record === null) return { kind: 'unknown', reason: 'the run is not in the journal' }
  // Imported dynamically, since most runs were never followed.
  const { lateRowsOf } = await import('./verify-followed.ts')
  return lateRowsOf(connection, record, follow)
}
