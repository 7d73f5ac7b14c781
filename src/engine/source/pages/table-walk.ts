import { PageError } from './page-error.ts'
import type { PageSizes } from './page-file.ts'
import type { Pages } from './page-window.ts'
import { INTERIOR, InteriorPage, LEAF, LeafPage, pageHeaderAt } from './tree-page.ts'

/**
 * Walks the leaves of a table's tree (§1.6) from left to right, within a range of rowids: down from the root once, then using the interior
 * pages on the current path. Invariant: it terminates, whatever the pages contain: it descends at most MAX_DEPTH pages, and every leaf
 * except an empty root has rowids greater than all before it.
 */
export class TableWalk {
  readonly leaf: LeafPage
  /** The leaf's cells within the range: from `from` up to, but without, `to`. */
  from = 0
  to = 0
  readonly #pages: Pages
  readonly #usableSize: number
  readonly #root: number
  readonly #path: InteriorPage[] = []
  #depth = 0
  #after = LOWEST
  #through = HIGHEST
  #state: 'before' | 'within' | 'done' = 'done'

  constructor(sizes: PageSizes, pages: Pages, root: number) {
    this.#pages = pages
    this.#usableSize = sizes.usableSize
    this.#root = root
    this.leaf = new LeafPage(sizes, Math.min(MAX_PAYLOAD, sizes.pageCount * sizes.pageSize))
  }

  /** Starts over with the rowids greater than `after`, up to and including `through`; null means unbounded. */
  start(after: bigint | null, through: bigint | null): void {
    this.#after = after ?? LOWEST
    this.#through = through ?? HIGHEST
    this.#state = 'before'
    this.#depth = 0
    this.from = 0
    this.to = 0
  }

  /** Loads the next leaf; returns false when there is none in the range. */
  nextLeaf(): boolean {
    if (this.#state === 'done') return false
    const found = this.#state === 'before' ? this.#descend(this.#root, LOWEST, HIGHEST) : this.#turn()
    this.#state = 'within'
    if (!found) {
      this.#state = 'done'
      return false
    }
    const { leaf } = this
    let from = 0
    let to = leaf.count
    while (from < to && leaf.rowid(from) <= this.#after) from++
    while (to > from && leaf.rowid(to - 1) > this.#through) to--
    if (to < leaf.count) this.#state = 'done'
    this.from = from
    this.to = to
    return true
  }

  /** Moves to the next child of the deepest page on the path that has one. */
  #turn(): boolean {
    while (this.#depth > 0) {
      const parent = this.#path[this.#depth - 1]!
      if (++parent.child < parent.children.length) return this.#descendFrom(parent)
      this.#depth--
    }
    return false
  }

  #descendFrom(parent: InteriorPage): boolean {
    const { child } = parent
    return this.#descend(parent.children[child]!, parent.keys[child]!, parent.keys[child + 1]!)
  }

  /** Descends to the left-most leaf below `page` that may hold rowids greater than `after`. */
  #descend(page: number, low: bigint, high: bigint): boolean {
    let from = this.#depth === 0 ? 1 : this.#path[this.#depth - 1]!.page
    for (;;) {
      const at = this.#pages.load(page, from)
      const kind = this.#pages.bytes[pageHeaderAt(page, at)]!
      if (kind === LEAF) {
        this.leaf.read(this.#pages, page, at, low, high)
        // SQLite never keeps a page without cells in the tree, except for the root of an empty table.
        if (this.leaf.count === 0 && this.#depth > 0) throw new PageError(page, 'has no cells')
        return true
      }
      if (kind !== INTERIOR) throw new PageError(page, `is of kind ${kind}, not a page of a table`)
      // §1.6 states no limit; with at least two children per page, 20 levels exceed any file (SQLite's own limit).
      if (this.#depth === MAX_DEPTH)
        throw new PageError(page, `is more than ${MAX_DEPTH} pages below the root`)
      const interior = this.#path[this.#depth] ?? new InteriorPage()
      this.#path[this.#depth] = interior
      interior.read(this.#pages, this.#usableSize, page, at, low, high)
      this.#depth++
      let child = 0
      while (child < interior.children.length - 1 && interior.keys[child + 1]! <= this.#after) child++
      interior.child = child
      from = page
      page = interior.children[child]!
      low = interior.keys[child]!
      high = interior.keys[child + 1]!
    }
  }
}

const MAX_DEPTH = 20
/** https://www.sqlite.org/limits.html, "Maximum length of a string or BLOB": at most 2^31 - 1, also for a row. */
const MAX_PAYLOAD = 2147483647
const LOWEST = -(2n ** 63n) - 1n
const HIGHEST = 2n ** 63n - 1n
