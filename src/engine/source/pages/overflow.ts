import type { LongBytes } from '../../encode/cell/cell.ts'
import { freeAtOnce, LARGE_BYTES } from '../../encode/cell/free-at-once.ts'
import { PageError } from './page-error.ts'
import type { Pages, RecordBytes } from './page-window.ts'
import { localSize } from './tree-page.ts'

/** A range of a payload's bytes, such as a value's. */
export type PayloadRange = { readonly start: number; readonly end: number }

/** A payload that continues in overflow pages: `leaf[at]` is its first byte, on the page `leafPage`. */
export type SpilledPayload = {
  readonly leaf: Buffer
  readonly at: number
  readonly size: number
  readonly leafPage: number
}

/**
 * Assembles payloads that don't fit into their leaf from their chain of overflow pages (§1.7). Invariant: it uses memory for the largest
 * payload met, which is never more than the file's size; ranges left out take none.
 */
export class OverflowReader implements RecordBytes {
  bytes: Buffer = Buffer.alloc(0)
  view: DataView = new DataView(this.bytes.buffer, 0, 0)
  readonly #usableSize: number
  /** Overflow pages have their own window, because the leaf must stay loaded. */
  readonly #openPages: () => Pages
  #pages: Pages | null = null

  constructor(usableSize: number, openPages: () => Pages) {
    this.#usableSize = usableSize
    this.#openPages = openPages
  }

  /** Assembles the payload in `bytes[0, size)`, except for the ranges in `leftOut`, which must be in order. */
  assemble(payload: SpilledPayload, leftOut: readonly PayloadRange[]): void {
    this.#makeRoom(payload.size)
    const { bytes } = this
    let range = 0
    for (const part of this.#partsOf(payload)) {
      let from = part.offset
      const end = part.offset + part.to - part.from
      while (from < end) {
        while (range < leftOut.length && leftOut[range]!.end <= from) range++
        const next = leftOut[range] ?? { start: end, end }
        if (next.start > from) {
          const to = Math.min(next.start, end)
          const shift = part.from - part.offset
          part.bytes.copy(bytes, from, from + shift, to + shift)
          from = to
        } else {
          from = Math.min(next.end, end)
        }
      }
    }
  }

  /** Assembles at least the payload's first `count` bytes in `bytes`. */
  assembleStart(payload: SpilledPayload, count: number): void {
    this.#makeRoom(payload.size)
    for (const part of this.#partsOf(payload)) {
      part.bytes.copy(this.bytes, part.offset, part.from, part.to)
      if (part.offset + part.to - part.from >= count) return
    }
  }

  /** Returns a range of the payload that is read from its pages whenever requested; the leaf need not be loaded then. */
  rangeOf(payload: SpilledPayload, { start, end }: PayloadRange): LongBytes {
    const local = localSize(payload.size, this.#usableSize)
    // The leaf's part of the payload, and the number of the first overflow page.
    const leaf = Buffer.from(payload.leaf.subarray(payload.at, payload.at + local + 4))
    const kept: SpilledPayload = { ...payload, leaf, at: 0 }
    const partsOf = (): Generator<PayloadPart> => this.#partsOf(kept)
    return {
      length: end - start,
      *pieces() {
        const piece = Buffer.allocUnsafe(PIECE_BYTES)
        let filled = 0
        for (const { bytes, offset, from, to } of partsOf()) {
          const first = from + Math.max(0, start - offset)
          const last = Math.min(to, from + end - offset)
          if (first >= last) continue
          if (filled + last - first > PIECE_BYTES) {
            yield piece.subarray(0, filled)
            filled = 0
          }
          bytes.copy(piece, filled, first, last)
          filled += last - first
        }
        yield piece.subarray(0, filled)
      },
    }
  }

  /** Releases the memory of a large payload; `bytes` must not be used any more. */
  free(): void {
    if (this.bytes.length < LARGE_BYTES) return
    freeAtOnce(this.bytes)
    this.bytes = Buffer.alloc(0)
    this.view = new DataView(this.bytes.buffer, 0, 0)
  }

  close(): void {
    freeAtOnce(this.bytes)
  }

  /** Yields the payload's parts, from its leaf and from its chain of pages, in order. */
  *#partsOf({ leaf, at, size, leafPage }: SpilledPayload): Generator<PayloadPart, void, undefined> {
    const usableSize = this.#usableSize
    this.#pages ??= this.#openPages()
    const pages = this.#pages
    // §1.6: the number of the first overflow page follows the leaf's part of the payload.
    const local = localSize(size, usableSize)
    yield { bytes: leaf, offset: 0, from: at, to: at + local }
    let offset = local
    let next = leaf.readUInt32BE(at + local)
    let page = leafPage
    // Brent's cycle detection: a page kept from 1, 2, 4, 8 … steps ago must not recur.
    let kept = 0
    let untilKept = 1
    let steps = 0
    while (offset < size) {
      if (next === 0) throw new PageError(page, `ends an overflow chain ${size - offset} bytes too early`)
      if (next === kept) throw new PageError(page, `leads an overflow chain back to page ${next}`)
      if (++steps === untilKept) {
        kept = next
        untilKept *= 2
      }
      // §1.7: the first four bytes are the number of the next page; up to U-4 bytes of payload follow.
      const pageAt = pages.load(next, page)
      const count = Math.min(size - offset, usableSize - 4)
      page = next
      next = pages.bytes.readUInt32BE(pageAt)
      yield { bytes: pages.bytes, offset, from: pageAt + 4, to: pageAt + 4 + count }
      offset += count
    }
    // §1.7: in the last page of a chain that number is 0.
    if (next !== 0) throw new PageError(page, 'continues an overflow chain that should end')
  }

  #makeRoom(size: number): void {
    if (size <= this.bytes.length) return
    freeAtOnce(this.bytes)
    this.bytes = Buffer.allocUnsafeSlow(Math.max(size, 1 << 16))
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }
}

/** `bytes[from, to)` is the payload from `offset` on. */
type PayloadPart = {
  readonly bytes: Buffer
  readonly offset: number
  readonly from: number
  readonly to: number
}

const PIECE_BYTES = 1 << 18
