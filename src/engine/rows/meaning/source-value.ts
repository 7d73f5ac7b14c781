/**
 * A source cell in the full comparison. Invariant: the five storage classes stay distinct (INTEGER is a bigint, REAL a number, BLOB bytes),
 * and text that is not valid UTF-8 keeps its bytes.
 */
import type { StoredCell } from '../../model/storage.ts'

export type SourceValue = null | bigint | number | string | Uint8Array | BrokenText

/** TEXT that is not valid UTF-8. */
export class BrokenText {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}

/** Returns a source value in the target's type, as PostgreSQL would print it; null for null. */
export type Meaning = (value: SourceValue) => string | null

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes UTF-8; null when the bytes are not valid. */
export function textOfBytes(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

export function textValue(bytes: Buffer): string | BrokenText {
  return textOfBytes(bytes) ?? new BrokenText(bytes)
}

export function valueOfStored(cell: StoredCell): SourceValue {
  if (cell === null) return null
  if ('integer' in cell) return BigInt(cell.integer)
  if ('real' in cell) return Number(cell.real)
  if ('text' in cell) return cell.text
  if ('textBase64' in cell) return textValue(Buffer.from(cell.textBase64, 'base64'))
  return Buffer.from(cell.blob, 'base64')
}

/** Returns a unique spelling of the value and its storage class. */
export function printValue(value: SourceValue): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'bigint':
      return `integer ${value}`
    case 'number':
      return `real ${Object.is(value, -0) ? '-0' : value}`
    case 'string':
      return `text ${JSON.stringify(value)}`
    default:
      return value instanceof BrokenText
        ? `text with bytes ${value.bytes.toString('hex')}`
        : `blob ${Buffer.from(value).toString('hex')}`
  }
}

/** Returns a text for a value without a meaning in the target's type, which equals no value that the target can hold. */
export function meaningless(value: SourceValue, wanted: string): string {
  const printed = printValue(value)
  return `(${printed.length > 300 ? `${printed.slice(0, 300)}…` : printed} is no ${wanted})`
}
