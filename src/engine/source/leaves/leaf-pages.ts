/**
 * Finds a table's leaf pages in a snapshot (https://www.sqlite.org/fileformat2.html#b_tree_pages), independently of the page reader.
 * Invariant: pages come in rowid order, and include all that hold rows of the range; anything unexpected ends the search, and the table is
 * then processed row by row.
 */

import { closeSync, openSync, readSync } from 'node:fs'
import { storedEncoding, storedPageSize, type TextEncoding } from '../base/file-header.ts'

const INTERIOR = 5
/** More levels than the tree of the largest file has. */
const MOST_LEVELS = 20

/** The page is not as this reader expects. */
export class UnusualPage extends Error {}

export class LeafPages {
  readonly pageSize: number
  /** The bytes of a page without those reserved at its end. */
  readonly usableBytes: number
  readonly encoding: TextEncoding
  readonly #descriptor: number
  readonly #levels: Buffer[] = []

  constructor(file: string) {
    this.#descriptor = openSync(file, 'r')
    const head = Buffer.alloc(100)
    readSync(this.#descriptor, head, 0, 100, 0)
    this.pageSize = storedPageSize(head)
    this.usableBytes = this.pageSize - head[20]!
    const encoding = storedEncoding(head)
    this.encoding = encoding ?? 'utf8'
    const isUsual =
      head.toString('latin1', 0, 16) === 'SQLite format 3\0' &&
      this.pageSize >= 512 &&
      this.usableBytes >= 480 &&
      encoding !== null &&
      // No write-ahead log beside it.
      head[19] === 1
    if (isUsual) return
    this.close()
    throw new UnusualPage('the header')
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /**
   * Reads the leaves that may hold rowids from `first` to `last` into `memory[start, end)`, as many at a time as fit, and calls `take` with
   * the address of each, until it returns false.
   */
  read(
    root: number,
    [first, last]: readonly [bigint, bigint],
    { memory, start, end }: { readonly memory: Buffer; readonly start: number; readonly end: number },
    take: (place: number) => boolean,
  ): void {
    const size = this.pageSize
    const most = Math.floor((end - start) / size)
    const readLeaves = (pages: readonly number[]): boolean => {
      for (let at = 0; at < pages.length; ) {
        let count = 1
        while (count < most && pages[at + count] === pages[at]! + count) count++
        this.#read(memory, start, pages[at]!, count)
        for (let page = 0; page < count; page++) {
          if (!take(start + page * size)) return false
        }
        at += count
      }
      return true
    }
    const descend = (page: number, level: number): boolean => {
      if (level > MOST_LEVELS) throw new UnusualPage(`page ${page}`)
      this.#levels[level] ??= Buffer.alloc(size)
      const bytes = this.#levels[level]
      this.#read(bytes, 0, page, 1)
      if (bytes[0] !== INTERIOR) return readLeaves([page])
      const children = childrenBetween(bytes, first, last)
      // All leaves have the same depth, so the first child tells what the others are.
      return this.#typeOf(children[0]!) === INTERIOR
        ? children.every((child) => descend(child, level + 1))
        : readLeaves(children)
    }
    descend(root, 0)
  }

  #typeOf(page: number): number {
    const type = Buffer.alloc(1)
    readSync(this.#descriptor, type, 0, 1, (page - 1) * this.pageSize)
    return type[0]!
  }

  #read(into: Buffer, at: number, page: number, count: number): void {
    const wanted = count * this.pageSize
    const position = (page - 1) * this.pageSize
    if (page < 2 || readSync(this.#descriptor, into, at, wanted, position) !== wanted)
      throw new UnusualPage(`page ${page}`)
  }
}

/** The children of an interior page that may hold rowids from `first` to `last`. A cell's key is its child's largest rowid. */
function childrenBetween(page: Buffer, first: bigint, last: bigint): readonly number[] {
  const cells = page.readUInt16BE(3)
  const children: number[] = []
  for (let cell = 0; cell < cells; cell++) {
    const at = page.readUInt16BE(12 + cell * 2)
    const key = varintAt(page, at + 4)
    if (key >= first) children.push(page.readUInt32BE(at))
    if (key >= last) return children
  }
  children.push(page.readUInt32BE(8))
  return children
}

function varintAt(bytes: Buffer, from: number): bigint {
  let value = 0n
  for (let at = from; at < from + 8; at++) {
    const byte = bytes.readUInt8(at)
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (byte < 0x80) return value
  }
  return BigInt.asIntN(64, (value << 8n) | BigInt(bytes.readUInt8(from + 8)))
}
