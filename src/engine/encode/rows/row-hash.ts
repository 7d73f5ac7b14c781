/**
 * The checksum of a set of rows: the 128-bit MurmurHash3 (x86 variant) of every row's bytes, summed in four 32-bit lanes. Invariant: the
 * sum doesn't depend on the order of rows, and the sums of two sets add up to the sum of both; so blocks add up to tables, and tables
 * without a key are compared as multisets. MurmurHash3 is by Austin Appleby, in the public domain
 * (https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp); it protects against accident, not against attack.
 */
export class RowSum {
  readonly lanes = new Uint32Array(4)
  rows = 0
  /** The hash of the row that is being added in parts. */
  readonly #hash = new Int32Array(4)
  readonly #rest = Buffer.alloc(16)
  #length = 0

  /** Adds the row `bytes[start, end)`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const hash = this.#hash
    this.#begin()
    const grouped = start + ((end - start) & ~15)
    mixGroups(hash, bytes, start, grouped)
    finish(hash, bytes, grouped, end, end - start)
    this.#count()
  }

  /** Adds a row given in parts. */
  addParts(parts: Iterable<Uint8Array>): void {
    for (const part of parts) this.addPart(part, 0, part.length)
    this.endRow()
  }

  /** Adds the next part of a row that is not in memory as a whole; call `endRow` after the last part. */
  addPart(bytes: Uint8Array, start: number, end: number): void {
    if (this.#length === 0) this.#begin()
    let at = start
    const waiting = this.#length & 15
    this.#length += end - start
    if (waiting > 0) {
      const taken = Math.min(16 - waiting, end - at)
      this.#rest.set(bytes.subarray(at, at + taken), waiting)
      at += taken
      if (waiting + taken < 16) return
      mixGroups(this.#hash, this.#rest, 0, 16)
    }
    const grouped = at + ((end - at) & ~15)
    mixGroups(this.#hash, bytes, at, grouped)
    this.#rest.set(bytes.subarray(grouped, end))
  }

  endRow(): void {
    if (this.#length === 0) this.#begin()
    finish(this.#hash, this.#rest, 0, this.#length & 15, this.#length)
    this.#length = 0
    this.#count()
  }

  /** Starts with seed 0. */
  #begin(): void {
    const hash = this.#hash
    hash[0] = 0
    hash[1] = 0
    hash[2] = 0
    hash[3] = 0
  }

  #count(): void {
    const { lanes } = this
    const hash = this.#hash
    lanes[0] = lanes[0]! + hash[0]!
    lanes[1] = lanes[1]! + hash[1]!
    lanes[2] = lanes[2]! + hash[2]!
    lanes[3] = lanes[3]! + hash[3]!
    this.rows++
  }

  /** Adds another sum, as `toString` returned it. */
  addSum(hex: string, rows: number): void {
    const lanes = [0, 8, 16, 24].map((at) => Number.parseInt(hex.slice(at, at + 8), 16))
    this.addLanes(lanes, rows)
  }

  /** Adds the four lanes of another sum. */
  addLanes(lanes: ArrayLike<number>, rows: number): void {
    for (let lane = 0; lane < 4; lane++) this.lanes[lane] = this.lanes[lane]! + lanes[lane]!
    this.rows += rows
  }

  /** 32 hex digits. */
  toString(): string {
    return Array.from(this.lanes, (lane) => lane.toString(16).padStart(8, '0')).join('')
  }
}

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/** A view of the last hashed buffer, reused because rows come one after another from the same buffer. */
let viewed: Uint8Array | null = null
let view: DataView = new DataView(new ArrayBuffer(0))

/** Mixes `bytes[start, end)`, a multiple of 16 bytes, into `lanes`. */
function mixGroups(lanes: Int32Array, bytes: Uint8Array, start: number, end: number): void {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    viewed = bytes
  }
  const words = view
  let h1 = lanes[0]!
  let h2 = lanes[1]!
  let h3 = lanes[2]!
  let h4 = lanes[3]!
  for (let at = start; at < end; at += 16) {
    h1 ^= scramble(words.getInt32(at, true), C1, 15, C2)
    h1 = (Math.imul((((h1 << 19) | (h1 >>> 13)) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= scramble(words.getInt32(at + 4, true), C2, 16, C3)
    h2 = (Math.imul((((h2 << 17) | (h2 >>> 15)) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= scramble(words.getInt32(at + 8, true), C3, 17, C4)
    h3 = (Math.imul((((h3 << 15) | (h3 >>> 17)) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= scramble(words.getInt32(at + 12, true), C4, 18, C1)
    h4 = (Math.imul((((h4 << 13) | (h4 >>> 19)) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  lanes[0] = h1
  lanes[1] = h2
  lanes[2] = h3
  lanes[3] = h4
}

/** Finishes the hash of `length` bytes, the last fewer than 16 of which are `bytes[at, end)`; the result is in `lanes`. */
function finish(lanes: Int32Array, bytes: Uint8Array, at: number, end: number, length: number): void {
  let h1 = lanes[0]!
  let h2 = lanes[1]!
  let h3 = lanes[2]!
  let h4 = lanes[3]!
  const rest = end - at
  if (rest > 12) h4 ^= scramble(tail(bytes, at + 12, end), C4, 18, C1)
  if (rest > 8) h3 ^= scramble(tail(bytes, at + 8, end), C3, 17, C4)
  if (rest > 4) h2 ^= scramble(tail(bytes, at + 4, end), C2, 16, C3)
  if (rest > 0) h1 ^= scramble(tail(bytes, at, end), C1, 15, C2)
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = finalMix(h1)
  h2 = finalMix(h2)
  h3 = finalMix(h3)
  h4 = finalMix(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  lanes[0] = h1
  lanes[1] = h2 + h1
  lanes[2] = h3 + h1
  lanes[3] = h4 + h1
}

/** Up to four bytes from `at`, as a little-endian number. */
function tail(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  for (let i = Math.min(3, end - at - 1); i >= 0; i--) value = (value << 8) | bytes[at + i]!
  return value
}

function scramble(value: number, first: number, rotation: number, second: number): number {
  const mixed = Math.imul(value, first)
  return Math.imul((mixed << rotation) | (mixed >>> (32 - rotation)), second)
}

function finalMix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
