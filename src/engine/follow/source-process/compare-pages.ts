/**
 * The pages of a source that differ from our copy of its last state. Invariant: all pages are read in one read transaction; the header's
 * journal mode is set to rollback, as in every copy of ours.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { storedPageSize } from '../../source/base/file-header.ts'
import { FRAME_HEADER_BYTES } from '../pages/wal.ts'
import { CutOff, type OpenSource } from './open-source.ts'
import { frameOffset } from './wal-changes.ts'

export type PageView = {
  readonly source: OpenSource
  readonly pageSize: number
  readonly pageCount: number
  /** Frames of the log that hold a page, by page; other pages are in the file. */
  readonly frames: ReadonlyMap<number, number>
}

const CHUNK_BYTES = 1 << 20
/** Offset of SQLite's lock bytes (https://www.sqlite.org/fileformat2.html, section 1.4), whose page is never written. */
const LOCK_BYTES_AT = 0x40000000

export class PageComparison {
  readonly #view: PageView
  readonly #shadow: number
  readonly #shadowPages: number
  readonly #isOtherSize: boolean
  readonly #page: Buffer
  readonly #old: Buffer
  readonly #onDifference: (page: number, bytes: Buffer) => void

  constructor(view: PageView, shadow: string, onDifference: (page: number, bytes: Buffer) => void) {
    this.#view = view
    this.#shadow = openSync(shadow, 'r')
    const header = Buffer.alloc(100)
    readSync(this.#shadow, header, 0, 100, 0)
    this.#isOtherSize = storedPageSize(header) !== view.pageSize
    this.#shadowPages = this.#isOtherSize ? 0 : Math.floor(fstatSync(this.#shadow).size / view.pageSize)
    this.#page = Buffer.allocUnsafe(view.pageSize)
    this.#old = Buffer.allocUnsafe(view.pageSize)
    this.#onDifference = onDifference
  }

  /** Whether our copy has a different page size: then all pages differ. */
  get isOtherSize(): boolean {
    return this.#isOtherSize
  }

  comparePages(pages: Iterable<number>): void {
    const { pageCount } = this.#view
    for (const page of pages) if (page <= pageCount && !this.#isLockPage(page)) this.#comparePage(page)
  }

  /** Compares all pages from `start` on, until `isOver` returns true. Returns the next page; null at the end. */
  compareAll(start = 1, isOver: () => boolean = () => false): number | null {
    const { source, pageSize, pageCount, frames } = this.#view
    const inChunk = Math.max(1, Math.floor(CHUNK_BYTES / pageSize))
    const now = Buffer.allocUnsafe(inChunk * pageSize)
    const old = Buffer.allocUnsafe(inChunk * pageSize)
    for (let first = start; first <= pageCount; first += inChunk) {
      if (first > start && isOver()) return first
      const count = Math.min(inChunk, pageCount - first + 1)
      const bytes = count * pageSize
      const got = source.read('', now, (first - 1) * pageSize, bytes)
      const had = this.#isOtherSize ? 0 : readSync(this.#shadow, old, 0, bytes, (first - 1) * pageSize)
      if (
        got === bytes &&
        had === bytes &&
        now.compare(old, 0, bytes, 0, bytes) === 0 &&
        !hasAny(frames, first, count)
      )
        continue
      for (let page = first; page < first + count; page++)
        if (!this.#isLockPage(page)) this.#comparePage(page)
    }
    return null
  }

  close(): void {
    closeSync(this.#shadow)
  }

  #comparePage(page: number): void {
    const { source, pageSize, frames } = this.#view
    const frame = frames.get(page)
    const [suffix, at] =
      frame === undefined
        ? (['', (page - 1) * pageSize] as const)
        : (['-wal', frameOffset(frame, pageSize) + FRAME_HEADER_BYTES] as const)
    if (source.read(suffix, this.#page, at) < pageSize) throw new CutOff(source.path)
    if (page === 1) this.#page.fill(1, 18, 20)
    if (page <= this.#shadowPages) {
      readSync(this.#shadow, this.#old, 0, pageSize, (page - 1) * pageSize)
      if (this.#old.equals(this.#page)) return
    }
    this.#onDifference(page, this.#page)
  }

  #isLockPage(page: number): boolean {
    return page === Math.floor(LOCK_BYTES_AT / this.#view.pageSize) + 1
  }
}

function hasAny(frames: ReadonlyMap<number, number>, first: number, count: number): boolean {
  if (frames.size === 0) return false
  for (let page = first; page < first + count; page++) if (frames.has(page)) return true
  return false
}
