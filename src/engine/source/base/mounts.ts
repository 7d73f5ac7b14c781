/**
 * Detects file systems on which one process's lock may not stop another: network file systems, folders shared with a virtual machine's
 * host, and FUSE programs that pose as one. Invariant: only file systems known to be unreliable are reported.
 */
import { readFileSync, realpathSync, statfsSync } from 'node:fs'

/** `f_type` of statfs(2), from Linux's uapi/linux/magic.h and the file systems' own sources. */
const FUSE = 0x65735546
const MAGIC_NUMBERS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x73757245, 'Coda'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0xbacbacbc, 'VMware shared folder'],
  [FUSE, 'FUSE'],
])

/** Returns the file system's name; null when the kernel itself manages its locks. */
export function unreliableMount(path: string): string | null {
  // Some systems return the number as signed.
  const type = statfsSync(path).type >>> 0
  const name = MAGIC_NUMBERS.get(type)
  if (name === undefined) return null
  if (type !== FUSE) return name
  const mounted = mountTypeOf(realpathSync(path), readMounts())
  // A local disk, such as NTFS.
  return mounted === 'fuseblk' ? null : (mounted ?? name)
}

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return ''
  }
}

/** The file system type of the mount that contains the path (proc(5), "mountinfo": after the separator); null when none is listed. */
export function mountTypeOf(path: string, mountinfo: string): string | null {
  let found: { readonly point: string; readonly type: string } | null = null
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ')
    const point = before
      ?.split(' ')[4]
      ?.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
    const type = after?.split(' ')[0]
    if (point === undefined || type === undefined) continue
    const holds = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
    // Of two mounts at one point, the later hides the earlier.
    if (holds && point.length >= (found?.point.length ?? 0)) found = { point, type }
  }
  return found?.type ?? null
}
