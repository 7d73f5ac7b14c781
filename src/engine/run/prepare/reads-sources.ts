/** Whether a command names the sources of an earlier run. */

import { existsSync, realpathSync } from 'node:fs'
import type { Snapshot } from '../../model/snapshot.ts'
import { isWithin } from '../../own-files/within.ts'

/** `sources`: files and folders. Returns false when one of the run's files is in none of them. */
export function readsSources(
  sources: readonly string[],
  snapshots: readonly Pick<Snapshot, 'path'>[],
): boolean {
  const places = sources.flatMap((source) => (existsSync(source) ? realpathSync(source) : []))
  return snapshots.every(({ path }) => places.some((place) => isWithin(place, path)))
}
