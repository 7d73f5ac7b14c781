/** Finds SQLite databases in files and folders, each once. Invariant: the searched folders are not changed in any byte. */
import { realpathSync, rmSync, type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MigrateError } from '../../model/errors.ts'
import type { Discovery, FoundDatabase, PassedOver } from '../../model/snapshot.ts'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { nameDatabases } from '../base/database-names.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { measureSource } from '../files/source-file.ts'
import { identify, walkFolder } from '../files/walk.ts'
import { type ExamineOptions, examineFound, examineNamed } from './examine.ts'

export type DiscoverOptions = ExamineOptions & {
  /** Called as soon as a database is found; its name here is the file's, which may gain parent folders in the result. */
  readonly onFound?: (database: FoundDatabase) => void
  readonly onPassedOver?: (passedOver: PassedOver) => void
  /** The folder for copies of databases that must be recovered before they can be read; by default the system's temporary folder. */
  readonly stagingParent?: string
}

/**
 * Searches files and, recursively, folders. A file named in `paths` that cannot be used is a MigrateError of kind `source`; one found in a
 * folder is listed as unreadable, or passed over with the reason. When aborted, throws the signal's reason.
 */
export async function discover(paths: readonly string[], options: DiscoverOptions = {}): Promise<Discovery> {
  const stagingFolder = makeTemporaryFolder(options.stagingParent)
  try {
    return await search(paths, stagingFolder, options)
  } finally {
    rmSync(stagingFolder, { recursive: true, force: true })
  }
}

async function search(
  paths: readonly string[],
  stagingFolder: string,
  options: DiscoverOptions,
): Promise<Discovery> {
  const databases: FoundDatabase[] = []
  const passedOver: PassedOver[] = []
  const met = new Map<string, string>()

  const report = (found: FoundDatabase | PassedOver | null) => {
    if (found === null) return
    if ('reason' in found) {
      passedOver.push(found)
      options.onPassedOver?.(found)
    } else {
      databases.push(found)
      options.onFound?.(found)
    }
  }

  for (const given of paths) {
    const { path, stats } = resolveGiven(given)
    const entries = stats.isDirectory() ? walkFolder(path) : [{ file: path }]
    for (const entry of entries) {
      options.signal?.throwIfAborted()
      if ('reason' in entry) {
        report(entry)
        continue
      }
      const key = identify(statSync(entry.file, { bigint: true, throwIfNoEntry: false }))
      if (key === null) continue
      const earlier = met.get(key)
      if (earlier !== undefined) {
        report(passOverOtherName(entry.file, earlier))
        continue
      }
      met.set(key, entry.file)
      const isNamed = !stats.isDirectory()
      const found = isNamed
        ? await examineNamed(entry.file, stagingFolder, options)
        : examineFound(entry.file, stagingFolder, options)
      report(found)
      if (found !== null) await nextTurn()
    }
  }
  const names = nameDatabases(databases.map((found) => found.path))
  return { databases: databases.map((found) => ({ ...found, database: names.get(found.path)! })), passedOver }
}

function resolveGiven(given: string): { path: string; stats: Stats } {
  const absolute = resolve(given)
  try {
    const path = realpathSync(absolute)
    const stats = statSync(path)
    if (stats.isFile() || stats.isDirectory()) return { path, stats }
  } catch (error) {
    throw translateSqliteError(error, absolute)
  }
  throw new MigrateError(
    'source',
    'not-a-database',
    `${absolute} is a device or a pipe, not a database file.`,
  )
}

/** A hard link is a second name of a file, whose own `-wal` or `-journal` would be another state of the same pages. */
function passOverOtherName(path: string, earlier: string): PassedOver | null {
  if (path === earlier) return null
  const { wal, journal } = measureSource(path)
  const hasOwn = (wal ?? 0) > 0 || (journal ?? 0) > 0
  const warning = hasOwn
    ? ` Beware: this name has a -wal or -journal of its own, which belongs to the same file.`
    : ''
  return { path, reason: `It is another name of ${earlier}, which is already listed.${warning}` }
}
