/**
 * The memory that rows are sent in, reused once the socket is done with it. Invariant: a thread keeps a few chunks of the usual size,
 * and no others.
 */
import { freeAtOnce } from '../encode/cell/free-at-once.ts'

/** Bytes handed to the socket at a time: each is a message of its own. */
export const CHUNK_BYTES = 256 * 1024
/** Room for usual rows beyond its size. */
const ROOM_BYTES = 64 * 1024
/** Memory of sent chunks, for the next ones. */
const spareChunks: Buffer[] = []
/** A little more than what is on its way to the socket at a time. */
const MOST_SPARE = 8

export function emptyChunk(): Buffer {
  return spareChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES + ROOM_BYTES)
}

/** The socket is done with the chunk. */
export function reuseChunk(chunk: Buffer): void {
  const isUsual = chunk.length === CHUNK_BYTES + ROOM_BYTES
  if (isUsual && spareChunks.length < MOST_SPARE) spareChunks.push(chunk)
  else if (!isUsual) freeAtOnce(chunk)
}

/** Releases the memory of sent chunks, once this thread has copied its last block. */
export function releaseSpareChunks(): void {
  spareChunks.length = 0
}
