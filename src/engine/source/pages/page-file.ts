import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { storedEncoding, storedPageSize, type TextEncoding } from '../base/file-header.ts'
import { PageError } from './page-error.ts'

export type PageSizes = {
  /** The size of a page in bytes (§1.3.2). */
  readonly pageSize: number
  /** "U": the bytes of a page that hold data; the reserved ones follow (§1.3.4). */
  readonly usableSize: number
  readonly pageCount: number
  readonly encoding: TextEncoding
}

/**
 * A snapshot as a sequence of pages. Section numbers (§) here and in the neighbouring files are those of
 * https://www.sqlite.org/fileformat2.html. Invariant: the file is complete, immutable and our own, so pages are read without locks; a file
 * that may have newer pages in a write-ahead log is refused.
 */
export class PageFile implements PageSizes {
  readonly pageSize: number
  readonly usableSize: number
  readonly pageCount: number
  readonly encoding: TextEncoding
  readonly #descriptor: number

  /** Throws a PageError of page 1 when the reader does not support the file's header. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
    try {
      const header = Buffer.alloc(HEADER_BYTES)
      readSync(this.#descriptor, header, 0, HEADER_BYTES, 0)
      const sizes = readPageHeader(header, fstatSync(this.#descriptor).size)
      this.pageSize = sizes.pageSize
      this.usableSize = sizes.usableSize
      this.pageCount = sizes.pageCount
      this.encoding = sizes.encoding
    } catch (error) {
      closeSync(this.#descriptor)
      throw error
    }
  }

  /** Reads `count` pages, starting with `page`, into the start of `bytes`. */
  read(bytes: Uint8Array, page: number, count: number): void {
    const wanted = count * this.pageSize
    const position = (page - 1) * this.pageSize
    let done = 0
    while (done < wanted) {
      const got = readSync(this.#descriptor, bytes, done, wanted - done, position + done)
      if (got === 0) throw new PageError(page + Math.floor(done / this.pageSize), 'is cut off')
      done += got
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** Reads the header of a database of `bytes` bytes. Throws a PageError of page 1. */
export function readPageHeader(header: Buffer, bytes: number): PageSizes {
  checkHeader(header)
  const pageSize = pageSizeOf(header)
  const usableSize = pageSize - header[20]!
  // "the usable size is not allowed to be less than 480" (§1.3.4)
  if (usableSize < 480) throw new PageError(1, `leaves ${usableSize} usable bytes a page`)
  return {
    pageSize,
    usableSize,
    pageCount: pageCountOf(header, bytes, pageSize),
    encoding: encodingOf(header),
  }
}

export const HEADER_BYTES = 100
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1')

function checkHeader(header: Buffer): void {
  if (!header.subarray(0, 16).equals(MAGIC))
    throw new PageError(1, 'does not begin as a SQLite database does')
  // §1.3.3: 1 means a rollback journal, 2 a write-ahead log, which may hold newer pages than the file.
  const readVersion = header[19]!
  if (readVersion !== 1) throw new PageError(1, `has the read version ${readVersion}, not 1`)
  // §1.3.5: the payload fractions are constants.
  if (header[21] !== 64 || header[22] !== 32 || header[23] !== 32) {
    throw new PageError(1, 'has payload fractions other than 64, 32 and 32')
  }
}

/** §1.3.13 */
function encodingOf(header: Buffer): TextEncoding {
  const encoding = storedEncoding(header)
  if (encoding === null) throw new PageError(1, `has the text encoding ${header.readUInt32BE(56)}`)
  return encoding
}

/** §1.3.2: a power of two between 512 and 32768, or the value 1 for 65536. */
function pageSizeOf(header: Buffer): number {
  const size = storedPageSize(header)
  if (size < 512 || (size & (size - 1)) !== 0) throw new PageError(1, `has the page size ${size}`)
  return size
}

/** §1.3.7: the header's count is valid only if the change counter at 24 equals the version-valid-for number at 92. */
function pageCountOf(header: Buffer, fileBytes: number, pageSize: number): number {
  const inFile = Math.floor(fileBytes / pageSize)
  const stored = header.readUInt32BE(28)
  const valid = stored > 0 && header.readUInt32BE(24) === header.readUInt32BE(92)
  if (!valid) return inFile
  if (stored > inFile) throw new PageError(1, `promises ${stored} pages, and the file has ${inFile}`)
  return stored
}
