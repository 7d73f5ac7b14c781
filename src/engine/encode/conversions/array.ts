/**
 * `array`: a JSON array as a one-dimensional PostgreSQL array. Invariant: each member goes through the element's own conversion; the cell
 * is refused if any member is refused, or is an array or object.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, Cell, NULL, TEXT } from '../cell/cell.ts'
import {
  type CellEncoder,
  EXACT,
  FIRST_REJECT,
  NORMALIZED,
  type Outcome,
  ROUNDED,
  reject,
} from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { Digits, readJsonArray } from '../json/json-digits.ts'
import { largerDecimal } from '../numbers/decimal.ts'

type ArrayConversion = Extract<Conversion, { kind: 'array' }>

const notAnArray = reject('not-an-array')
const unexpectedBlob = reject('unexpected-blob')
const unexpectedNumber = reject('unexpected-number')

/** A member of the JSON array; numbers keep their digits. */
type Member = string | boolean | null | Digits

/** The codec of the element's conversion, passed in to avoid a circular import of the codecs. */
export type ElementCodec = {
  readonly encoder: CellEncoder
  readonly decode: (field: Buffer) => SqliteValue
}

export function arrayEncoder(conversion: ArrayConversion, codec: ElementCodec): CellEncoder {
  const { encoder } = codec
  const decode = arrayDecoder(conversion, codec)
  const member = new Cell()
  const fields = new ByteWriter(256)
  let error = '0'

  return {
    encode(cell, out) {
      if (cell.storage === NULL) return writeNull(out)
      if (cell.storage === BLOB) return unexpectedBlob
      if (cell.storage !== TEXT) return unexpectedNumber
      const text = cell.bytes().toString('utf8')
      const members = readMembers(text)
      if (members === null) return notAnArray
      error = '0'
      let worst: Outcome = EXACT
      fields.takeBack(0)
      for (const one of members) {
        fill(member, one)
        const outcome = encoder.encode(member, fields)
        if (outcome >= FIRST_REJECT) return outcome
        if (outcome === ROUNDED) {
          worst = ROUNDED
          error = largerDecimal(error, encoder.lastError())
        }
      }
      const length = members.length === 0 ? 12 : 20 + fields.position
      out.reserve(24)
      out.int32(length)
      const start = out.position
      out.int32(members.length === 0 ? 0 : 1)
      out.int32(members.includes(null) ? 1 : 0)
      out.int32(conversion.oid)
      if (members.length > 0) {
        out.int32(members.length)
        out.int32(1)
        out.bytes(fields.buffer, 0, fields.position)
      }
      if (worst === ROUNDED) return ROUNDED
      return decode(out.buffer.subarray(start, out.position)) === text ? EXACT : NORMALIZED
    },
    lastError: () => (error === '0' ? noError() : error),
  }
}

/** Null when the text is no JSON array of plain values. */
function readMembers(text: string): readonly Member[] | null {
  const members = readJsonArray(text)
  const isPlain = (value: unknown): value is Member =>
    value === null || typeof value === 'string' || typeof value === 'boolean' || value instanceof Digits
  return members?.every(isPlain) ? members : null
}

function fill(cell: Cell, member: Member): void {
  const digits = member instanceof Digits ? member.text : null
  if (member === null) cell.setNull()
  else if (digits !== null && /^-?\d{1,18}$/.test(digits) && digits !== '-0')
    cell.setBigInteger(BigInt(digits))
  else if (digits !== null && String(Number(digits)) === digits) cell.setReal(Number(digits))
  else {
    const bytes = Buffer.from(digits ?? String(member))
    cell.setText(bytes, 0, bytes.length)
  }
}

export function arrayDecoder(
  { element }: ArrayConversion,
  { decode }: ElementCodec,
): (field: Buffer) => SqliteValue {
  const print = (value: SqliteValue): string => {
    if (element.kind === 'boolean') return String(value)
    return typeof value === 'string' && element.kind !== 'numeric' ? JSON.stringify(value) : String(value)
  }
  return (field) => {
    const count = field.readInt32BE(0) === 0 ? 0 : field.readInt32BE(12)
    const members: string[] = []
    let at = 20
    for (let index = 0; index < count; index++) {
      const length = field.readInt32BE(at)
      at += 4
      members.push(length < 0 ? 'null' : print(decode(field.subarray(at, at + Math.max(length, 0)))))
      at += Math.max(length, 0)
    }
    return `[${members.join(',')}]`
  }
}
