/**
 * File systems that keep no owners and permissions: every file has those that the mount says (FAT, exFAT, NTFS, shares of Windows, drives
 * of Windows within WSL). Invariant: it is said only of a place where a private folder of ours did not become private.
 */
import { chmodSync, fchmodSync, lstatSync, mkdtempSync, rmdirSync, type Stats, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `f_type` of statfs (Linux, include/uapi/linux/magic.h), of kinds that may be mounted so. */
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

/** By device. */
const mounts = new Map<number, Mount | null>()

/**
 * Whether the file's mode says nothing of who may write to it, for an ordinary user: it is the mount's, as is its owner, who is this user
 * or root. Never for root, whose files a stranger's mount could hold.
 */
export function hasMountsPermissions(path: string, stats: Stats): boolean {
  const uid = process.getuid?.()
  if (uid === undefined || uid === 0) return false
  const mount = mountOf(path, stats)
  return mount !== null && stats.uid === mount.uid && (mount.uid === uid || mount.uid === 0)
}

/** `FAT`; null where permissions are kept, or nothing is there. */
export function kindWithoutPermissions(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && hasMountsPermissions(path, stats) ? mountOf(path, stats)!.kind : null
}

/** As chmod; where permissions are not kept, nothing is changed. `descriptor`: the open file by that name. */
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
    // Where nothing can be made, nothing of ours will be; another folder of the same device may show it.
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
