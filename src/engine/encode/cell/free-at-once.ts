/** Smaller buffers are left to the garbage collector. */
export const LARGE_BYTES = 4 << 20

/**
 * Frees the memory of a large buffer at once, because the collector does not run while little else is allocated. Neither the buffer nor
 * another view of its memory may be used afterwards.
 */
export function freeAtOnce(buffer: Buffer): void {
  const { buffer: memory, byteLength } = buffer
  if (byteLength >= LARGE_BYTES && memory.byteLength === byteLength && memory instanceof ArrayBuffer)
    memory.transfer(0)
}
