/**
 * Checks one page of a b-tree (https://www.sqlite.org/fileformat2.html#b_tree_pages) like SQLite's `checkTreePage`, or more strictly.
 * Invariant: a page in which `pragma quick_check` finds any fault is refused.
 */
import { afterVarint, readVarint } from '../../leaves/assembly/record'

/** Static data is below this. */
const BOTTOM: i32 = 32768
/** The pages as read from the file. */
export const PAGES: i32 = BOTTOM
export const PAGES_BYTES: i32 = 262144
/** The most cells on the largest page. */
export const MOST_CELLS: i32 = 10922
/** By offset in a page: the size of the cell or free block there. All zero except while a page is checked. */
const BLOCKS: i32 = PAGES + PAGES_BYTES + 64
/** The page numbers of the last interior page's children: one more than it has cells. */
export const CHILDREN: i32 = BLOCKS + 2 * 65536
/** The rowids between those children. */
export const KEYS: i32 = CHILDREN + 4 * (MOST_CELLS + 2)
/** For each payload that continues in overflow pages: the first of those, and their number. */
export const SPILLS: i32 = KEYS + 8 * MOST_CELLS

const TABLE_LEAF: i32 = 13
const TABLE_INTERIOR: i32 = 5
const INDEX_LEAF: i32 = 10
/** Returned instead of the number of cells. */
const REFUSED: i32 = -1

/** The sizes of values with serial types below 128. */
const sizes = memory.data(512)

let spilled: i32 = 0
let pageEnd: i32 = 0
let usable: i32 = 0

/** The number of entries in SPILLS for the last page. */
export function spills(): i32 {
  return spilled
}

/** Starts with pages of `usableBytes` usable bytes; discards the state of a refused page. */
export function begin(usableBytes: i32): void {
  usable = usableBytes
  memory.fill(BLOCKS, 0, 2 * 65536)
  for (let type = 0; type < 128; type++) store<i32>(<i32>sizes + (type << 2), sizeOf(type))
}

/**
 * Checks the page at `page`, whose header begins `header` bytes after it and which must have the given type. `readsRecords`: each payload
 * is a row. Rowids must be from `first` to `last`, both included. Returns the number of cells, or REFUSED.
 */
export function checkPage(page: i32, header: i32, type: i32, readsRecords: bool, first: i64, last: i64): i32 {
  spilled = 0
  const head = page + header
  const cells = u16At(head + 3)
  if (<i32>load<u8>(head) !== type || cells > MOST_CELLS) return REFUSED
  const isLeaf = type >= INDEX_LEAF
  const pointers = head + (isLeaf ? 8 : 12)
  const stored = u16At(head + 5)
  const content = page + (stored === 0 ? 65536 : stored)
  pageEnd = page + usable
  if (pointers + 2 * cells > content || content > pageEnd) return REFUSED
  const isTable = type === TABLE_LEAF || type === TABLE_INTERIOR
  const mostLocal = type === TABLE_LEAF ? usable - 35 : ((usable - 12) * 64) / 255 - 23
  // Rowids ascend: the next one must be at least this.
  let least = first
  let blocks = 0
  // Cells that were added one after another are adjacent, and are recorded as one block.
  let blockStart = pageEnd
  let blockEnd = pageEnd
  for (let cell = 0; cell < cells; cell++) {
    const start = page + u16At(pointers + 2 * cell)
    if (start < content || start > pageEnd - 4) return REFUSED
    let at = start
    if (!isLeaf) {
      store<u32>(CHILDREN + 4 * cell, u32At(at))
      at += 4
    }
    let payload: i64 = 0
    if (type !== TABLE_INTERIOR) {
      payload = <i64>load<u8>(at)
      if (payload < 0x80) {
        at++
      } else {
        payload = readVarint(at)
        at = afterVarint()
      }
    }
    if (isTable) {
      const rowid = readVarint(at)
      at = afterVarint()
      if (rowid < least || rowid > last) return REFUSED
      // Only a leaf's last rowid can be the largest of its range, so that `rowid + 1` is always valid.
      if (rowid === last && (!isLeaf || cell + 1 < cells)) return REFUSED
      least = rowid + 1
      if (!isLeaf) store<i64>(KEYS + 8 * cell, rowid)
    }
    const end = type === TABLE_INTERIOR ? at : payloadEnd(at, payload, mostLocal, readsRecords)
    if (end < 0) return REFUSED
    const next = end - start < 4 ? start + 4 : end
    if (next !== blockStart) {
      if (blockStart < blockEnd && !place(page, blockStart, blockEnd)) return REFUSED
      blocks += i32(blockStart < blockEnd)
      blockEnd = next
    }
    blockStart = start
  }
  if (blockStart < blockEnd && !place(page, blockStart, blockEnd)) return REFUSED
  blocks += i32(blockStart < blockEnd)
  if (!isLeaf) store<u32>(CHILDREN + 4 * cells, u32At(head + 8))
  const free = placeFreeBlocks(page, content, u16At(head + 1))
  return free >= 0 && isFilled(page, content, blocks + free, load<u8>(head + 7)) ? cells : REFUSED
}

/** Returns the end of a payload's part on its page, with the number of its first overflow page; -1 when it is invalid. */
function payloadEnd(at: i32, payload: i64, mostLocal: i32, isRecord: bool): i32 {
  // Values that SQLite's driver cannot hold are left to SQLite.
  if (payload < 2 || payload > 0x1fffffff) return -1
  let local = <i32>payload
  let end = at + local
  if (local > mostLocal) {
    const leastLocal = ((usable - 12) * 32) / 255 - 23
    const fitting = leastLocal + ((local - leastLocal) % (usable - 4))
    local = fitting <= mostLocal ? fitting : leastLocal
    end = at + local + 4
    if (end > pageEnd) return -1
    store<u32>(SPILLS + 8 * spilled, u32At(end - 4))
    store<u32>(SPILLS + 8 * spilled + 4, (<i32>payload - local + usable - 5) / (usable - 4))
    spilled++
  }
  if (end > pageEnd || load<u8>(at) < 2) return -1
  return isRecord && !isRecordWhole(at, local, payload) ? -1 : end
}

/** Whether a record's header is completely on the page, and its values are as long as the payload. */
function isRecordWhole(start: i32, local: i32, payload: i64): bool {
  const bytes = readVarint(start)
  if (bytes < 2 || bytes > <i64>local) return false
  const end = start + <i32>bytes
  let at = afterVarint()
  let size = bytes
  while (at < end) {
    const byte = <i32>load<u8>(at)
    const next = <i32>load<u8>(at, 1)
    if (byte < 0x80) {
      at++
      size += <i64>load<i32>(<i32>sizes + (byte << 2))
    } else if (next < 0x80) {
      at += 2
      size += <i64>((((byte & 0x7f) << 7) + next - 12) >> 1)
    } else {
      const type = readVarint(at)
      if (type < 0 || type > 0x7fffffff) return false
      at = afterVarint()
      size += <i64>sizeOf(<i32>type)
    }
  }
  return at === end && size === payload
}

/** The size of a value in bytes; more than any payload for a type that occurs in no file. */
function sizeOf(type: i32): i32 {
  if (type >= 12) return (type - 12) >> 1
  if (type <= 4) return type
  if (type === 5) return 6
  if (type <= 7) return 8
  return type <= 9 ? 0 : 0x40000000
}

/** Records a block; returns false when it leaves the page or another one begins at the same place. */
function place(page: i32, start: i32, end: i32): bool {
  const block = BLOCKS + 2 * (start - page)
  if (end > pageEnd || load<u16>(block) !== 0) return false
  store<u16>(block, <u16>(end - start))
  return true
}

/** Records the free blocks; returns their number, or -1 when one is in an invalid place. */
function placeFreeBlocks(page: i32, content: i32, firstBlock: i32): i32 {
  let count = 0
  for (let block = firstBlock; block !== 0; count++) {
    const start = page + block
    if (start < content || start > pageEnd - 4) return -1
    const size = u16At(start + 2)
    if (size < 4 || !place(page, start, start + size)) return -1
    const next = u16At(start)
    // Two free blocks closer together would have been merged.
    if (next !== 0 && next < block + size + 4) return -1
    block = next
  }
  return count
}

/** Whether the blocks fill the page from `content` on without overlapping, except for `fragments` bytes. Clears them. */
function isFilled(page: i32, content: i32, blocks: i32, fragments: i32): bool {
  let left = fragments
  let at = content
  while (at < pageEnd) {
    const block = BLOCKS + 2 * (at - page)
    const size = <i32>load<u16>(block)
    if (size === 0) {
      if (--left < 0) return false
      at++
    } else {
      store<u16>(block, 0)
      blocks--
      at += size
    }
  }
  return at === pageEnd && left === 0 && blocks === 0
}

function u16At(at: i32): i32 {
  return <i32>bswap<u16>(load<u16>(at))
}

function u32At(at: i32): u32 {
  return bswap<u32>(load<u32>(at))
}
