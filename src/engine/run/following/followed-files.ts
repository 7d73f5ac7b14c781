/** Our copies of a followed run's files as of its last round. Invariant: they match the target's round, and no process writes to them. */
import { existsSync } from 'node:fs'
import { Shadows } from '../../follow/round/shadows.ts'
import { readFollow } from '../../journal/follow.ts'
import { withPresentSources } from '../../journal/forward.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { folderOf } from '../prepare/resume.ts'

type FollowedFiles = {
  readonly snapshots: readonly Snapshot[]
  /** Unlocks the files for other processes. */
  readonly release: () => void
}

/** Returns null when the run was never followed, its files are gone, or another process holds their lock. */
export async function openFollowedFiles(
  connection: Connection,
  known: RunRecord,
): Promise<FollowedFiles | null> {
  const follow = await readFollow(connection, known.run)
  if (follow === null) return null
  const record = await withPresentSources(connection, known)
  if (!existsSync(folderOf(record))) return null
  const { run, snapshots } = record
  const shadows = new Shadows(
    folderOf(record),
    run,
    snapshots.map(({ database }) => database),
  )
  const state = shadows.lock() ? shadows.readState() : null
  if (state === null || state.round !== follow.round || state.settling !== null) {
    shadows.unlock()
    return null
  }
  return {
    snapshots: snapshots.map((snapshot) => ({ ...snapshot, file: shadows.oldFile(snapshot.database) })),
    release: () => shadows.unlock(),
  }
}
