/**
 * The work folder `.gpt-migrate/<run>/` with a run's snapshots and reports. Invariant: private to the user (folders 0700, files 0600), and
 * no symbolic link in it is followed, neither for writing nor for removing.
 */
import {
  closeSync,
  constants,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { makeFolders } from '../../own-files/make-folders.ts'
import { isOurs, openOwnFile, refuseForeignFolder, refuseUnsafePlace } from '../../own-files/ours.ts'
import { restrict } from '../../own-files/permissions.ts'
import { removeLeftovers } from '../../own-files/temporary.ts'
import { errorCode } from '../base/error-code.ts'

type EarlierRun = {
  /** The name, such as `2026-11-22-1`. */
  readonly run: string
  /** The absolute path of the run's folder. */
  readonly folder: string
  /** The time of the last change in the folder, ISO 8601. */
  readonly changedAt: string
}

/**
 * Makes `<workFolder>/<run>/` for a new run, under an unused name, and returns the name and the absolute path. Throws a MigrateError of
 * kind `source`.
 */
export function createRunFolder(
  workFolder: string,
  { now = new Date(), taken = new Set() }: { readonly now?: Date; readonly taken?: ReadonlySet<string> } = {},
): { run: string; folder: string } {
  const root = resolve(workFolder)
  refuseUnsafePlace(join(root, 'run'), 'work-folder')
  if (statsOf(root)?.isDirectory() !== true) {
    makePrivateFolder(root)
    // Somebody else may have made one of its parent folders meanwhile.
    refuseUnsafePlace(join(root, 'run'), 'work-folder')
  }
  for (const { folder } of listRuns(root)) removeLeftovers(join(folder, 'snapshots'))
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  for (let number = 1; ; number++) {
    const run = `${day}-${number}`
    if (taken.has(run)) continue
    const folder = join(root, run)
    try {
      mkdirSync(folder, { mode: 0o700 })
      return { run, folder }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw cannotUse(folder, error)
    }
  }
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

/** Makes the folder, or uses an existing one that is not a link, and sets its mode to 0700. */
export function makePrivateFolder(folder: string): void {
  try {
    makeFolders(folder, 0o700)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw cannotUse(folder, error)
  }
  if (statsOf(folder)?.isDirectory() !== true) throw cannotUse(folder)
  if (!isOurs(folder)) refuseOtherOwner(folder)
  restrict(folder, 0o700)
}

/** Refuses a folder of another user; the mode of our own is set by the caller. */
function refuseOtherOwner(folder: string): void {
  const { uid } = lstatSync(folder)
  if (uid !== process.getuid?.()) refuseForeignFolder(folder, 'work-folder')
}

/** Writes a file that only the user may read. Throws when a link is in its place. */
export function writePrivateFile(file: string, content: string | Uint8Array): void {
  const there = statsOf(file)
  if (there !== undefined && !there.isFile()) throw cannotUse(file)
  let descriptor: number | null = null
  try {
    descriptor = openOwnFile(file, constants.O_WRONLY | constants.O_CREAT, 'work-folder')!
    restrict(file, 0o600, descriptor)
    ftruncateSync(descriptor)
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
  } catch (error) {
    throw error instanceof MigrateError ? error : cannotUse(file, error)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** Whether a folder by this name is a run's. */
export function isRunName(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}-\d+$/.test(name)
}

/** The runs whose folders still exist, the latest first. */
export function listRuns(workFolder: string): EarlierRun[] {
  const root = resolve(workFolder)
  if (statsOf(root)?.isDirectory() !== true) return []
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRunName(entry.name))
    .map((entry) => ({ run: entry.name, folder: join(root, entry.name) }))
    .map(({ run, folder }) => ({ run, folder, changedAt: lastChange(folder).toISOString() }))
    .sort((a, b) => compareRuns(b.run, a.run))
}

/** Removes the folders of runs that have not changed for `keepDays` days; returns the runs' names. */
export function pruneRuns(workFolder: string, keepDays: number, now = new Date()): string[] {
  refuseUnsafePlace(join(resolve(workFolder), 'run'), 'work-folder')
  const oldest = now.getTime() - keepDays * 86_400_000
  const old = listRuns(workFolder).filter(
    ({ folder, changedAt }) => Date.parse(changedAt) < oldest && isOurs(folder),
  )
  // rmSync removes a link itself, never its target.
  for (const { folder } of old) rmSync(folder, { recursive: true, force: true })
  return old.map(({ run }) => run)
}

function compareRuns(a: string, b: string): number {
  return a.slice(0, 10) < b.slice(0, 10)
    ? -1
    : a.slice(0, 10) > b.slice(0, 10)
      ? 1
      : Number(a.slice(11)) - Number(b.slice(11))
}

function lastChange(folder: string): Date {
  const times = readdirSync(folder).map((name) => statsOf(join(folder, name))?.mtimeMs ?? 0)
  return new Date(Math.max(statsOf(folder)?.mtimeMs ?? 0, ...times))
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function cannotUse(path: string, cause?: unknown): MigrateError {
  const why = cause instanceof Error ? cause.message : 'it is not what gpt-migrate made there'
  return new MigrateError(
    'source',
    'work-folder-unusable',
    `The work folder cannot be used at ${path}: ${why}.`,
    {
      hint: 'Choose another place with --work-folder.',
      cause,
    },
  )
}
