/**
 * UUIDv5: the SHA-1 of a namespace and a name (RFC 9562 section 5.5). Invariant: equal namespace and name yield equal UUIDs, here and in
 * any other implementation. Names of up to 39 bytes, which fit into one SHA-1 block with their namespace, are hashed without allocating.
 */
import { hash } from 'node:crypto'

const MAX_BLOCK_NAME = 39

export class UuidV5 {
  /** The last UUID made. */
  readonly bytes = Buffer.alloc(16)
  readonly #namespace: Buffer
  readonly #words = new Int32Array(80)
  readonly #block = Buffer.alloc(64)

  /** `namespace` is the 16 bytes of a UUID. */
  constructor(namespace: Uint8Array) {
    this.#namespace = Buffer.from(namespace)
    this.#namespace.copy(this.#block)
  }

  /** Makes the UUID of the name `source[start, end)` in `bytes`. */
  make(source: Uint8Array, start: number, end: number): void {
    if (end - start <= MAX_BLOCK_NAME) {
      this.#hashBlock(source, start, end)
    } else {
      const message = Buffer.concat([this.#namespace, source.subarray(start, end)])
      hash('sha1', message, 'buffer').copy(this.bytes, 0, 0, 16)
    }
    this.bytes[6] = (this.bytes[6]! & 0x0f) | 0x50
    this.bytes[8] = (this.bytes[8]! & 0x3f) | 0x80
  }

  /** SHA-1 of a message of one block (RFC 3174 section 6.1), of which only the first 16 bytes are needed. */
  #hashBlock(source: Uint8Array, start: number, end: number): void {
    const block = this.#block
    const words = this.#words
    let at = 16
    for (let i = start; i < end; i++) block[at++] = source[i]!
    const bits = at * 8
    block[at++] = 0x80
    while (at < 62) block[at++] = 0
    block[62] = bits >>> 8
    block[63] = bits & 0xff

    for (let i = 0; i < 16; i++) {
      const from = i * 4
      words[i] = (block[from]! << 24) | (block[from + 1]! << 16) | (block[from + 2]! << 8) | block[from + 3]!
    }
    for (let i = 16; i < 80; i++) {
      const mixed = words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!
      words[i] = (mixed << 1) | (mixed >>> 31)
    }
    let a = 0x67452301
    let b = 0xefcdab89 | 0
    let c = 0x98badcfe | 0
    let d = 0x10325476
    let e = 0xc3d2e1f0 | 0
    let i = 0
    for (; i < 20; i++) {
      const next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + 0x5a827999 + words[i]!) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    for (; i < 40; i++) {
      const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + words[i]!) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    for (; i < 60; i++) {
      const next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + 0x8f1bbcdc + words[i]!) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    for (; i < 80; i++) {
      const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + words[i]!) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    this.#setWord(0, a + 0x67452301)
    this.#setWord(4, b + 0xefcdab89)
    this.#setWord(8, c + 0x98badcfe)
    this.#setWord(12, d + 0x10325476)
  }

  #setWord(at: number, word: number): void {
    const { bytes } = this
    bytes[at] = word >>> 24
    bytes[at + 1] = word >>> 16
    bytes[at + 2] = word >>> 8
    bytes[at + 3] = word
  }
}
