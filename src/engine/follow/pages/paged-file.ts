/**
 * One of our copies, read page by page during a round. Invariant: it is read only while no process writes to it, and `forget` is called
 * between two states of the file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { storedPageSize } from '../../source/base/file-header.ts'
import { PageError } from '../../source/pages/page-error.ts'
import { decodeLinks, decodeTreePage, type PageLinks, type TreeCell, type TreePage } from './tree-page.ts'

export class PagedFile {
  readonly path: string
  readonly #descriptor: number
  #pageSize = 0
  #usableSize = 0
  #pageCount = 0
  readonly #pages = new Map<number, TreePage>()

  constructor(path: string) {
    this.path = path
    this.#descriptor = openSync(path, 'r')
    this.forget()
  }

  get pageSize(): number {
    return this.#pageSize
  }

  get pageCount(): number {
    return this.#pageCount
  }

  /** The header's schema cookie (https://www.sqlite.org/fileformat2.html, section 1.3.9). */
  schemaCookie = 0

  /** Rereads the header and drops all decoded pages. */
  forget(): void {
    this.#pages.clear()
    const header = Buffer.alloc(100)
    readSync(this.#descriptor, header, 0, 100, 0)
    this.#pageSize = storedPageSize(header)
    this.#usableSize = this.#pageSize - header[20]!
    this.#pageCount = Math.floor(fstatSync(this.#descriptor).size / this.#pageSize)
    this.schemaCookie = header.readUInt32BE(40)
  }

  tree(page: number): TreePage {
    const known = this.#pages.get(page)
    if (known !== undefined) return known
    const read = decodeTreePage(this.raw(page), page, this.#usableSize)
    if (this.#pages.size >= MOST_KEPT) this.#pages.clear()
    this.#pages.set(page, read)
    return read
  }

  /** Returns the pages to which a page leads; the result is not cached. */
  links(page: number): PageLinks {
    return decodeLinks(this.raw(page), page, this.#usableSize)
  }

  raw(page: number): Buffer {
    if (page < 1 || page > this.#pageCount)
      throw new PageError(page, `is beyond the file's ${this.#pageCount} pages`)
    const bytes = Buffer.allocUnsafe(this.#pageSize)
    const read = readSync(this.#descriptor, bytes, 0, this.#pageSize, (page - 1) * this.#pageSize)
    if (read < this.#pageSize) throw new PageError(page, 'is cut off')
    return bytes
  }

  /** Returns the cell's payload with its overflow pages. */
  payload({ bytes, page }: TreePage, cell: TreeCell): Buffer {
    const local = bytes.subarray(cell.at, cell.at + cell.local)
    if (cell.overflow === 0) return local
    const whole = Buffer.allocUnsafe(cell.size)
    local.copy(whole)
    let filled = cell.local
    let before = page
    let next = cell.overflow
    // A chain never has more pages than the file.
    for (let left = this.#pageCount; filled < cell.size; left--) {
      if (left === 0) throw new PageError(before, 'has an overflow chain without an end')
      const part = this.raw(next)
      const count = Math.min(cell.size - filled, this.#usableSize - 4)
      part.copy(whole, filled, 4, 4 + count)
      filled += count
      before = next
      next = part.readUInt32BE(0)
    }
    return whole
  }

  /** Yields the overflow pages of a cell in order, reading only their headers. */
  *chain(page: number, cell: TreeCell): Generator<readonly [page: number, before: number]> {
    const head = Buffer.allocUnsafe(4)
    let before = page
    let next = cell.overflow
    let filled = cell.local
    while (filled < cell.size && next !== 0) {
      if (next > this.#pageCount) throw new PageError(before, `leads an overflow chain to page ${next}`)
      yield [next, before]
      readSync(this.#descriptor, head, 0, 4, (next - 1) * this.#pageSize)
      filled += this.#usableSize - 4
      before = next
      next = head.readUInt32BE(0)
    }
  }

  close(): void {
    this.#pages.clear()
    closeSync(this.#descriptor)
  }
}

/** Maximum number of decoded pages in the cache. */
const MOST_KEPT = 4096
