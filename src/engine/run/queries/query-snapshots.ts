/** The snapshots on which the application's statements run. Invariant: a source is only read, to replace a snapshot that is gone. */
import { constants, copyFileSync, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import { nearest } from '../../model/nearest.ts'
import { discover } from '../../source/discover/discover.ts'
import { makePrivateFolder } from '../../source/files/work-folder.ts'
import { takeSnapshots } from '../../source/snapshot/snapshot.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { openFollowedFiles } from '../following/followed-files.ts'

/**
 * Returns files by database name: for a followed run, copies as of its last round; else the run's snapshots, with new ones of the named
 * sources for those that are gone. Throws when a snapshot is gone and its source not named, and when a named source is not of the run.
 */
export async function querySnapshots(
  connection: Connection,
  record: RunRecord,
  sources: readonly string[],
  workFolder: string,
): Promise<ReadonlyMap<string, string>> {
  const { snapshots, run } = record
  const named = sources.length === 0 ? [] : (await discover(sources, { salvage: false })).databases
  const files = new Map<string, string>()
  for (const { path } of named) {
    if (snapshots.some(({ database }) => basename(database) === basename(path))) continue
    const close = nearest(
      basename(path),
      snapshots.map(({ database }) => database),
    )
    throw new MigrateError('usage', 'source-not-moved', `Run ${run} has not moved ${path}.`, {
      hint:
        close === null
          ? 'Leave --source out: the run knows its databases.'
          : `Did you mean --source ${close}?`,
    })
  }
  const followed = await copyFollowed(connection, record, join(workFolder, 'queries'))
  if (followed !== null) return followed
  const gone = snapshots.filter(({ file }) => !existsSync(file))
  for (const { database, file } of snapshots) if (existsSync(file)) files.set(database, file)
  const again = gone.map(({ database, path }) => {
    const source = named.find((one) => basename(one.path) === basename(database))
    if (source !== undefined) return { database, path: source.path }
    throw new MigrateError(
      'source',
      'snapshot-gone',
      `The snapshot of ${database} that run ${run} took is gone.`,
      { hint: `Name the database, and a new one is taken: --source ${path}` },
    )
  })
  if (again.length === 0) return files
  for (const { database, file } of await takeSnapshots(again, join(workFolder, 'queries')))
    files.set(database, file)
  return files
}

/** Copies the files of the last round, so that following can continue meanwhile; null when the run is not followed. */
async function copyFollowed(
  connection: Connection,
  record: RunRecord,
  folder: string,
): Promise<ReadonlyMap<string, string> | null> {
  const followed = await openFollowedFiles(connection, record)
  if (followed === null) return null
  try {
    makePrivateFolder(folder)
    const files = followed.snapshots.map(({ database, file }, at): [string, string] => {
      const copy = join(folder, `followed-${at}.db`)
      copyFileSync(file, copy, constants.COPYFILE_FICLONE)
      return [database, copy]
    })
    return new Map(files)
  } finally {
    followed.release()
  }
}
