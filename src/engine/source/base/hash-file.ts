import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'

/**
 * Lower-case hex SHA-256 of a file. Never for a file that this process has open as a database that may be locked: closing it releases the
 * locks (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export async function hashFile(file: string): Promise<string> {
  await using handle = await open(file, 'r')
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(1 << 20)
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
  }
}

/** Resolves when the bytes of a file of ours are on disk. */
export async function flushFile(file: string): Promise<void> {
  await using handle = await open(file, 'r+')
  await handle.datasync()
}

/** Flushes a file of ours, or a folder's entries, to disk. */
export function flush(path: string): void {
  const isFolder = statSync(path).isDirectory()
  const descriptor = openSync(path, isFolder ? 'r' : 'r+')
  try {
    fsyncSync(descriptor)
  } catch (error) {
    // Some systems cannot flush a folder.
    if (!isFolder) throw error
  } finally {
    closeSync(descriptor)
  }
}
