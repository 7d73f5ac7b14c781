import type { LongBytes } from './cell.ts'
import { freeAtOnce, LARGE_BYTES } from './free-at-once.ts'

/** The place of a long value, which belongs before `buffer[at]` but is not in the buffer. */
export type LongPlace = { readonly at: number; readonly bytes: LongBytes }

/**
 * A growing buffer with writes in network byte order: the only memory that encoders write into. Invariant: bytes before `position` are
 * final unless they are taken back.
 */
export class ByteWriter {
  buffer: Buffer
  position = 0
  /** The long values among the bytes before `position`, in order; usually none. */
  longs: LongPlace[] = []

  constructor(capacity = 1 << 18) {
    this.buffer = Buffer.allocUnsafe(capacity)
  }

  /** Discards everything written from `position` on. */
  takeBack(position: number): void {
    this.position = position
    while (this.longs.length > 0 && this.longs.at(-1)!.at > position) this.longs.pop()
  }

  /**
   * Returns the bytes so far and starts again, in `next` or in new memory; the writer never changes the returned bytes. Call only between
   * rows, and without long values.
   */
  take(next?: Buffer): Buffer {
    const taken = this.buffer.subarray(0, this.position)
    this.buffer = next ?? Buffer.allocUnsafe(Math.max(1 << 18, Math.min(this.buffer.length, 1 << 22)))
    this.position = 0
    return taken
  }

  /** Discards everything written, and releases large memory. */
  shrink(): void {
    this.takeBack(0)
    if (this.buffer.length < LARGE_BYTES) return
    freeAtOnce(this.buffer)
    this.buffer = Buffer.allocUnsafe(1 << 18)
  }

  /** The bytes from `start` on in one piece, long values included; a view when there are none. */
  whole(start: number, end = this.position): Buffer {
    if (this.longs.length === 0) return this.buffer.subarray(start, end)
    return Buffer.concat(Array.from(this.parts(start, end), (part) => Buffer.from(part)))
  }

  /** The number of bytes written since the position was `start`, long values included. */
  lengthFrom(start: number): number {
    let length = this.position - start
    for (const { at, bytes } of this.longs) if (at >= start) length += bytes.length
    return length
  }

  /** The same bytes in parts, each valid until the next is requested. */
  *parts(start: number, end = this.position): Generator<Buffer, void, undefined> {
    let from = start
    for (const { at, bytes } of this.longs) {
      if (at <= start || at > end) continue
      yield this.buffer.subarray(from, at)
      yield* bytes.pieces()
      from = at
    }
    yield this.buffer.subarray(from, end)
  }

  /** Makes room for `count` more bytes. Call before the unchecked writes below. */
  reserve(count: number): void {
    const needed = this.position + count
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(
      Math.max(needed, Math.min(this.buffer.length * 2, this.buffer.length + (1 << 26))),
    )
    this.buffer.copy(grown, 0, 0, this.position)
    this.buffer = grown
  }

  int8(value: number): void {
    this.buffer[this.position++] = value
  }
  int16(value: number): void {
    const { buffer, position } = this
    buffer[position] = value >>> 8
    buffer[position + 1] = value
    this.position = position + 2
  }
  int32(value: number): void {
    this.int32At(this.position, value)
    this.position += 4
  }
  /** Overwrites four bytes written before, such as a field's length once it is known. */
  int32At(at: number, value: number): void {
    const { buffer } = this
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }
  /** Writes a whole number within ±2^53 as 64 bits. */
  int64(value: number): void {
    const high = Math.floor(value / 4294967296)
    this.int32(high)
    this.int32(value - high * 4294967296)
  }
  bigInt64(value: bigint): void {
    this.buffer.writeBigInt64BE(value, this.position)
    this.position += 8
  }
  double(value: number): void {
    this.buffer.writeDoubleBE(value, this.position)
    this.position += 8
  }
  bytes(source: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.reserve(count)
    const { buffer, position } = this
    if (count < 24) {
      for (let i = 0; i < count; i++) buffer[position + i] = source[start + i]!
    } else {
      buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), position)
    }
    this.position = position + count
  }
  long(bytes: LongBytes): void {
    this.longs.push({ at: this.position, bytes })
  }
  ascii(text: string): void {
    this.reserve(text.length)
    this.position += this.buffer.write(text, this.position, 'latin1')
  }
  utf8(text: string): void {
    this.reserve(text.length * 3)
    this.position += this.buffer.write(text, this.position, 'utf8')
  }
}
