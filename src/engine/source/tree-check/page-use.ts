import { PageError } from '../pages/page-error.ts'
import type { PageFile } from '../pages/page-file.ts'
import { PageWindow } from '../pages/page-window.ts'

/** How a page is used by the page that refers to it, as in the pointer map (§1.8). */
export const ROOT = 1
const FREE = 2
const FIRST_OVERFLOW = 3
const LATER_OVERFLOW = 4
export const CHILD = 5

/** The byte on which locks are taken; its page holds nothing (§1.3, "the lock-byte page"). */
const LOCK_BYTE = 0x4000_0000

/**
 * Records which of a database's pages are used, and checks its pointer map
 * (https://www.sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages). Invariant: a page that is used twice is a PageError.
 */
export class PageUse {
  readonly #file: PageFile
  readonly #used: Uint8Array
  #unused: number
  /** The pages of overflow chains and of the freelist. */
  readonly #listed: PageWindow
  /** The pages of the pointer map; null when there is none. */
  readonly #map: PageWindow | null
  readonly #lockPage: number

  constructor(file: PageFile) {
    this.#file = file
    this.#used = new Uint8Array((file.pageCount >> 3) + 1)
    this.#unused = file.pageCount
    this.#listed = new PageWindow(file)
    this.#lockPage = LOCK_BYTE / file.pageSize + 1
    if (this.#lockPage <= file.pageCount) this.mark(this.#lockPage)
    this.#map = this.#headerNumber(52) === 0 ? null : new PageWindow(file)
    if (this.#map === null) return
    for (let page = 2; page <= file.pageCount; page += this.#mappedAtOnce + 1) {
      const map = this.#mapPageOf(page)
      if (map <= file.pageCount) this.mark(map)
    }
  }

  /** `roots`: the roots of all b-trees. */
  checkHeader(roots: readonly number[]): void {
    const largest = this.#headerNumber(52)
    const isRight =
      this.#map === null
        ? this.#headerNumber(64) === 0
        : roots.reduce((most, root) => Math.max(most, root)) === largest
    if (!isRight) throw new PageError(1, 'has another largest root page than the schema')
  }

  mark(page: number): void {
    if (!(page >= 1 && page <= this.#file.pageCount)) throw new PageError(page, 'is not there')
    const bit = 1 << (page & 7)
    const bits = this.#used[page >> 3]!
    if ((bits & bit) !== 0) throw new PageError(page, 'is used twice')
    this.#used[page >> 3] = bits | bit
    this.#unused--
  }

  /** Marks a page as used by `from` (0 for none) in the given way, which must agree with the pointer map. */
  take(page: number, kind: number, from: number): void {
    this.mark(page)
    if (this.#map === null) return
    const mapPage = this.#mapPageOf(page)
    const at = this.#map.load(mapPage, page) + 5 * (page - mapPage - 1)
    const { bytes } = this.#map
    if (bytes[at] !== kind || bytes.readUInt32BE(at + 1) !== from)
      throw new PageError(page, 'is another one in the pointer map')
  }

  /** Marks the overflow pages of a payload (§1.7). */
  takeChain(first: number, count: number, leaf: number): void {
    let from = leaf
    let page = first
    for (let taken = 0; taken < count; taken++) {
      this.take(page, taken === 0 ? FIRST_OVERFLOW : LATER_OVERFLOW, from)
      from = page
      page = this.#listed.bytes.readUInt32BE(this.#listed.load(page, from))
    }
    if (page !== 0) throw new PageError(from, 'continues an overflow chain that should end')
  }

  /** Marks the pages of the freelist (§1.5). */
  takeFreeList(): void {
    let left = this.#headerNumber(36)
    for (let trunk = this.#headerNumber(32); trunk !== 0; ) {
      this.take(trunk, FREE, 0)
      const { bytes } = this.#listed
      const at = this.#listed.load(trunk, trunk)
      const leaves = bytes.readUInt32BE(at + 4)
      if (leaves > (this.#file.usableSize >> 2) - 2) throw new PageError(trunk, 'lists too many free pages')
      for (let leaf = 0; leaf < leaves; leaf++) this.take(bytes.readUInt32BE(at + 8 + 4 * leaf), FREE, 0)
      left -= leaves + 1
      trunk = bytes.readUInt32BE(at)
    }
    if (left !== 0) throw new PageError(1, 'counts other free pages than there are')
  }

  checkAllUsed(): void {
    if (this.#unused > 0) throw new PageError(this.#file.pageCount, 'or another one is never used')
  }

  #headerNumber(at: number): number {
    return this.#listed.bytes.readUInt32BE(this.#listed.load(1, 1) + at)
  }

  /** The number of pages that one page of the pointer map describes. */
  get #mappedAtOnce(): number {
    return Math.floor(this.#file.usableSize / 5)
  }

  /** The page of the pointer map that describes `page`. */
  #mapPageOf(page: number): number {
    const first = page - ((page - 2) % (this.#mappedAtOnce + 1))
    return first === this.#lockPage ? first + 1 : first
  }
}
