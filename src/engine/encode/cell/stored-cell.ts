/** Converts cells to JSON and back. Invariant: storing and restoring yields exactly the same cell: storage class, bytes, sign of zero. */
import { isUtf8 } from 'node:buffer'
import type { SqliteValue, StoredCell } from '../../model/storage.ts'
import { BLOB, type Cell, INTEGER, NULL, REAL, TEXT } from './cell.ts'

/** TEXT that cannot or should not become a JavaScript string: it is not UTF-8, or megabytes long. */
export type InvalidText = { readonly invalidText: Buffer }

export function storedCellOf(cell: Cell): StoredCell {
  switch (cell.storage) {
    case NULL:
      return null
    case INTEGER:
      return { integer: String(cell.integer()) }
    case REAL:
      return { real: realText(cell.number) }
    case TEXT:
      return storedText(cell.bytes())
    case BLOB:
      return { blob: cell.bytes().toString('base64') }
    default:
      return cell.storage satisfies never
  }
}

export function storedCellOfValue(value: SqliteValue | InvalidText): StoredCell {
  if (value === null) return null
  if (typeof value === 'bigint') return { integer: String(value) }
  if (typeof value === 'number') return { real: realText(value) }
  if (typeof value === 'string') {
    return value.includes('\0') ? { textBase64: Buffer.from(value).toString('base64') } : { text: value }
  }
  if (value instanceof Uint8Array) return { blob: Buffer.from(value).toString('base64') }
  return storedText(value.invalidText)
}

/** The inverse of both: TEXT becomes a string if it is UTF-8. */
export function valueOfStoredCell(stored: StoredCell): SqliteValue | InvalidText {
  if (stored === null) return null
  if ('integer' in stored) return BigInt(stored.integer)
  if ('real' in stored) return Number(stored.real)
  if ('text' in stored) return stored.text
  if ('blob' in stored) return Buffer.from(stored.blob, 'base64')
  const bytes = Buffer.from(stored.textBase64, 'base64')
  return isUtf8(bytes) ? bytes.toString() : { invalidText: bytes }
}

/** Fills a cell; the bytes of TEXT and BLOB are copied into memory of its own. */
export function fillFromStored(cell: Cell, stored: StoredCell): void {
  if (stored === null) cell.setNull()
  else if ('integer' in stored) cell.setBigInteger(BigInt(stored.integer))
  else if ('real' in stored) cell.setReal(Number(stored.real))
  else if ('blob' in stored) {
    const bytes = Buffer.from(stored.blob, 'base64')
    cell.setBlob(bytes, 0, bytes.length)
  } else {
    const bytes = 'text' in stored ? Buffer.from(stored.text) : Buffer.from(stored.textBase64, 'base64')
    cell.setText(bytes, 0, bytes.length)
  }
}

/** Prints a cell for people, as a sample in a finding: at most about 60 characters, no control characters. */
export function printStored(stored: StoredCell): string {
  if (stored === null) return 'null'
  if ('integer' in stored) return stored.integer
  if ('real' in stored) return stored.real
  if ('text' in stored) return shorten(JSON.stringify(stored.text))
  const bytes = Buffer.from('blob' in stored ? stored.blob : stored.textBase64, 'base64')
  return shorten(`x'${bytes.toString('hex', 0, 40)}'`)
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

function storedText(bytes: Buffer): StoredCell {
  return isUtf8(bytes) && !bytes.includes(0)
    ? { text: bytes.toString() }
    : { textBase64: bytes.toString('base64') }
}

function realText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
