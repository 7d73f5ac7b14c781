/**
 * A round's file: the changed pages, a header that describes them, then a hash over everything. Invariant: a truncated or damaged file is
 * rejected; one that is accepted is what was written.
 */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import type { RoundDatabase, RoundHeader } from '../../model/follow.ts'

const HASH_BYTES = 32
const FOOTER_BYTES = 4 + HASH_BYTES
const CHUNK_BYTES = 1 << 20

export class RoundWriter {
  readonly #file: string
  readonly #descriptor: number
  readonly #hash: Hash = createHash('sha256')
  #position = 0

  constructor(file: string) {
    rmSync(file, { force: true })
    this.#file = file
    this.#descriptor = openSync(file, 'wx', 0o600)
  }

  get position(): number {
    return this.#position
  }

  add(bytes: Buffer): void {
    this.#hash.update(bytes)
    writeWhole(this.#descriptor, bytes, this.#position)
    this.#position += bytes.length
  }

  /** Ends the file and flushes it to disk. */
  finish(header: RoundHeader): void {
    const text = Buffer.from(JSON.stringify(header))
    this.add(text)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    this.add(length)
    const hash = this.#hash.digest()
    writeWhole(this.#descriptor, hash, this.#position)
    fsyncSync(this.#descriptor)
    closeSync(this.#descriptor)
  }

  abandon(): void {
    closeSync(this.#descriptor)
    rmSync(this.#file, { force: true })
  }
}

/** Writes all bytes: on a disk that is almost full, one call may write only part of them. */
export function writeWhole(descriptor: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done)
}

/** Returns null when the file is truncated or damaged. */
export function readRoundHeader(file: string): RoundHeader | null {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    if (size < FOOTER_BYTES) return null
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (let at = 0; at < size - HASH_BYTES; ) {
      const got = readSync(descriptor, chunk, 0, Math.min(chunk.length, size - HASH_BYTES - at), at)
      if (got === 0) return null
      hash.update(chunk.subarray(0, got))
      at += got
    }
    const footer = Buffer.alloc(FOOTER_BYTES)
    readSync(descriptor, footer, 0, FOOTER_BYTES, size - FOOTER_BYTES)
    if (!hash.digest().equals(footer.subarray(4))) return null
    const length = footer.readUInt32BE(0)
    const text = Buffer.alloc(length)
    readSync(descriptor, text, 0, length, size - FOOTER_BYTES - length)
    return JSON.parse(text.toString()) as RoundHeader
  } finally {
    closeSync(descriptor)
  }
}

/** Calls `visit` for every changed page of the database; the bytes are valid until the next call. */
export function readRoundPages(
  file: string,
  database: RoundDatabase,
  visit: (page: number, bytes: Buffer) => void,
): void {
  const descriptor = openSync(file, 'r')
  try {
    const { pageSize, pages, offset } = database
    const bytes = Buffer.allocUnsafe(pageSize)
    for (const [index, page] of pages.entries()) {
      readSync(descriptor, bytes, 0, pageSize, offset + index * pageSize)
      visit(page, bytes)
    }
  } finally {
    closeSync(descriptor)
  }
}
