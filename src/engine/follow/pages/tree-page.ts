/**
 * Decodes a page of a table's tree for a comparison (https://www.sqlite.org/fileformat2.html, section 1.6), also of WITHOUT ROWID tables,
 * which are stored as indexes. Invariant: in a page decoded without an error every cell is within the page's bounds.
 */
import { PageError } from '../../source/pages/page-error.ts'
import { Varint } from '../../source/pages/varint.ts'

const INDEX_INTERIOR = 0x02
const TABLE_INTERIOR = 0x05
const INDEX_LEAF = 0x0a
const TABLE_LEAF = 0x0d

export type TreeCell = {
  /** 0 in WITHOUT ROWID tables. */
  readonly rowid: bigint
  /** Size of the whole payload in bytes. */
  readonly size: number
  /** Offset of the payload in the page, and how many of its bytes are in the page. */
  readonly at: number
  readonly local: number
  /** The first overflow page; 0 for none. */
  readonly overflow: number
}

export type TreePage = {
  readonly page: number
  readonly isLeaf: boolean
  readonly bytes: Buffer
  /** Empty on interior pages of tables with rowids. In a WITHOUT ROWID table, cell k comes before child k + 1. */
  readonly cells: readonly TreeCell[]
  readonly children: readonly number[]
}

const varint = new Varint()

export function decodeTreePage(bytes: Buffer, page: number, usableSize: number): TreePage {
  const header = page === 1 ? 100 : 0
  const kind = bytes[header]!
  const isLeaf = kind === TABLE_LEAF || kind === INDEX_LEAF
  if (!isLeaf && kind !== TABLE_INTERIOR && kind !== INDEX_INTERIOR)
    throw new PageError(page, `is of kind ${kind}, not a page of a table`)
  const hasRowids = kind === TABLE_LEAF || kind === TABLE_INTERIOR
  const hasPayload = kind !== TABLE_INTERIOR
  const count = bytes.readUInt16BE(header + 3)
  const pointers = header + (isLeaf ? 8 : 12)
  if (pointers + 2 * count > usableSize) throw new PageError(page, `has no room for its ${count} cells`)
  const cells: TreeCell[] = []
  const children: number[] = []
  for (let index = 0; index < count; index++) {
    let at = bytes.readUInt16BE(pointers + 2 * index)
    if (at < pointers + 2 * count || at > usableSize - 4)
      throw new PageError(page, `points to a cell at ${at}, outside its cell area`)
    if (!isLeaf) {
      children.push(bytes.readUInt32BE(at))
      at += 4
    }
    if (!hasPayload) continue
    varint.read(bytes, at)
    const size = varint.size()
    at = varint.end
    let rowid = 0n
    if (hasRowids) {
      varint.read(bytes, at)
      rowid = varint.rowid()
      at = varint.end
    }
    const local = localBytes(size, usableSize, hasRowids)
    const end = at + local + (local < size ? 4 : 0)
    if (size < 0 || end > usableSize) throw new PageError(page, `has cell ${index} reach beyond its end`)
    cells.push({ rowid, size, at, local, overflow: local < size ? bytes.readUInt32BE(at + local) : 0 })
  }
  if (!isLeaf) children.push(bytes.readUInt32BE(header + 8))
  return { page, isLeaf, bytes, cells, children }
}

export type PageLinks = { readonly children: readonly number[]; readonly spilled: readonly TreeCell[] }

/** Returns the pages to which a page leads: its children, and the cells that continue in overflow pages. Skips other cells. */
export function decodeLinks(bytes: Buffer, page: number, usableSize: number): PageLinks {
  const header = page === 1 ? 100 : 0
  const kind = bytes[header]!
  if (kind !== TABLE_LEAF) {
    const { children, cells } = decodeTreePage(bytes, page, usableSize)
    return { children, spilled: cells.filter(({ overflow }) => overflow !== 0) }
  }
  const count = bytes.readUInt16BE(header + 3)
  const most = usableSize - 35
  const pointers = header + 8
  if (pointers + 2 * count > usableSize) throw new PageError(page, `has no room for its ${count} cells`)
  for (let index = 0; index < count; index++) {
    const at = (bytes[pointers + 2 * index]! << 8) | bytes[pointers + 2 * index + 1]!
    // Most payloads have sizes of one or two bytes: up to 16,383.
    const first = bytes[at]!
    const size =
      first < 0x80 ? first : bytes[at + 1]! < 0x80 ? ((first & 0x7f) << 7) | bytes[at + 1]! : Infinity
    if (size > most) {
      const { cells } = decodeTreePage(bytes, page, usableSize)
      return { children: NONE, spilled: cells.filter(({ overflow }) => overflow !== 0) }
    }
  }
  return NO_LINKS
}

const NONE: readonly never[] = []
const NO_LINKS: PageLinks = { children: NONE, spilled: NONE }

/** Returns the bytes of a payload that its page holds (same section, "computing the amount of payload that spills onto overflow pages"). */
function localBytes(size: number, usableSize: number, hasRowids: boolean): number {
  const most = hasRowids ? usableSize - 35 : Math.floor(((usableSize - 12) * 64) / 255) - 23
  if (size <= most) return size
  const least = Math.floor(((usableSize - 12) * 32) / 255) - 23
  const fitting = least + ((size - least) % (usableSize - 4))
  return fitting <= most ? fitting : least
}
