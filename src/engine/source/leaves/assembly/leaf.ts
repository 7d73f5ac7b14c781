/**
 * The cells of a table's leaf pages in a range of rowids (https://www.sqlite.org/fileformat2.html#b_tree_pages). Invariant: rowids ascend
 * from page to page, and a reported payload is completely in its page.
 */
import { afterVarint, readVarint } from './record'

/** The results of `nextCell`. */
export const CELL: i32 = 0
export const LEAF_ENDS: i32 = 1
/** The next row is after the range. */
export const RANGE_ENDS: i32 = 2
/** The page is not a healthy table's, or not the next one. */
export const REFUSED: i32 = 3

const LEAF_PAGE: i32 = 13
/** The most cells on the largest page. */
export const MOST_CELLS: i32 = 10922

/** The cell that `nextCell` found. */
export let rowid: i64 = 0
export let payload: i32 = 0
/** The size of the payload; -1 when it continues in other pages. */
export let size: i32 = 0

let first: i64 = 0
let last: i64 = 0
let hasRowid: bool = false

let page: i32 = 0
let pageEnd: i32 = 0
let content: i32 = 0
let pointer: i32 = 0

/** Starts with the rowids from `from` to `through`, both included. */
export function beginCells(from: i64, through: i64): void {
  first = from
  last = through
  hasRowid = false
}

/** Continues with the leaf whose `usable` bytes begin at `at`; returns false when it is not a leaf. */
export function beginLeaf(at: i32, usable: i32): bool {
  const cells = <i32>bswap<u16>(load<u16>(at, 3))
  page = at
  pageEnd = at + usable
  pointer = at + 8
  content = pointer + cells * 2
  return load<u8>(at) === LEAF_PAGE && cells <= MOST_CELLS && content <= pageEnd
}

export function nextCell(): i32 {
  while (pointer < content) {
    const start = page + <i32>bswap<u16>(load<u16>(pointer))
    pointer += 2
    // A cell takes at least four bytes.
    if (start < content || start > pageEnd - 4) return REFUSED
    const bytes = readVarint(start)
    const next = readVarint(afterVarint())
    payload = afterVarint()
    if (hasRowid && next <= rowid) return REFUSED
    rowid = next
    hasRowid = true
    if (rowid < first) continue
    if (rowid > last) return RANGE_ENDS
    // A payload longer than the usable bytes less 35 continues in other pages.
    if (bytes < 0 || bytes > <i64>(pageEnd - page - 35)) {
      size = -1
      return CELL
    }
    if (bytes > <i64>(pageEnd - payload)) return REFUSED
    size = <i32>bytes
    return CELL
  }
  return LEAF_ENDS
}
