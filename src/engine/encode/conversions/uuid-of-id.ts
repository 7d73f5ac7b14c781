/**
 * `uuid-of-id`: a row's id as a UUID. An id that is a UUID (text in any spelling, or 16 bytes) stays that UUID. Any other becomes
 * UUIDv5(namespace, name): the namespace is UUIDv5(`idNamespace`, "database/table"), the name is the id's text: INTEGER in decimal, REAL as
 * its shortest decimal in JavaScript's spelling, TEXT as its bytes, BLOB as lower-case hex. Invariant: equal ids of a table yield equal
 * UUIDs in every run and on every machine, so references follow the same rule; 5, 5.0 and '5', which SQLite compares as equal across
 * affinities, are one id.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, type Cell, INTEGER, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { isSpelledAs, NOT_A_UUID, readUuid, uuidBytes, writeUuidAs } from '../text/uuid-text.ts'
import { UuidV5 } from '../text/uuid-v5.ts'
import { textOfNumber } from './text.ts'

type UuidOfIdConversion = Extract<Conversion, { kind: 'uuid-of-id' }>

/** UUIDv5 of the DNS namespace (RFC 9562 section 6.6) and the name `gpt-migrate`. Must never change: ids depend on it. */
export const idNamespace = 'bf994cc6-01c4-5841-8c0c-e4c5647f2bf1'

const notFinite = reject('not-finite')

export function uuidOfIdEncoder(conversion: UuidOfIdConversion): CellEncoder {
  const { form } = conversion
  const uuids = new UuidV5(tableNamespace(conversion.database, conversion.table))
  const digits = Buffer.alloc(32)

  function encodeName(bytes: Uint8Array, start: number, end: number, out: ByteWriter): Outcome {
    uuids.make(bytes, start, end)
    write(uuids.bytes, 0, out)
    return NORMALIZED
  }

  function encodeText(cell: Cell, out: ByteWriter): Outcome {
    const spelling = readUuid(cell.buffer, cell.start, cell.end)
    if (spelling === NOT_A_UUID) return encodeName(cell.buffer, cell.start, cell.end, out)
    write(uuidBytes, 0, out)
    return isSpelledAs(spelling, form) ? EXACT : NORMALIZED
  }

  function encodeBlob(cell: Cell, out: ByteWriter): Outcome {
    const { buffer, start, end } = cell
    if (end - start === 16) {
      write(buffer, start, out)
      return form === 'blob' ? EXACT : NORMALIZED
    }
    const hex = Buffer.from(buffer.toString('hex', start, end), 'latin1')
    return encodeName(hex, 0, hex.length, out)
  }

  return {
    encode(cell, out) {
      switch (cell.storage) {
        case TEXT:
          return encodeText(cell, out)
        case NULL:
          return writeNull(out)
        case BLOB:
          return encodeBlob(cell, out)
        case INTEGER:
          if (cell.number >= 0) return encodeName(digits, 0, writeDigits(digits, cell.number), out)
          break
        default:
          if (!Number.isFinite(cell.number)) return notFinite
      }
      return encodeName(digits, 0, digits.write(textOfNumber(cell), 0, 'latin1'), out)
    },
    lastError: noError,
  }
}

/** Writes a whole number ≥ 0 in decimal and returns its number of digits. */
function writeDigits(digits: Buffer, value: number): number {
  let count = 1
  for (let limit = 10; value >= limit; limit *= 10) count++
  let rest = value
  for (let at = count - 1; at >= 0; at--) {
    const quotient = Math.floor(rest / 10)
    digits[at] = 0x30 + (rest - quotient * 10)
    rest = quotient
  }
  return count
}

function write(bytes: Uint8Array, start: number, out: ByteWriter): void {
  out.reserve(20)
  out.int32(16)
  out.bytes(bytes, start, start + 16)
}

function tableNamespace(database: string, table: string): Buffer {
  const uuids = new UuidV5(Buffer.from(idNamespace.replaceAll('-', ''), 'hex'))
  const name = Buffer.from(`${database}/${table}`, 'utf8')
  uuids.make(name, 0, name.length)
  return uuids.bytes
}

/** Returns the id if it was a UUID; any other original is in the added column `source_<name>`, not in the UUID. */
export function uuidOfIdDecoder(conversion: UuidOfIdConversion): (field: Buffer) => SqliteValue {
  const { form } = conversion
  return (field) => writeUuidAs(field, form)
}
