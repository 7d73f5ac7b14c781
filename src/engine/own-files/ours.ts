/**
 * Whether a file or folder is ours, which is checked before anything of ours is read or written. Invariant: a file that another user of
 * the machine put in its place, or could put there meanwhile, is refused with the reason, and a link in its place is never followed.
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

/** The kind of place that is checked; determines the error's kind and hint. */
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

/** A second permitted owner: the account as which a server of ours runs. */
type Owners = { readonly also?: number | undefined }

/** Throws `not-ours` when the path exists and is not a folder of ours that no other user may write to. */
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
 * Throws `not-ours` unless only this user and root could replace the folder: checks the folders above it, as named and with links
 * resolved. The folder itself need not exist. `shown`: the path in the message.
 */
export function refuseUnsafePlace(folder: string, place: Place, shown: string = folder): void {
  if (process.getuid === undefined) return
  const named = resolve(folder)
  for (const path of foldersAbove(named)) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) continue
    const why = stats.isSymbolicLink() ? foreignOwnerOf(stats) : reasonAgainstHolding(stats, path, place)
    if (why !== null) throw notOurs(shown, `${path} ${why}`, place)
    if (!stats.isSymbolicLink()) continue
    const real = realpathSync(path)
    for (const above of [...foldersAbove(real), real]) {
      const reason = reasonAgainstHolding(lstatSync(above), above, place)
      if (reason !== null) throw notOurs(shown, `${above} ${reason}`, place)
    }
  }
}

/** Makes the folder and missing ones above it. Throws `not-ours`, also when another user made one of them meanwhile. */
export function makeOwnFolder(folder: string, place: Place, mode: number): void {
  const inside = join(resolve(folder), 'inside')
  refuseUnsafePlace(inside, place, folder)
  makeFolders(folder, mode)
  refuseUnsafePlace(inside, place, folder)
}

/** Returns a warning for a folder of ours on a file system that keeps no permissions; null for any other. */
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

/** Whether an existing file is ours alone: a regular file with one name, owned by us, to which no other user may write. */
export function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && !stats.isSymbolicLink() && reasonAgainst(stats, {}, path, null) === null
}

/** Returns the text of a file of ours; null when it does not exist. Throws `not-ours` for anything else in its place. */
export function readOwnFile(file: string, place: Place): string | null {
  const descriptor = openOwnFile(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0), place)
  if (descriptor === null) return null
  try {
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** Opens a file of ours, created with mode 0600 if the flags say so. Returns null when it does not exist. Throws `not-ours`. */
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

/** Writes a file of mode 0600 atomically. Whatever was in its place is replaced, even a link, and never written through. */
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

/** Returns null when it is ours, else the reason why not. A server of ours needs a file system with permissions, as PostgreSQL demands. */
function reasonAgainst(stats: Stats, { also }: Owners, path: string, place: Place | null): string | null {
  if (process.getuid === undefined) return null
  if (place !== 'embedded' && hasMountsPermissions(path, stats)) return null
  if (stats.uid !== process.getuid() && stats.uid !== also) return `it belongs to another user (${stats.uid})`
  return (stats.mode & 0o022) === 0 ? null : 'other users may write to it'
}

/** Returns null when no other user can replace the folder's contents, else who can. */
function reasonAgainstHolding(stats: Stats, path: string, place: Place): string | null {
  const foreignOwner = foreignOwnerOf(stats)
  if (foreignOwner !== null) return foreignOwner
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

/** Whether the folder has an access control list, which Node cannot read; one that lets others write also sets the group's write bit. */
function hasAccessList(folder: string): boolean {
  if (process.platform !== 'linux') return false
  const { stdout } = spawnSync('/bin/ls', ['-ld', '--', folder], { env: { LC_ALL: 'C' }, encoding: 'utf8' })
  return /^\S{10}\+/.test(stdout ?? '')
}

function foreignOwnerOf(stats: Stats): string | null {
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
