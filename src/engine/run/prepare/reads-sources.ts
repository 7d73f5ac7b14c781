/** Whether a command names what an earlier run has read. */

import { existsSync, realpathSync } from 'node:fs'
import type { Snapshot } from '../../model/snapshot.ts'
import { isWithin } from '../../own-files/within.ts'

/** `sources`: files, and folders of them. False where one of the run's files is in none of these. */
export function readsSources(
  sources: readonly string[],
  snapshots: readonly Pick<Snapshot, 'path'>[],
): boolean {
  const places = sources.flatMap((source) => (existsSync(source) ? realpathSync(source) : []))
  return snapshots.every(({ path }) => places.some((place) => isWithin(place, path)))
}
