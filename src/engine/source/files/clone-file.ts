/**
 * Clones of files: copies that share the blocks of the original until one of the two is written to (btrfs, XFS, APFS, bcachefs …).
 * Invariant: what is no clone is no copy either: `cloneFile` leaves nothing when it fails.
 */
import { closeSync, constants, copyFileSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryName } from '../../own-files/temporary.ts'

/** The file system refuses to clone this file, as btrfs does where `chattr +C` made the one a file without copy on write. */
export class CloneRefused extends Error {}

/** Whether files can be cloned within a folder of ours, which is tried with one block. */
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

/** Whether both are on one device: others may be one file system too (subvolumes of btrfs), and then a copy is made. */
export function areOnOneDevice(file: string, folder: string): boolean {
  return statSync(file).dev === statSync(folder).dev
}

/**
 * Makes `to`, which is not there yet, a clone of `from`: of one moment, since no write comes between. Opens and closes `from`, which drops
 * the locks that this process has on it
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_), but not before the clone
 * is made. Throws CloneRefused; the locks are then gone as well.
 */
export async function cloneFile(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
  } catch (cause) {
    throw new CloneRefused(`${from} cannot be cloned`, { cause })
  }
}
