/** `bits`: bit(n) and bit varying(n). Invariant: nothing is truncated or padded; the text must have a length that the type allows. */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, INTEGER, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'

type BitsConversion = Extract<Conversion, { kind: 'bits' }>

const notBits = reject('not-bits')
const unexpectedBlob = reject('unexpected-blob')
const unexpectedNumber = reject('unexpected-number')

export function bitsEncoder({ length, isVarying }: BitsConversion): CellEncoder {
  return {
    encode(cell, out) {
      if (cell.storage === NULL) return writeNull(out)
      if (cell.storage === BLOB) return unexpectedBlob
      // 0 or 1 in bit(1), as some drivers write booleans.
      const isTruth = cell.storage === INTEGER && length === 1 && (cell.number === 0 || cell.number === 1)
      if (cell.storage !== TEXT && !isTruth) return unexpectedNumber
      const text = isTruth ? String(cell.number) : cell.bytes().toString('latin1')
      const fits = length === null || text.length === length || (isVarying && text.length < length)
      if (!fits || !/^[01]*$/.test(text)) return notBits
      const bytes = Buffer.alloc(Math.ceil(text.length / 8))
      for (let at = 0; at < text.length; at++) if (text[at] === '1') bytes[at >> 3]! |= 0x80 >> (at & 7)
      out.reserve(8)
      out.int32(4 + bytes.length)
      out.int32(text.length)
      out.bytes(bytes, 0, bytes.length)
      return cell.storage === TEXT ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

export function printBits(field: Buffer): string {
  const length = field.readInt32BE(0)
  return Array.from({ length }, (_, at) =>
    (field[4 + (at >> 3)]! & (0x80 >> (at & 7))) === 0 ? '0' : '1',
  ).join('')
}

export function bitsDecoder(_conversion: BitsConversion): (field: Buffer) => SqliteValue {
  return printBits
}
