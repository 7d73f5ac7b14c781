/**
 * Converts values from better-sqlite3 to Cells and to key parameters. Invariant: text keeps its stored bytes; in a UTF-16 database they are
 * its UTF-8 form, in which a lone surrogate becomes the three bytes that UTF-8 would use (invalid UTF-8, so that encoders notice it).
 */
import { isUtf8 } from 'node:buffer'
import type { Cell } from '../../encode/cell/cell.ts'
import { freeAtOnce, LARGE_BYTES } from '../../encode/cell/free-at-once.ts'
import { valueOfStoredCell } from '../../encode/cell/stored-cell.ts'
import type { StoredCell } from '../../model/storage.ts'
import type { TextEncoding } from './file-header.ts'
import type { SqliteDatabase } from './sqlite.ts'

/** A result value: with `safeIntegers`, INTEGER is a bigint and REAL a number. */
export type RawValue = null | bigint | number | string | Buffer
export type RawRow = readonly RawValue[]

/** `strings`: one result column per cell, which is fast, but may hide bytes (`mayHideBytes`). `bytes`: two per cell, always exact. */
export type TextMode = 'strings' | 'bytes'

export function textEncodingOf(db: SqliteDatabase): TextEncoding {
  const name = db.pragma('encoding', { simple: true })
  return name === 'UTF-16le' ? 'utf16le' : name === 'UTF-16be' ? 'utf16be' : 'utf8'
}

/** The result columns for one SQL expression. */
export function projected(expression: string, mode: TextMode): readonly string[] {
  if (mode === 'strings') return [expression]
  return [
    `case typeof(${expression}) when 'text' then cast(${expression} as blob) else ${expression} end`,
    `typeof(${expression}) = 'text'`,
  ]
}

/** Memory for the text of one row, valid until `reset`. */
export class TextScratch {
  #buffer = Buffer.allocUnsafe(1 << 14)
  #position = 0

  /** Starts a row; cells of the previous row lose their text. */
  reset(): void {
    this.#position = 0
    // The memory of one huge text must not be held for the rest of the table.
    if (this.#buffer.length > 1 << 24) this.#buffer = Buffer.allocUnsafe(1 << 14)
  }

  /** Releases large memory; the row's text must not be used any more. */
  free(): void {
    if (this.#buffer.length < LARGE_BYTES) return
    freeAtOnce(this.#buffer)
    this.#buffer = Buffer.allocUnsafe(1 << 14)
    this.#position = 0
  }

  put(cell: Cell, text: string): void {
    const start = this.#position
    const room = text.length < 1 << 16 ? text.length * 3 : Buffer.byteLength(text)
    if (start + room > this.#buffer.length) {
      // Cells filled earlier keep the old buffer alive.
      this.#buffer = Buffer.allocUnsafe(Math.max(room, this.#buffer.length * 2))
      this.#position = this.#buffer.write(text, 0, 'utf8')
      cell.setText(this.#buffer, 0, this.#position)
      return
    }
    const end = start + writeText(this.#buffer, text, start)
    this.#position = end
    cell.setText(this.#buffer, start, end)
  }
}

/** Up to this number of characters, a loop here is faster than a call into Node's native code. */
const SHORT = 64

/** Writes the text as UTF-8 and returns the number of bytes. There must be room for them. */
function writeText(buffer: Buffer, text: string, start: number): number {
  const { length } = text
  if (length > SHORT) return buffer.write(text, start, 'utf8')
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return buffer.write(text, start, 'utf8')
    buffer[start + at] = code
  }
  return length
}

/** Fills `cells` from the result columns from `at` on; returns the next column. */
export function fillCells(
  cells: readonly Cell[],
  row: RawRow,
  at: number,
  mode: TextMode,
  encoding: TextEncoding,
  scratch: TextScratch,
): number {
  let column = at
  for (const cell of cells) {
    const value = row[column++]!
    const isText = mode === 'bytes' && row[column++] === 1n
    if (value === null) cell.setNull()
    else if (typeof value === 'bigint') cell.setBigInteger(value)
    else if (typeof value === 'number') cell.setReal(value)
    else if (typeof value === 'string') scratch.put(cell, value)
    else if (isText) {
      const bytes = encoding === 'utf8' ? value : utf8Of(value, encoding)
      cell.setText(bytes, 0, bytes.length)
    } else cell.setBlob(value, 0, value.length)
  }
  return column
}

/** SQLite makes one character of a lone surrogate and whatever follows it, and U+FFFD may stand for one at the end. */
const DOUBTFUL_UTF16 = /[\ud800-\udfff\ufffd]/

/** Whether a string in the row may stand for bytes that are not valid in the database's encoding. */
export function mayHideBytes(row: RawRow, encoding: TextEncoding): boolean {
  for (const value of row) {
    if (typeof value !== 'string') continue
    if (encoding === 'utf8' ? value.includes('\uFFFD') : DOUBTFUL_UTF16.test(value)) return true
  }
  return false
}

/** A parameter group for any cell, even invalid text; used with `keyParameters`. The expression has no affinity. */
export const KEY_PLACEHOLDER = 'iif(?, cast(? as text), ?)'

export function keyParameters(stored: StoredCell, encoding: TextEncoding): readonly unknown[] {
  const value = valueOfStoredCell(stored)
  if (typeof value === 'string') return [1, storedTextBytes(Buffer.from(value), encoding), null]
  if (value !== null && typeof value === 'object' && 'invalidText' in value) {
    return [1, storedTextBytes(value.invalidText, encoding), null]
  }
  return [0, null, value]
}

/** Converts stored UTF-16 to UTF-8, lone surrogates included. */
export function utf8Of(stored: Buffer, encoding: 'utf16le' | 'utf16be'): Buffer {
  const little = encoding === 'utf16le' ? stored : swapped(stored)
  const text = little.toString('utf16le')
  if (text.isWellFormed()) return Buffer.from(text)
  const parts: Buffer[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    parts.push(
      code >= 0xd800 && code < 0xe000
        ? Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
        : Buffer.from(character),
    )
  }
  return Buffer.concat(parts)
}

/** The inverse of `utf8Of`: converts a cell's text to the bytes that the database stores. */
export function storedTextBytes(utf8: Buffer, encoding: TextEncoding): Buffer {
  if (encoding === 'utf8') return utf8
  const little = isUtf8(utf8) ? Buffer.from(utf8.toString(), 'utf16le') : utf16OfSurrogates(utf8)
  return encoding === 'utf16le' ? little : swapped(little)
}

function utf16OfSurrogates(utf8: Buffer): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (let at = utf8.indexOf(0xed); at !== -1; at = utf8.indexOf(0xed, at + 1)) {
    if (utf8[at + 1]! < 0xa0) continue
    const code = 0xd000 | ((utf8[at + 1]! & 0x3f) << 6) | (utf8[at + 2]! & 0x3f)
    parts.push(Buffer.from(utf8.toString('utf8', from, at), 'utf16le'), Buffer.from([code & 255, code >> 8]))
    from = at + 3
  }
  parts.push(Buffer.from(utf8.toString('utf8', from), 'utf16le'))
  return Buffer.concat(parts)
}

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()
}
