import type { Cell } from '../../encode/cell/cell.ts'
import type { TextEncoding } from '../base/file-header.ts'
import type { LeafRows } from '../base/reader.ts'
import { PageError } from './page-error.ts'
import type { PageSizes } from './page-file.ts'
import type { Pages } from './page-window.ts'
import { rowidOf, Varint } from './varint.ts'

/**
 * The two kinds of page in a table's tree (§1.6), decoded completely. Invariant: a page that was read without an error has rowids in
 * strictly ascending order, all within the bounds that its parent set; so a search by rowid neither misses nor repeats a row, and a walk
 * from page to page terminates.
 */
export const INTERIOR = 0x05
export const LEAF = 0x0d

/** §1.6: on page 1 the page header follows the file's header of 100 bytes; cell offsets still count from the page's start. */
export function pageHeaderAt(page: number, at: number): number {
  return page === 1 ? at + 100 : at
}

const varint = new Varint()

/** Children and the rowids between them: child k holds the rowids greater than `keys[k]`, up to and with `keys[k + 1]`. */
export class InteriorPage {
  page = 0
  readonly children: number[] = []
  readonly keys: bigint[] = []
  /** The child that the walk has descended to. */
  child = 0

  read(pages: Pages, usableSize: number, page: number, at: number, low: bigint, high: bigint): void {
    const { bytes } = pages
    const header = pageHeaderAt(page, at)
    const count = cellCount(bytes, header, page, at + usableSize, 12)
    const { children, keys } = this
    children.length = 0
    keys.length = 0
    keys.push(low)
    let last = low
    for (let cell = 0; cell < count; cell++) {
      // "Table B-Tree Interior Cell": a four-byte page number, then a varint, the largest rowid below that page.
      const cellAt = cellPointer(bytes, header + 12 + 2 * cell, header + 12 + 2 * count, at, usableSize, page)
      varint.read(bytes, cellAt + 4)
      if (varint.end > at + usableSize) throw new PageError(page, `has cell ${cell} reach beyond its end`)
      const key = varint.rowid()
      if (key <= last || key > high)
        throw new PageError(page, `has the key ${key} out of order in cell ${cell}`)
      children.push(bytes.readUInt32BE(cellAt))
      keys.push(key)
      last = key
    }
    // §1.6: the page header's bytes 8 to 11 are the right-most pointer.
    children.push(bytes.readUInt32BE(header + 8))
    keys.push(high)
    this.page = page
    this.child = 0
  }
}

/** The rows of a leaf; one object is reused for all leaves. */
export class LeafPage implements LeafRows {
  page = 0
  count = 0
  /** The window, and the page's offset in it. */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** For each cell: the payload's offset in the window; "P", the size of the whole payload, overflow included; the rowid's two halves. */
  readonly cells: Int32Array
  /** "X": a payload of up to U-35 bytes is completely in its leaf (§1.6). */
  readonly mostLocal: number
  readonly encoding: TextEncoding
  readonly #usableSize: number
  readonly #largest: number

  /** `largest`: the largest payload possible, in bytes. */
  constructor({ pageSize, usableSize, encoding }: PageSizes, largest: number) {
    this.cells = new Int32Array(mostCells(pageSize) * 4)
    this.mostLocal = usableSize - 35
    this.encoding = encoding
    this.#usableSize = usableSize
    this.#largest = largest
  }

  read(pages: Pages, page: number, at: number, low: bigint, high: bigint): void {
    const { bytes } = pages
    const usableSize = this.#usableSize
    const largest = this.#largest
    const { cells } = this
    const header = pageHeaderAt(page, at)
    const end = at + usableSize
    const count = cellCount(bytes, header, page, end, 8)
    const cellsAt = header + 8 + 2 * count
    let lastHigh = 0
    let lastLow = 0
    for (let cell = 0; cell < count; cell++) {
      // "Table B-Tree Leaf Cell": a varint, the size of the payload; a varint, the rowid; the payload.
      let next = cellPointer(bytes, header + 8 + 2 * cell, cellsAt, at, usableSize, page)
      let size = bytes[next]!
      if (size < 0x80) {
        next++
      } else {
        varint.read(bytes, next)
        size = varint.size()
        next = varint.end
        if (size < 0 || size > largest)
          throw new PageError(page, `has a payload of ${size} bytes in cell ${cell}`)
      }
      varint.read(bytes, next)
      next = varint.end
      const thisHigh = varint.high
      const thisLow = varint.low
      const ascends = thisHigh > lastHigh || (thisHigh === lastHigh && thisLow >>> 0 > lastLow >>> 0)
      if (!ascends && cell > 0) throw new PageError(page, `has the rowid of cell ${cell} out of order`)
      const local = this.isLocal(size) ? size : localSize(size, usableSize) + 4
      if (next + local > end) throw new PageError(page, `has cell ${cell} reach beyond its end`)
      const entry = cell * 4
      cells[entry] = next
      cells[entry + 1] = size
      cells[entry + 2] = thisHigh
      cells[entry + 3] = thisLow
      lastHigh = thisHigh
      lastLow = thisLow
    }
    this.page = page
    this.count = count
    this.bytes = bytes
    this.start = at
    this.end = end
    if (count > 0 && (this.rowid(0) <= low || this.rowid(count - 1) > high)) {
      throw new PageError(page, 'has rowids that belong elsewhere in the tree')
    }
  }

  isLocal(size: number): boolean {
    return size <= this.mostLocal
  }

  payloadAt(cell: number): number {
    return this.cells[cell * 4]!
  }

  payloadSize(cell: number): number {
    return this.cells[cell * 4 + 1]!
  }

  /** Sets `shown` to the rowid, without a bigint if a number is exact. */
  showRowid(cell: number, shown: Cell): void {
    const high = this.cells[cell * 4 + 2]!
    if (high >= -0x200000 && high < 0x200000) {
      shown.setInteger(high * 4294967296 + (this.cells[cell * 4 + 3]! >>> 0))
    } else {
      shown.setBigInteger(this.rowid(cell))
    }
  }

  rowid(cell: number): bigint {
    return rowidOf(this.cells[cell * 4 + 2]!, this.cells[cell * 4 + 3]!)
  }
}

/**
 * §1.6, "computing the amount of payload that spills": a table leaf keeps all of a payload up to X = U-35 bytes. Of a longer one
 * it keeps K = M+((P-M)%(U-4)) bytes if that is at most X, else M = ((U-12)*32/255)-23.
 */
export function localSize(size: number, usableSize: number): number {
  const least = Math.floor(((usableSize - 12) * 32) / 255) - 23
  const fitting = least + ((size - least) % (usableSize - 4))
  return fitting <= usableSize - 35 ? fitting : least
}

/** A cell takes at least four bytes, and two in the pointer array. */
function mostCells(pageSize: number): number {
  return Math.floor((pageSize - 8) / 6)
}

/** §1.6: bytes 3 and 4 of the page header. `headerBytes` is 8 on a leaf and 12 on an interior page; the cell pointers follow it. */
function cellCount(bytes: Buffer, header: number, page: number, end: number, headerBytes: number): number {
  const count = (bytes[header + 3]! << 8) | bytes[header + 4]!
  if (count > Math.floor((end - header - headerBytes) / 6)) {
    throw new PageError(page, `has room for fewer than its ${count} cells`)
  }
  return count
}

/** §1.6: a two-byte offset from the page's start; the cell is between the pointer array and the end of the usable bytes. */
function cellPointer(
  bytes: Buffer,
  pointer: number,
  cellsAt: number,
  at: number,
  usableSize: number,
  page: number,
): number {
  const cellAt = at + ((bytes[pointer]! << 8) | bytes[pointer + 1]!)
  if (cellAt < cellsAt || cellAt > at + usableSize - 4) {
    throw new PageError(page, `points to a cell at ${cellAt - at}, outside its cell area`)
  }
  return cellAt
}
