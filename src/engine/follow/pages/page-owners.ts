/**
 * Which page leads to which: interior page to leaf, leaf to the overflow pages of its rows. Invariant: every page that a followed
 * table's tree reaches has the page before it here; pages that left a tree may have an outdated one, which costs time and
 * nothing else.
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

  /** Enters the whole tree below `root`. */
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

  /** The changed pages, and all pages on the way to them. */
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
