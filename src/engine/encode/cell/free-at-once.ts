/** Less than this is left to the garbage collector. */
export const LARGE_BYTES = 4 << 20

/**
 * Frees the memory of a large buffer at once: the collector doesn't look for it as long as little else is allocated. Nobody may
 * use the buffer, or another view of its memory, any more.
 */
export function freeAtOnce(buffer: Buffer): void {
  const { buffer: memory, byteLength } = buffer
  if (byteLength >= LARGE_BYTES && memory.byteLength === byteLength && memory instanceof ArrayBuffer)
    memory.transfer(0)
}
