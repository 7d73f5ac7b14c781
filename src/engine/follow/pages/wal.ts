/**
 * The format of the write-ahead log (https://www.sqlite.org/walformat.html). Invariant: a frame is accepted only when its salts are those of
 * its log and its running checksum, over all frames from the log's first one on, is correct.
 */

export const WAL_HEADER_BYTES = 32
export const FRAME_HEADER_BYTES = 24

export type WalHeader = {
  readonly pageSize: number
  readonly salt1: number
  readonly salt2: number
  /** The header's checksum, from which the first frame's is continued. */
  readonly checksum: readonly [number, number]
  /** Whether the checksum's words are big-endian. */
  readonly bigEndian: boolean
}

const MAGIC = 0x377f0682

/** Returns null when the bytes are not a complete, valid log header. */
export function readWalHeader(bytes: Buffer): WalHeader | null {
  if (bytes.length < WAL_HEADER_BYTES) return null
  const magic = bytes.readUInt32BE(0)
  if ((magic & ~1) >>> 0 !== MAGIC) return null
  const bigEndian = (magic & 1) === 1
  const sum: [number, number] = [0, 0]
  addChecksum(sum, bytes, 0, 24, bigEndian)
  const checksum = [bytes.readUInt32BE(24), bytes.readUInt32BE(28)] as const
  if (sum[0] !== checksum[0] || sum[1] !== checksum[1]) return null
  return {
    pageSize: bytes.readUInt32BE(8),
    salt1: bytes.readUInt32BE(16),
    salt2: bytes.readUInt32BE(20),
    checksum,
    bigEndian,
  }
}

/** The consecutive frames of one log. */
export class FrameChain {
  readonly #salt1: number
  readonly #salt2: number
  readonly #bigEndian: boolean
  readonly #sum: [number, number]

  constructor(
    { salt1, salt2 }: { readonly salt1: number; readonly salt2: number },
    checksum: readonly [number, number],
    bigEndian: boolean,
  ) {
    this.#salt1 = salt1
    this.#salt2 = salt2
    this.#bigEndian = bigEndian
    this.#sum = [checksum[0], checksum[1]]
  }

  get checksum(): readonly [number, number] {
    return [this.#sum[0], this.#sum[1]]
  }

  /** Accepts the frame at `at`, a header followed by a page. Returns the page's number; null when the frame does not continue the chain. */
  take(bytes: Buffer, at: number, pageSize: number): number | null {
    const page = bytes.readUInt32BE(at)
    if (page === 0) return null
    if (bytes.readUInt32BE(at + 8) !== this.#salt1 || bytes.readUInt32BE(at + 12) !== this.#salt2) return null
    const sum: [number, number] = [this.#sum[0], this.#sum[1]]
    addChecksum(sum, bytes, at, at + 8, this.#bigEndian)
    addChecksum(sum, bytes, at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + pageSize, this.#bigEndian)
    if (bytes.readUInt32BE(at + 16) !== sum[0] || bytes.readUInt32BE(at + 20) !== sum[1]) return null
    this.#sum[0] = sum[0]
    this.#sum[1] = sum[1]
    return page
  }
}

/** The format's "Checksum Algorithm", over pairs of 32-bit words. */
function addChecksum(
  sum: [number, number],
  bytes: Buffer,
  from: number,
  to: number,
  bigEndian: boolean,
): void {
  let s0 = sum[0] | 0
  let s1 = sum[1] | 0
  for (let at = from; at < to; at += 8) {
    s0 = (s0 + wordAt(bytes, at, bigEndian) + s1) | 0
    s1 = (s1 + wordAt(bytes, at + 4, bigEndian) + s0) | 0
  }
  sum[0] = s0 >>> 0
  sum[1] = s1 >>> 0
}

function wordAt(bytes: Buffer, at: number, bigEndian: boolean): number {
  return bigEndian
    ? (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    : (bytes[at + 3]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 1]! << 8) | bytes[at]!
}

/** The wal-index header (section 2.1), which records where the log ends. */
export type WalIndexHeader = {
  /** Number of the last valid frame. */
  readonly lastFrame: number
  readonly pageCount: number
  readonly pageSize: number
  readonly salt1: number
  readonly salt2: number
  readonly checksum: readonly [number, number]
}

export const WAL_INDEX_HEADER_BYTES = 96

/** Returns null while a writer is changing the header, when its two copies differ. */
export function readWalIndexHeader(bytes: Buffer): WalIndexHeader | null {
  if (bytes.length < WAL_INDEX_HEADER_BYTES) return null
  if (!bytes.subarray(0, 48).equals(bytes.subarray(48, 96))) return null
  // Native byte order, except for the salts, which are copied from the log.
  const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 48))
  const sizes = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 48))
  if (words[0] !== 3007000 || bytes[12] !== 1) return null
  const stored = sizes[7]!
  return {
    lastFrame: words[4]!,
    pageCount: words[5]!,
    // "The value 1 means 65536."
    pageSize: stored === 1 ? 65536 : stored,
    salt1: bytes.readUInt32BE(32),
    salt2: bytes.readUInt32BE(36),
    checksum: [words[6]!, words[7]!],
  }
}
