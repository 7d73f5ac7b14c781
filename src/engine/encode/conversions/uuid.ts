/**
 * `uuid`: a UUID as text, also in braces or as a URN, or as 16 bytes. Invariant: the 128 bits are copied unchanged; anything that is not a
 * UUID is refused. The inverse writes the column's form; `none` is written as `lower`.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { isSpelledAs, NOT_A_UUID, readUuidInto, readWrappedUuidInto, writeUuidAs } from '../text/uuid-text.ts'

type UuidConversion = Extract<Conversion, { kind: 'uuid' }>

const notAUuid = reject('not-a-uuid')

export function uuidEncoder(conversion: UuidConversion): CellEncoder {
  const { form } = conversion
  return {
    encode(cell, out) {
      const { storage } = cell
      if (storage === TEXT) {
        out.reserve(20)
        const { buffer, start, end } = cell
        const spelling = readUuidInto(buffer, start, end, out.buffer, out.position + 4)
        const isWrapped =
          spelling === NOT_A_UUID && readWrappedUuidInto(buffer, start, end, out.buffer, out.position + 4)
        if (spelling === NOT_A_UUID && !isWrapped) return notAUuid
        out.int32(16)
        out.position += 16
        return !isWrapped && isSpelledAs(spelling, form) ? EXACT : NORMALIZED
      }
      if (storage === NULL) return writeNull(out)
      if (storage !== BLOB || cell.end - cell.start !== 16) return notAUuid
      out.reserve(20)
      out.int32(16)
      out.bytes(cell.buffer, cell.start, cell.end)
      return form === 'blob' ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

export function uuidDecoder(conversion: UuidConversion): (field: Buffer) => SqliteValue {
  const { form } = conversion
  return (field) => writeUuidAs(field, form)
}
