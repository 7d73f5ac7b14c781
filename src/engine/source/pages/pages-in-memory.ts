import type { TextEncoding } from '../base/file-header.ts'
import { PageError } from './page-error.ts'
import { HEADER_BYTES, type PageSizes, readPageHeader } from './page-file.ts'
import type { Pages } from './page-window.ts'

/** A whole database in memory, as `sqlite3_serialize` returns it (https://www.sqlite.org/c3ref/serialize.html). */
export class PagesInMemory implements Pages, PageSizes {
  readonly bytes: Buffer
  readonly view: DataView
  readonly pageSize: number
  readonly usableSize: number
  readonly pageCount: number
  readonly encoding: TextEncoding

  /** Throws a PageError of page 1 when the reader does not support the header. */
  constructor(bytes: Buffer) {
    const sizes = readPageHeader(bytes.subarray(0, HEADER_BYTES), bytes.length)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.pageSize = sizes.pageSize
    this.usableSize = sizes.usableSize
    this.pageCount = sizes.pageCount
    this.encoding = sizes.encoding
  }

  load(page: number, from: number): number {
    if (page < 1 || page > this.pageCount)
      throw new PageError(from, `names page ${page} of ${this.pageCount}`)
    return (page - 1) * this.pageSize
  }

  close(): void {}
}
