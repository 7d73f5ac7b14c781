/**
 * Reads the start of a file as SQLite's header (https://www.sqlite.org/fileformat.html#the_database_header). Invariant: never called for a
 * file that this process has open as a database: closing any descriptor of a file drops all of the process's locks on it
 * (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

export type FileHeader = {
  /** The size of the file. */
  readonly bytes: number
  /** Whether it begins with "SQLite format 3" and a zero byte. */
  readonly isSqlite: boolean
  readonly journalMode: 'wal' | 'rollback'
  readonly pageSize: number
  /** The page count in the header; null when the header marks it invalid. */
  readonly pageCount: number | null
  /** SQLITE_VERSION_NUMBER of the library that last wrote the first page; null when none is recorded. */
  readonly libraryVersion: number | null
  /** At most the first 4 KB of the file. */
  readonly sample: Buffer
}

const magic = Buffer.from('SQLite format 3\0', 'latin1')

/** Throws Node's error when the file cannot be opened. */
export function readHeader(path: string): FileHeader {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer forever; Windows has no such flag.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const sample = Buffer.alloc(4096)
    const read = readSync(descriptor, sample, 0, sample.length, 0)
    return parseHeader(sample.subarray(0, read), fstatSync(descriptor).size)
  } finally {
    closeSync(descriptor)
  }
}

function parseHeader(sample: Buffer, bytes: number): FileHeader {
  const isSqlite = sample.length >= 100 && sample.subarray(0, 16).equals(magic)
  if (!isSqlite) {
    const nothing = { pageSize: 0, pageCount: null, libraryVersion: null }
    return { bytes, isSqlite, journalMode: 'rollback', ...nothing, sample }
  }
  // The count is valid only when the change counter equals the version-valid-for number.
  const countIsValid = sample.readUInt32BE(24) === sample.readUInt32BE(92) && sample.readUInt32BE(28) > 0
  return {
    bytes,
    isSqlite,
    journalMode: sample[19] === 2 ? 'wal' : 'rollback',
    pageSize: storedPageSize(sample),
    pageCount: countIsValid ? sample.readUInt32BE(28) : null,
    libraryVersion: sample.readUInt32BE(96) || null,
    sample,
  }
}

/** Section 1.3.2: the value 1 means 65536. */
export function storedPageSize(header: Buffer): number {
  const stored = header.readUInt16BE(16)
  return stored === 1 ? 65_536 : stored
}

export type TextEncoding = 'utf8' | 'utf16le' | 'utf16be'

/** Section 1.3.13, by number; a file that has no table yet has 0. */
const textEncodings: readonly TextEncoding[] = ['utf8', 'utf8', 'utf16le', 'utf16be']

/** As `pragma encoding` has them. */
export const encodingNames = { utf8: 'UTF-8', utf16le: 'UTF-16le', utf16be: 'UTF-16be' } as const

/** Returns null for a number that no encoding has. */
export function storedEncoding(header: Buffer): TextEncoding | null {
  return textEncodings[header.readUInt32BE(56)] ?? null
}

/** Returns the number that a header has for the encoding. */
export function numberOfEncoding(encoding: TextEncoding): number {
  return textEncodings.lastIndexOf(encoding)
}

/** Whether the bytes look random, like an encrypted file's: nearly all byte values occur, none much more often than others. */
export function looksEncrypted(sample: Buffer): boolean {
  if (sample.length < 512) return false
  const counts = new Uint32Array(256)
  for (const byte of sample) counts[byte]!++
  let entropy = 0
  for (const count of counts) {
    if (count > 0) entropy -= (count / sample.length) * Math.log2(count / sample.length)
  }
  return entropy > (sample.length < 2048 ? 7.2 : 7.7)
}

/** The first bytes of packed files, in hexadecimal (https://en.wikipedia.org/wiki/List_of_file_signatures). */
const packings: Readonly<Record<string, string>> = {
  '1f8b': 'gzip',
  '504b0304': 'zip',
  '28b52ffd': 'zstd',
  fd377a585a00: 'xz',
  '425a68': 'bzip2',
  '377abcaf271c': '7z',
}

/** The format of a packed file, by its first bytes; null when it is not packed. */
export function packingOf(sample: Buffer): string | null {
  const start = sample.toString('hex', 0, 8)
  return Object.entries(packings).find(([signature]) => start.startsWith(signature))?.[1] ?? null
}

/** Whether the text begins, after comments, with a statement that is typical for dumps. */
export function looksLikeDump(sample: Buffer): boolean {
  const text = sample.toString('utf8').replace(/^\ufeff/, '')
  return /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:pragma|begin|create|insert|drop|delete)\b/i.test(text)
}
