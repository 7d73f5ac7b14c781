/** Cells for the tests of conversions, and the claim they all share: EXACT means that the inverse returns the exact cell. */
import { expect } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import {
  type CellEncoder,
  type EXACT,
  FIRST_REJECT,
  type NORMALIZED,
  ROUNDED,
  rejectCodeOf,
} from '../../../../src/engine/encode/cell/conversion-encoder.ts'
import type { RejectCode } from '../../../../src/engine/model/conversion.ts'
import type { SqliteValue } from '../../../../src/engine/model/storage.ts'

/** TEXT as stored, valid UTF-8 or not. */
export class StoredText {
  readonly bytes: Buffer
  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes)
  }
}

export type SourceValue = SqliteValue | StoredText

/** A cell in the midst of other bytes, as readers give it: digits around it betray an encoder that reads too far. */
export function cellOf(value: SourceValue): Cell {
  const cell = new Cell()
  if (value === null) cell.setNull()
  else if (typeof value === 'bigint') cell.setBigInteger(value)
  else if (typeof value === 'number') cell.setReal(value)
  else {
    const isText = typeof value === 'string' || value instanceof StoredText
    const bytes =
      typeof value === 'string'
        ? Buffer.from(value, 'utf8')
        : value instanceof StoredText
          ? value.bytes
          : value
    const page = Buffer.concat([Buffer.from('7.0'), bytes, Buffer.from('5e9')])
    if (isText) cell.setText(page, 3, 3 + bytes.length)
    else cell.setBlob(page, 3, 3 + bytes.length)
  }
  return cell
}

type Encoded = {
  readonly outcome: 'exact' | 'normalized' | 'rounded' | RejectCode
  /** The field without its length; null for null and for a refusal. */
  readonly field: Buffer | null
  readonly error: string | null
}

export function encodeWith(encoder: CellEncoder, value: SourceValue): Encoded {
  const out = new ByteWriter(1)
  out.ascii('before')
  const outcome = encoder.encode(cellOf(value), out)
  if (outcome >= FIRST_REJECT) return { outcome: rejectCodeOf(outcome), field: null, error: null }
  const written = out.buffer.subarray(6, out.position)
  const length = written.readInt32BE(0)
  expect(written.length, 'a field is as long as its length says').toBe(4 + Math.max(0, length))
  return {
    outcome: (['exact', 'normalized', 'rounded'] as const)[
      outcome as typeof EXACT | typeof NORMALIZED | typeof ROUNDED
    ],
    field: length === -1 ? null : Buffer.from(written.subarray(4)),
    error: outcome === ROUNDED ? encoder.lastError() : null,
  }
}

/** Encodes and checks the claim of EXACT; with `bothWays`, that nothing else comes back identical either. */
export function checkRoundTrip(
  encoder: CellEncoder,
  decode: (field: Buffer) => SqliteValue,
  value: SourceValue,
  bothWays = true,
): Encoded {
  const encoded = encodeWith(encoder, value)
  if (encoded.field === null) {
    if (value === null) expect(encoded.outcome).toBe('exact')
    return encoded
  }
  const isBack = isIdentical(decode(encoded.field), value)
  if (encoded.outcome === 'exact') expect(isBack, `${String(value)} is exact`).toBe(true)
  else if (bothWays) expect(isBack, `${String(value)} is ${encoded.outcome}`).toBe(false)
  return encoded
}

/** The same storage class and the same bytes. */
function isIdentical(a: SqliteValue, b: SourceValue): boolean {
  if (typeof a === 'string') {
    if (b instanceof StoredText) return Buffer.from(a, 'utf8').equals(b.bytes)
    return a === b
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.from(a).equals(Buffer.from(b))
  return Object.is(a, b)
}
