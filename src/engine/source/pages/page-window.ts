import { PageError } from './page-error.ts'
import type { PageFile } from './page-file.ts'

/** A record's bytes, and a view of the same memory for reading doubles. */
export type RecordBytes = { readonly bytes: Buffer; readonly view: DataView }

/** A database's pages, of which one at a time is loaded. */
export type Pages = RecordBytes & {
  /** Loads a page and returns its index in `bytes`. `from` is the page that refers to it, named in the error when there is no such page. */
  load(page: number, from: number): number
}

/**
 * Some consecutive pages of a file in memory, read ahead while access goes forward, since a table that was written in order is stored in
 * order. Invariant: a page is valid until `load` is called for another one.
 */
export class PageWindow implements Pages {
  readonly bytes: Buffer
  readonly view: DataView
  readonly #file: PageFile
  readonly #pageSize: number
  readonly #capacity: number
  #first = 1
  #count = 0
  /** The number of pages to read at the next miss. */
  #ahead = 1

  constructor(file: PageFile) {
    this.#file = file
    this.#pageSize = file.pageSize
    this.#capacity = Math.max(1, Math.floor(WINDOW_BYTES / file.pageSize))
    this.bytes = Buffer.allocUnsafeSlow(this.#capacity * file.pageSize)
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }

  load(page: number, from: number): number {
    const index = page - this.#first
    if (index >= 0 && index < this.#count) return index * this.#pageSize
    const { pageCount } = this.#file
    if (page < 1 || page > pageCount) throw new PageError(from, `names page ${page} of ${pageCount}`)
    const forward = index >= this.#count && index < this.#count + this.#capacity
    this.#ahead = forward ? Math.min(this.#ahead * 2, this.#capacity) : 1
    const count = Math.min(this.#ahead, pageCount - page + 1)
    this.#count = 0
    this.#file.read(this.bytes, page, count)
    this.#first = page
    this.#count = count
    return 0
  }
}

const WINDOW_BYTES = 1 << 18
