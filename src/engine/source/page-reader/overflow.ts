import { freeAtOnce } from '../../encode/free-at-once.ts'
import { PageError } from './page-error.ts'
import type { PageFile } from './page-file.ts'
import { PageWindow, type RecordBytes } from './page-window.ts'
import { localSize } from './tree-page.ts'

/**
 * Payloads that don't fit into their leaf, put together from their chain of overflow pages (§1.7). Invariant: memory for the
 * largest payload met, which is never more than the file's own size.
 */
export class OverflowReader implements RecordBytes {
  bytes: Buffer = Buffer.alloc(0)
  view: DataView = new DataView(this.bytes.buffer, 0, 0)
  readonly #file: PageFile
  /** A window of its own: the leaf must stay. */
  #window: PageWindow | null = null

  constructor(file: PageFile) {
    this.#file = file
  }

  /** Leaves the payload of `size` bytes, which begins at `leafBytes[at]` on the leaf `leafPage`, in `bytes[0, size)`. */
  assemble(leafBytes: Buffer, at: number, size: number, leafPage: number): void {
    this.#makeRoom(size)
    const { bytes } = this
    const { usableSize } = this.#file
    this.#window ??= new PageWindow(this.#file)
    const window = this.#window
    // §1.6: the page number of the first overflow page follows the part of the payload that the leaf keeps.
    let filled = localSize(size, usableSize)
    leafBytes.copy(bytes, 0, at, at + filled)
    let next = leafBytes.readUInt32BE(at + filled)
    let page = leafPage
    // Brent's way of finding a cycle: a page kept from 1, 2, 4, 8 … steps ago must not come again.
    let kept = 0
    let untilKept = 1
    let steps = 0
    while (filled < size) {
      if (next === 0) throw new PageError(page, `ends an overflow chain ${size - filled} bytes too early`)
      if (next === kept) throw new PageError(page, `leads an overflow chain back to page ${next}`)
      if (++steps === untilKept) {
        kept = next
        untilKept *= 2
      }
      // §1.7: the first four bytes are the number of the chain's next page; up to U-4 bytes of payload follow.
      const pageAt = window.load(next, page)
      const count = Math.min(size - filled, usableSize - 4)
      window.bytes.copy(bytes, filled, pageAt + 4, pageAt + 4 + count)
      filled += count
      page = next
      next = window.bytes.readUInt32BE(pageAt)
    }
    // §1.7: the last page of a chain has the number 0 there.
    if (next !== 0) throw new PageError(page, 'goes on an overflow chain that should end')
  }

  close(): void {
    freeAtOnce(this.bytes)
  }

  #makeRoom(size: number): void {
    if (size <= this.bytes.length) return
    freeAtOnce(this.bytes)
    this.bytes = Buffer.allocUnsafeSlow(Math.max(size, 1 << 16))
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }
}
