import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** Lower-case hex SHA-256 of a file's bytes. Never for a file that this process has open as a database that may be locked: closing it lets go of the locks (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_). */
export async function hashFile(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    return await hashHandle(handle)
  } finally {
    await handle.close()
  }
}

/** The same of a file of ours that was just written: afterwards its bytes are on the disk. */
export async function hashAndFlush(file: string): Promise<string> {
  const handle = await open(file, 'r+')
  try {
    const flushing = handle.datasync()
    // When the reading fails first, this promise is not awaited.
    flushing.catch(() => {})
    const hash = await hashHandle(handle)
    await flushing
    return hash
  } finally {
    await handle.close()
  }
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
