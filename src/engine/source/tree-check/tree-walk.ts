import { PageError } from '../pages/page-error.ts'
import { HEADER_BYTES, type PageFile } from '../pages/page-file.ts'
import { CHILD, type PageUse, ROOT } from './page-use.ts'
import type { TreeCheckKernel } from './tree-check-kernel.ts'
import type { Tree } from './trees.ts'

/** Page types (§1.6). */
const TABLE_LEAF = 13
const TABLE_INTERIOR = 5
const INDEX_LEAF = 10
const INDEX_INTERIOR = 2

const FIRST_ROWID = -(2n ** 63n)
const LAST_ROWID = 2n ** 63n - 1n
/** SQLite refuses deeper trees, which no file is large enough for. */
const MOST_LEVELS = 15
/** How many leaves are collected and sorted by their place in the file before they are read: 1 GB of them, in 8 MB. */
const MOST_LEAVES = 1 << 18
/** Gaps between pages up to this size are read too, since another system call would cost as much. */
const GAP_BYTES = 16384

/**
 * Checks every page of b-trees: interior pages from the roots down, then their leaves in the order of the file. Invariant: anything that
 * `pragma quick_check` reports about a b-tree is a PageError.
 */
export class TreeWalk {
  /** For each tree, the number of its rows or entries. */
  readonly counts: Float64Array
  readonly #kernel: TreeCheckKernel
  readonly #file: PageFile
  readonly #use: PageUse
  readonly #trees: readonly Tree[]
  readonly #keys: BigInt64Array
  readonly #children: Uint32Array
  readonly #pages: number
  readonly #spills: number
  readonly #leaves: Uint32Array
  readonly #treeOf: Uint32Array
  readonly #firsts: BigInt64Array
  readonly #lasts: BigInt64Array
  #waiting = 0

  constructor(kernel: TreeCheckKernel, file: PageFile, use: PageUse, trees: readonly Tree[]) {
    const { memory, constant } = kernel
    const most = Math.min(MOST_LEAVES, file.pageCount)
    this.counts = new Float64Array(trees.length)
    this.#kernel = kernel
    this.#file = file
    this.#use = use
    this.#trees = trees
    this.#pages = constant('PAGES')
    this.#spills = constant('SPILLS')
    this.#children = new Uint32Array(memory.buffer, constant('CHILDREN'), constant('MOST_CELLS') + 1)
    this.#keys = new BigInt64Array(memory.buffer, constant('KEYS'), constant('MOST_CELLS'))
    this.#leaves = new Uint32Array(most)
    this.#treeOf = new Uint32Array(most)
    this.#firsts = new BigInt64Array(most)
    this.#lasts = new BigInt64Array(most)
    kernel.begin(file.usableSize)
  }

  checkAll(): void {
    for (const [index, { root }] of this.#trees.entries()) {
      if (root === 1) this.#use.mark(root)
      else this.#use.take(root, ROOT, 0)
      this.#descend(index, root, this.#levelsOf(root), FIRST_ROWID, LAST_ROWID)
    }
    this.#checkLeaves()
  }

  /** The depth of a tree, 1 when the root is a leaf; all its leaves have the same depth. */
  #levelsOf(root: number): number {
    const { memory } = this.#kernel
    let page = root
    for (let levels = 1; levels <= MOST_LEVELS; levels++) {
      const place = this.#load(page, 1)
      const head = place + headerOf(page)
      if (memory[head] !== TABLE_INTERIOR && memory[head] !== INDEX_INTERIOR) return levels
      const firstCell =
        memory.readUInt16BE(head + 3) === 0 ? head + 8 : place + memory.readUInt16BE(head + 12)
      page = memory.readUInt32BE(firstCell)
    }
    throw new PageError(root, 'has too many levels below it')
  }

  /** Checks the interior pages from `page` down and collects their leaves. Rowids must be from `first` to `last`. */
  #descend(tree: number, page: number, levels: number, first: bigint, last: bigint): void {
    if (levels === 1) {
      this.#putOff(tree, page, first, last)
      return
    }
    const { kind } = this.#trees[tree]!
    const isTable = kind === 'table'
    const type = isTable ? TABLE_INTERIOR : INDEX_INTERIOR
    const cells = this.#check(tree, this.#load(page, 1), page, type, first, last)
    // Only the schema's root can have a child but no cell, because it has less room than its child.
    if (cells === 0 && page !== 1) throw new PageError(page, 'has no cells')
    const keys = isTable ? this.#keys.slice(0, cells) : null
    const children = this.#children.slice(0, cells + 1)
    for (let index = 0; index <= cells; index++) {
      const child = children[index]!
      this.#use.take(child, CHILD, page)
      const from = keys === null || index === 0 ? first : keys[index - 1]! + 1n
      this.#descend(tree, child, levels - 1, from, keys?.[index] ?? last)
    }
  }

  #putOff(tree: number, page: number, first: bigint, last: bigint): void {
    if (this.#waiting === this.#leaves.length) this.#checkLeaves()
    const index = this.#waiting++
    this.#leaves[index] = page
    this.#treeOf[index] = tree
    this.#firsts[index] = first
    this.#lasts[index] = last
  }

  /** Checks the collected leaves in the order of the file. */
  #checkLeaves(): void {
    const { pageSize } = this.#file
    const most = Math.floor(this.#kernel.constant('PAGES_BYTES') / pageSize)
    const gap = Math.floor(GAP_BYTES / pageSize)
    const order = new Float64Array(this.#waiting)
    for (let index = 0; index < order.length; index++)
      order[index] = this.#leaves[index]! * MOST_LEAVES + index
    order.sort()
    const pageAt = (at: number): number => Math.floor(order[at]! / MOST_LEAVES)
    for (let at = 0; at < order.length; ) {
      const from = pageAt(at)
      let through = from
      let end = at + 1
      for (; end < order.length; end++) {
        const next = pageAt(end)
        if (next - through > gap + 1 || next - from >= most) break
        through = next
      }
      const place = this.#load(from, through - from + 1)
      for (; at < end; at++) {
        const page = pageAt(at)
        this.#checkLeaf(order[at]! - page * MOST_LEAVES, page, place + (page - from) * pageSize)
      }
    }
    this.#waiting = 0
  }

  #checkLeaf(index: number, page: number, place: number): void {
    const tree = this.#treeOf[index]!
    const { kind, root } = this.#trees[tree]!
    const cells =
      kind === 'table'
        ? this.#check(tree, place, page, TABLE_LEAF, this.#firsts[index]!, this.#lasts[index]!)
        : this.#check(tree, place, page, INDEX_LEAF, 0n, 0n)
    if (cells === 0 && page !== root) throw new PageError(page, 'has no cells')
    if (kind === 'table') this.counts[tree]! += cells
  }

  /** Checks the page at `place` in the kernel's memory; returns its number of cells. */
  #check(tree: number, place: number, page: number, type: number, first: bigint, last: bigint): number {
    const { memory, checkPage, spills } = this.#kernel
    const { kind } = this.#trees[tree]!
    const cells = checkPage(place, headerOf(page), type, kind === 'index' ? 0 : 1, first, last)
    if (cells < 0) throw new PageError(page, 'is not as it should be')
    if (kind !== 'table') this.counts[tree]! += cells
    const count = spills()
    for (let spill = 0, at = this.#spills; spill < count; spill++, at += 8)
      this.#use.takeChain(memory.readUInt32LE(at), memory.readUInt32LE(at + 4), page)
    return cells
  }

  /** Reads pages into the kernel's memory; returns where they begin. */
  #load(page: number, count: number): number {
    if (page < 1 || page > this.#file.pageCount) throw new PageError(page, 'is not there')
    this.#file.read(this.#kernel.memory.subarray(this.#pages), page, count)
    return this.#pages
  }
}

/** The first page begins with the file's header. */
function headerOf(page: number): number {
  return page === 1 ? HEADER_BYTES : 0
}
