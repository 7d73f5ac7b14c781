/**
 * Whether a file or folder is ours: checked before anything of our own is read or written. Invariant: what another user of the machine
 * put in its place, or could put there meanwhile, is refused with the reason, and a link in its place is never followed.
 */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { MigrateError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { foldersAbove, makeFolders } from './make-folders.ts'
import { hasMountsPermissions, kindWithoutPermissions, restrict } from './permissions.ts'

/** What of ours is checked; decides the error's kind and its hint. */
type Place = 'work-folder' | 'embedded' | 'demo' | 'export' | 'fallback' | 'temporary'

const hints: Readonly<Record<Place, string>> = {
  'work-folder': 'Choose a place that only you can write to: --work-folder ~/gpt-migrate.',
  embedded: 'Choose a place that only you can write to: --target embedded:DIR.',
  export: 'Choose a place that only you can write to: --to-sqlite DIR.',
  fallback: 'Choose a place that only you can write to: --to DIR.',
  temporary:
    'Set TMPDIR to a folder that only you can write to, or to one like /tmp, where nobody removes what is yours.',
  demo: 'Choose a place that only you can write to: --folder DIR.',
}

/** Whom a file may belong to besides us: the account that a server of ours runs as. */
type Owners = { readonly also?: number | undefined }

/** Throws `not-ours` unless the path, where there is something, is a folder of ours that no other user may write to. */
export function refuseForeignFolder(folder: string, place: Place, owners: Owners = {}): void {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) return
  const why = stats.isSymbolicLink()
    ? 'it is a link'
    : stats.isDirectory()
      ? reasonAgainst(stats, owners, folder, place)
      : 'it is no folder'
  if (why !== null) throw notOurs(folder, why, place)
}

/**
 * Throws `not-ours` unless everybody who could put something else in the folder's place is ourselves or root: the folders above it, as
 * they are named and as they really are. The folder itself need not be there. `shown`: what the message names.
 */
export function refuseUnsafePlace(folder: string, place: Place, shown: string = folder): void {
  if (process.getuid === undefined) return
  const named = resolve(folder)
  for (const path of foldersAbove(named)) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) continue
    const why = stats.isSymbolicLink() ? strangerOf(stats) : reasonAgainstHolding(stats, path, place)
    if (why !== null) throw notOurs(shown, `${path} ${why}`, place)
    if (!stats.isSymbolicLink()) continue
    const real = realpathSync(path)
    for (const beyond of [...foldersAbove(real), real]) {
      const reason = reasonAgainstHolding(lstatSync(beyond), beyond, place)
      if (reason !== null) throw notOurs(shown, `${beyond} ${reason}`, place)
    }
  }
}

/** Makes the folder, and those above it, where it is missing. Throws `not-ours` also where somebody else made one of them meanwhile. */
export function makeOwnFolder(folder: string, place: Place, mode: number): void {
  const inside = join(resolve(folder), 'inside')
  refuseUnsafePlace(inside, place, folder)
  makeFolders(folder, mode)
  refuseUnsafePlace(inside, place, folder)
}

/** What to know of a folder of ours on a file system that keeps no permissions; null for any other. */
export function warnOfPermissions(folder: string): Finding | null {
  const found = [resolve(folder), ...foldersAbove(resolve(folder)).reverse()].find(
    (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  )
  const kind = found === undefined ? null : kindWithoutPermissions(found)
  if (kind === null) return null
  return {
    severity: 'warning',
    code: 'no-permissions',
    message: `${folder} is on a file system that keeps no permissions (${kind}): whoever may use it can read the snapshots and reports, and change them.`,
    hint: 'Where others use this machine, name a folder on another file system: --work-folder ~/gpt-migrate.',
  }
}

/** Whether an existing file belongs to us alone: a regular file with one name, owned by us, which no other user may write to. */
export function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && !stats.isSymbolicLink() && reasonAgainst(stats, {}, path, null) === null
}

/** The text of a file of ours; null where there is none. Throws `not-ours` for anything else in its place. */
export function readOwnFile(file: string, place: Place): string | null {
  const descriptor = openOwnFile(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0), place)
  if (descriptor === null) return null
  try {
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** Opens a file of ours, created with mode 0600 where the flags say so; null where there is none. Throws `not-ours`. */
export function openOwnFile(file: string, flags: number, place: Place): number | null {
  let descriptor: number
  try {
    descriptor = openSync(file, flags | (constants.O_NOFOLLOW ?? 0), 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && (flags & constants.O_CREAT) === 0) return null
    if (code === 'ELOOP' || code === 'EMLINK') throw notOurs(file, 'it is a link', place)
    throw error
  }
  const stats = fstatSync(descriptor)
  const why = !stats.isFile()
    ? 'it is no ordinary file'
    : stats.nlink > 1
      ? 'it has a second name'
      : reasonAgainst(stats, {}, file, place)
  if (why === null) return descriptor
  closeSync(descriptor)
  throw notOurs(file, why, place)
}

/** Puts a file of mode 0600 in its place, whole or not at all. What lay there is replaced, a link too, and never written through. */
export function replaceOwnFile(file: string, content: string): void {
  const fresh = `${file}.${process.pid}.new`
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  const descriptor = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600)
  try {
    restrict(fresh, 0o600, descriptor)
    const bytes = Buffer.from(content)
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
  } finally {
    closeSync(descriptor)
  }
  renameSync(fresh, file)
}

/** Null when it is ours; else why it isn't. A server of ours needs a place that keeps permissions: PostgreSQL demands it. */
function reasonAgainst(stats: Stats, { also }: Owners, path: string, place: Place | null): string | null {
  if (process.getuid === undefined) return null
  if (place !== 'embedded' && hasMountsPermissions(path, stats)) return null
  if (stats.uid !== process.getuid() && stats.uid !== also) return `it belongs to another user (${stats.uid})`
  return (stats.mode & 0o022) === 0 ? null : 'other users may write to it'
}

/** Null when what is in the folder stays what it is; else who could change that. */
function reasonAgainstHolding(stats: Stats, path: string, place: Place): string | null {
  const stranger = strangerOf(stats)
  if (stranger !== null) return stranger
  const isSticky = (stats.mode & 0o1000) !== 0
  if (isSticky) return null
  if ((stats.mode & 0o002) !== 0)
    return place !== 'embedded' && hasMountsPermissions(path, stats)
      ? null
      : 'may be written to by every user'
  const isSharedByRoot = stats.uid === 0 && process.getuid?.() !== undefined && (stats.mode & 0o020) !== 0
  if (!isSharedByRoot) return null
  if (stats.gid !== 0 && stats.gid !== process.getegid?.()) return 'may be written to by a group'
  return hasAccessList(path) ? 'has an access list, by which other users may write to it' : null
}

/** Whether the folder has an access control list, which Node does not read: where one lets others write, the group's bit is set. */
function hasAccessList(folder: string): boolean {
  if (process.platform !== 'linux') return false
  const { stdout } = spawnSync('/bin/ls', ['-ld', '--', folder], { env: { LC_ALL: 'C' }, encoding: 'utf8' })
  return /^\S{10}\+/.test(stdout ?? '')
}

function strangerOf(stats: Stats): string | null {
  return stats.uid === 0 || stats.uid === process.getuid?.() ? null : `belongs to another user (${stats.uid})`
}

function notOurs(path: string, why: string, place: Place): MigrateError {
  return new MigrateError(
    place === 'embedded' ? 'target' : place === 'work-folder' ? 'source' : 'usage',
    'not-ours',
    `${path} is not used: ${why}.`,
    { hint: hints[place] },
  )
}
