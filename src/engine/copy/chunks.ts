/**
 * Memory for sending rows, which is reused when the socket has sent it. Invariant: a thread keeps a few chunks of the usual size and no
 * others.
 */
import { freeAtOnce } from '../encode/cell/free-at-once.ts'

/** Bytes passed to the socket at a time; each chunk is one message. */
export const CHUNK_BYTES = 256 * 1024
/** Additional room for the rows that exceed a chunk's size. */
const ROOM_BYTES = 64 * 1024
/** Chunks that were sent, for reuse. */
const spareChunks: Buffer[] = []
/** A little more than the number of chunks that are being sent at a time. */
const MOST_SPARE = 8

export function emptyChunk(): Buffer {
  return spareChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES + ROOM_BYTES)
}

/** Call when the socket has sent the chunk. */
export function reuseChunk(chunk: Buffer): void {
  const isUsual = chunk.length === CHUNK_BYTES + ROOM_BYTES
  if (isUsual && spareChunks.length < MOST_SPARE) spareChunks.push(chunk)
  else if (!isUsual) freeAtOnce(chunk)
}

/** Releases unused chunks; call when this thread has copied its last block. */
export function releaseSpareChunks(): void {
  spareChunks.length = 0
}
