/**
 * The predecessor of each page: the interior page of a leaf, and the leaf or overflow page before an overflow page. Invariant: every page
 * that the tree of a followed table reaches has its predecessor here; the predecessor of a page that left a tree may be outdated, which
 * only costs time.
 */
import type { PagedFile } from './paged-file.ts'

const MAX_DEPTH = 20

export class PageOwners {
  #before: Int32Array

  constructor(pageCount: number) {
    this.#before = new Int32Array(pageCount + 1)
  }

  set(page: number, before: number): void {
    if (page >= this.#before.length) {
      const grown = new Int32Array(Math.max(page + 1, this.#before.length * 2))
      grown.set(this.#before)
      this.#before = grown
    }
    this.#before[page] = before
  }

  /** Enters all pages of the tree below `root`. */
  enterTree(file: PagedFile, root: number, depth = 0): void {
    if (depth > MAX_DEPTH) return
    const { children, spilled } = file.links(root)
    for (const cell of spilled) {
      for (const [page, before] of file.chain(root, cell)) this.set(page, before)
    }
    for (const child of children) {
      this.set(child, root)
      this.enterTree(file, child, depth + 1)
    }
  }

  /** Returns the changed pages and all pages on the paths to them. */
  dirtyOf(changed: Iterable<number>): ReadonlySet<number> {
    const dirty = new Set<number>()
    for (let page of changed) {
      while (page > 0 && !dirty.has(page)) {
        dirty.add(page)
        page = this.#before[page] ?? 0
      }
    }
    return dirty
  }
}
