/** Our files of the last round of a run that is, or was, followed. Invariant: they are of the target's round, and nobody writes to them. */
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
  /** Until then no other process works on them. */
  readonly release: () => void
}

/** Null for a run that was never followed, and where the files are gone or another process works on them. */
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
