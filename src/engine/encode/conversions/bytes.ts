/**
 * `bytes`: bytea, from BLOB, or from TEXT as its bytes. Invariant: every byte is copied unchanged, valid UTF-8 or not; numbers are refused.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { maxFieldBytes, noError, writeNull } from '../cell/field.ts'

type BytesConversion = Extract<Conversion, { kind: 'bytes' }>

const unexpectedNumber = reject('unexpected-number')
const valueTooLarge = reject('value-too-large')

export function bytesEncoder(_conversion: BytesConversion): CellEncoder {
  return {
    encode(cell, out) {
      const { storage, start, end } = cell
      if (storage === NULL) return writeNull(out)
      if (storage !== BLOB && storage !== TEXT) return unexpectedNumber
      if (end - start > maxFieldBytes) return valueTooLarge
      out.reserve(4)
      out.int32(end - start)
      if (cell.isLong) out.long(cell.long!)
      else out.bytes(cell.buffer, start, end)
      return storage === BLOB ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

/** Returns a copy, since the field's memory may be reused. */
export function bytesDecoder(_conversion: BytesConversion): (field: Buffer) => SqliteValue {
  return (field) => new Uint8Array(field)
}
