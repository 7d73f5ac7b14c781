/**
 * File systems that keep no owners and permissions: every file has those of the mount (FAT, exFAT, NTFS, Windows shares, Windows drives
 * in WSL). Invariant: a place counts as such only when a private folder made there did not become private.
 */
import { chmodSync, fchmodSync, lstatSync, mkdtempSync, rmdirSync, type Stats, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `f_type` of statfs (Linux, include/uapi/linux/magic.h) of file systems that may be mounted in this way. */
const KINDS: ReadonlyMap<number, string> = new Map([
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
  [0x5346544e, 'NTFS'],
  [0x7366746e, 'NTFS'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
])

type Mount = { readonly kind: string; readonly uid: number }

/** By device number. */
const mounts = new Map<number, Mount | null>()

/**
 * Whether the file's mode and owner are only the mount's, with this user or root as owner, so that they do not show who may write to it.
 * Always false for root, whose files could be on another user's mount.
 */
export function hasMountsPermissions(path: string, stats: Stats): boolean {
  const uid = process.getuid?.()
  if (uid === undefined || uid === 0) return false
  const mount = mountOf(path, stats)
  return mount !== null && stats.uid === mount.uid && (mount.uid === uid || mount.uid === 0)
}

/** Returns the kind, such as `FAT`; null when the file system keeps permissions, or nothing is at the path. */
export function kindWithoutPermissions(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && hasMountsPermissions(path, stats) ? mountOf(path, stats)!.kind : null
}

/** Changes the mode; does nothing where permissions are not kept. `descriptor`: the open file at the path. */
export function restrict(path: string, mode: number, descriptor: number | null = null): void {
  try {
    if (descriptor === null) chmodSync(path, mode)
    else fchmodSync(descriptor, mode)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const stats = lstatSync(path, { throwIfNoEntry: false })
    const isRefused = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'].includes(code)
    if (!isRefused || stats === undefined || !hasMountsPermissions(path, stats)) throw error
  }
}

function mountOf(path: string, stats: Stats): Mount | null {
  const known = mounts.get(stats.dev)
  if (known !== undefined) return known
  const folder = stats.isDirectory() ? path : dirname(path)
  let found: Mount | null = null
  try {
    const kind = KINDS.get(statfsSync(folder).type >>> 0)
    found = kind === undefined ? null : tryMount(kind, folder)
  } catch {
    // In a folder in which nothing can be made, no file of ours will be; another folder of the device may show its kind.
    return null
  }
  mounts.set(stats.dev, found)
  return found
}

function tryMount(kind: string, folder: string): Mount | null {
  const made = mkdtempSync(join(folder, 'gpt-migrate-try-'))
  try {
    const { mode, uid } = lstatSync(made)
    return (mode & 0o077) === 0 ? null : { kind, uid }
  } finally {
    rmdirSync(made)
  }
}
