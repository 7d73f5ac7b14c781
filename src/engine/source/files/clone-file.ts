/**
 * Clones files: copies that share the original's blocks until one of the two is written to (btrfs, XFS, APFS, bcachefs …). Invariant:
 * `cloneFile` either makes a clone or fails and leaves nothing; it never copies.
 */
import { closeSync, constants, copyFileSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryName } from '../../own-files/temporary.ts'

/** The file system refuses to clone this file, such as btrfs for a file without copy-on-write (`chattr +C`). */
export class CloneRefused extends Error {}

/** Whether files can be cloned within a folder of ours; tried with one block. */
export function canCloneIn(folder: string): boolean {
  const [original, clone] = [join(folder, temporaryName('block')), join(folder, temporaryName('clone'))]
  try {
    const descriptor = openSync(original, 'wx', 0o600)
    try {
      writeSync(descriptor, Buffer.alloc(4096, 1))
    } finally {
      closeSync(descriptor)
    }
    copyFileSync(original, clone, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch {
    return false
  } finally {
    for (const file of [original, clone]) rmSync(file, { force: true })
  }
}

/** Whether both are on one device. Different devices may still be one file system (subvolumes of btrfs); the file is then copied. */
export function areOnOneDevice(file: string, folder: string): boolean {
  return statSync(file).dev === statSync(folder).dev
}

/**
 * Makes the new file `to` a clone of `from` at one moment, since no write comes between. Opens and closes `from`, which drops this
 * process's locks on it (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_), but
 * only once the clone is made. Throws CloneRefused, after which the locks are gone as well.
 */
export async function cloneFile(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
  } catch (cause) {
    throw new CloneRefused(`${from} cannot be cloned`, { cause })
  }
}
