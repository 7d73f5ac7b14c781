import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** Lower-case hex SHA-256 of a file's bytes. Never for a file that this process has open as a database that may be locked: closing it lets go of the locks (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_). */
export async function hashFile(file: string): Promise<string> {
  await using handle = await open(file, 'r')
  return await hashHandle(handle)
}

/** The same of a file of ours that was just written: afterwards its bytes are on the disk. */
export async function hashAndFlush(file: string): Promise<string> {
  await using handle = await open(file, 'r+')
  const flushing = handle.datasync()
  // When the reading fails first, this promise is not awaited.
  flushing.catch(() => {})
  const hash = await hashHandle(handle)
  await flushing
  return hash
}

async function hashHandle(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(1 << 18)
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
  }
}
