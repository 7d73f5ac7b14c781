/**
 * The framing of COPY BINARY (PostgreSQL manual, COPY, "Binary Format"): header, trailer and the tuples between. Invariant: `TupleParser`
 * reports every tuple once and complete, however the bytes were split, and never reads past them.
 */

import { freeAtOnce } from '../../encode/cell/free-at-once.ts'

/** Signature, flags, length of the header extension. */
export const COPY_HEADER: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
/** A field count of -1. */
export const COPY_TRAILER: Buffer = Buffer.from([0xff, 0xff])

const SIGNATURE_BYTES = 11
const OPENING_BYTES = 19
/** MaxTupleAttributeNumber is 1664; the count is an int16, so this is room for any. */
const MAX_FIELDS = 32767

/** Shared by the parsers of a thread, because its values are valid only during a call of `OnTuple`: a parser is made for each table. */
const offsets = new Int32Array(MAX_FIELDS + 1)

/**
 * One tuple: `buffer[start, end)` holds its fields, each an int32 length (-1 for null) and as many bytes. `offsets[i]` is where the length
 * of field i begins; `offsets[fieldCount]` is `end`. All arguments are valid only during the call. A tuple that arrived in several pieces
 * has the buffer to itself, so `freeAtOnce` may be called on it.
 */
export type OnTuple = (
  buffer: Buffer,
  start: number,
  end: number,
  fieldCount: number,
  offsets: Int32Array,
) => void

/** The fields of a buffer that holds exactly one tuple; null for NULL. They share its memory. */
export function tupleFields(tuple: Buffer): (Buffer | null)[] {
  const fields: (Buffer | null)[] = []
  for (let at = 0; at < tuple.length; ) {
    const length = tuple.readInt32BE(at)
    fields.push(length < 0 ? null : tuple.subarray(at + 4, at + 4 + length))
    at += 4 + Math.max(length, 0)
  }
  return fields
}

/** A part of a tuple that is too large to hold: called with `buffer[start, end)` until `isLast`. */
export type OnPart = (buffer: Buffer, start: number, end: number, isLast: boolean) => void

/** Tuples of at least this size are reported in parts when `onPart` is given. */
const PARTED_BYTES = 1 << 20

export class TupleParser {
  rows = 0
  readonly #onTuple: OnTuple
  readonly #onPart: OnPart | null
  /** In a tuple reported in parts: the number of fields after the current one; -1 outside such a tuple. */
  #fieldsLeft = -1
  /** The bytes of the current field still to come. */
  #fieldBytes = 0
  /** The next field's length, of which `#lengthBytes` bytes have arrived. */
  #length = 0
  #lengthBytes = 0
  /** The bytes of an incomplete header or tuple: `#carry[0, #carried)`; at least `#needed` are required. */
  #carry: Buffer = Buffer.alloc(0)
  #carried = 0
  #needed = OPENING_BYTES
  #opened = false
  #ended = false

  /** `onPart`, if given, gets large tuples instead of `onTuple`. */
  constructor(onTuple: OnTuple, onPart: OnPart | null = null) {
    this.#onTuple = onTuple
    this.#onPart = onPart
  }

  /** Whether the next byte begins a tuple or the trailer. */
  get isBetweenTuples(): boolean {
    return this.#opened && !this.#ended && this.#carried === 0 && this.#fieldsLeft < 0
  }

  /** Parses the next bytes of the stream, `piece[from, to)`. Throws when they are not COPY BINARY. */
  push(piece: Buffer, from: number, to: number): void {
    let at = from
    while (this.#carried > 0 && at < to) {
      const taken = Math.min(this.#needed - this.#carried, to - at)
      this.#append(piece, at, at + taken)
      at += taken
      if (this.#carried < this.#needed) return
      const used = this.#parse(this.#carry, 0, this.#carried)
      if (used > 0) {
        // `#carry` never holds more than the one header or tuple, so it has been used up.
        this.#carried = 0
        this.#needed = 0
      }
    }
    if (this.#fieldsLeft >= 0) at = this.#showParts(piece, at, to)
    if (at === to) return
    at = this.#parse(piece, at, to)
    if (at < to) this.#append(piece, at, to)
  }

  /** Must be called at the end of the stream; throws when it ended early. */
  finish(): void {
    if (!this.#ended || this.#carried > 0) {
      throw new Error('The COPY stream ended before its trailer.')
    }
    freeAtOnce(this.#carry)
  }

  /** Continues a tuple in parts; returns where it ends, or `to`. */
  #showParts(piece: Buffer, from: number, to: number): number {
    let at = from
    for (;;) {
      const taken = Math.min(this.#fieldBytes, to - at)
      at += taken
      this.#fieldBytes -= taken
      if (this.#fieldBytes > 0) break
      if (this.#fieldsLeft === 0) {
        this.#fieldsLeft = -1
        this.rows++
        this.#onPart!(piece, from, at, true)
        return at
      }
      for (; this.#lengthBytes < 4 && at < to; this.#lengthBytes++) {
        this.#length = (this.#length << 8) | piece[at++]!
      }
      if (this.#lengthBytes < 4) break
      if (this.#length < -1) throw new Error(`A COPY field of ${this.#length} bytes.`)
      this.#fieldBytes = Math.max(0, this.#length)
      this.#lengthBytes = 0
      this.#fieldsLeft--
    }
    this.#onPart!(piece, from, to, false)
    return to
  }

  #append(piece: Buffer, from: number, to: number): void {
    const length = this.#carried + to - from
    if (length > this.#carry.length || (this.#carried === 0 && this.#carry.length > 1 << 22)) {
      const roomy = Math.min(this.#carried * 2, this.#carried + (1 << 26))
      const grown = Buffer.allocUnsafe(Math.max(length, this.#needed, roomy, 1 << 16))
      this.#carry.copy(grown, 0, 0, this.#carried)
      freeAtOnce(this.#carry)
      this.#carry = grown
    }
    piece.copy(this.#carry, this.#carried, from, to)
    this.#carried = length
  }

  /** Reports all complete tuples of `bytes[from, end)`; returns where the first incomplete one begins, and sets `#needed` for it. */
  #parse(bytes: Buffer, from: number, end: number): number {
    let at = from
    if (!this.#opened) {
      if (end - at < OPENING_BYTES) return this.#wait(at, OPENING_BYTES)
      const extension = bytes.readInt32BE(at + SIGNATURE_BYTES + 4)
      if (
        bytes.compare(COPY_HEADER, 0, SIGNATURE_BYTES, at, at + SIGNATURE_BYTES) !== 0 ||
        bytes.readInt32BE(at + SIGNATURE_BYTES) !== 0 ||
        extension < 0
      ) {
        throw new Error('The server sent no COPY BINARY header.')
      }
      if (end - at < OPENING_BYTES + extension) return this.#wait(at, OPENING_BYTES + extension)
      at += OPENING_BYTES + extension
      this.#opened = true
    }
    for (;;) {
      if (this.#ended) {
        if (at < end) throw new Error('The server sent bytes after the COPY trailer.')
        return at
      }
      if (end - at < 2) return this.#wait(at, 2)
      const fieldCount = ((bytes[at]! << 24) >> 16) | bytes[at + 1]!
      if (fieldCount < 0) {
        if (fieldCount !== -1) throw new Error(`A COPY tuple of ${fieldCount} fields.`)
        this.#ended = true
        at += 2
        continue
      }
      let field = at + 2
      for (let i = 0; i < fieldCount; i++) {
        offsets[i] = field
        if (end - field < 4) return this.#wait(at, field + 4 - at)
        const length =
          (bytes[field]! << 24) | (bytes[field + 1]! << 16) | (bytes[field + 2]! << 8) | bytes[field + 3]!
        field += 4
        if (length > 0) {
          field += length
          if (field > end) {
            if (this.#onPart === null || field - at < PARTED_BYTES) return this.#wait(at, field - at)
            this.#fieldsLeft = fieldCount - i - 1
            this.#fieldBytes = field - end
            this.#onPart(bytes, at + 2, end, false)
            return end
          }
        } else if (length < -1) {
          throw new Error(`A COPY field of ${length} bytes.`)
        }
      }
      offsets[fieldCount] = field
      this.rows++
      this.#onTuple(bytes, at + 2, field, fieldCount, offsets)
      at = field
    }
  }

  #wait(at: number, needed: number): number {
    this.#needed = needed
    return at
  }
}
