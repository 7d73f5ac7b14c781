/**
 * `text`: text and varchar. TEXT and BLOB keep their bytes, numbers become their shortest text. Invariant: what PostgreSQL would refuse or
 * change (U+0000, invalid UTF-8, more characters than declared) is refused here.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { type Cell, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { maxFieldBytes, noError, writeNull } from '../cell/field.ts'
import { countCharacters, countLongCharacters, NUL_IN_TEXT } from '../text/utf8.ts'

type TextConversion = Extract<Conversion, { kind: 'text' }>

const textTooLong = reject('text-too-long')
const nulInText = reject('nul-in-text')
const invalidUtf8 = reject('invalid-utf8')
const valueTooLarge = reject('value-too-large')

export function textEncoder(conversion: TextConversion): CellEncoder {
  const maxCharacters = conversion.maxCharacters ?? Number.POSITIVE_INFINITY

  function encodeBytes(cell: Cell, out: ByteWriter, outcome: Outcome): Outcome {
    const { buffer, start, end } = cell
    const isShort = end - start <= SHORT && end - start <= maxCharacters && !cell.isLong
    if (isShort && copyAscii(buffer, start, end, out)) return outcome
    if (end - start > maxFieldBytes) return valueTooLarge
    const characters = cell.isLong
      ? countLongCharacters(cell.long!.pieces())
      : countCharacters(buffer, start, end)
    if (characters < 0) return characters === NUL_IN_TEXT ? nulInText : invalidUtf8
    if (characters > maxCharacters) return textTooLong
    out.reserve(4)
    out.int32(end - start)
    if (cell.isLong) out.long(cell.long!)
    else out.bytes(buffer, start, end)
    return outcome
  }

  function encodeNumber(text: string, out: ByteWriter): Outcome {
    if (text.length > maxCharacters) return textTooLong
    out.reserve(4)
    out.int32(text.length)
    out.ascii(text)
    return NORMALIZED
  }

  return {
    encode(cell, out) {
      switch (cell.storage) {
        case TEXT:
          return encodeBytes(cell, out, EXACT)
        case NULL:
          return writeNull(out)
        case INTEGER:
          return encodeNumber(textOfNumber(cell), out)
        case REAL:
          return encodeNumber(textOfNumber(cell), out)
        default:
          return encodeBytes(cell, out, NORMALIZED)
      }
    },
    lastError: noError,
  }
}

/** The size in bytes up to which one loop both checks and copies. */
const SHORT = 64

/** Writes the field if all bytes are ASCII and not U+0000, when bytes and characters are the same number. */
function copyAscii(bytes: Uint8Array, start: number, end: number, out: ByteWriter): boolean {
  out.reserve(4 + SHORT)
  const { buffer } = out
  let to = out.position + 4
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0 || byte > 0x7f) return false
    buffer[to++] = byte
  }
  out.int32(end - start)
  out.position = to
  return true
}

/** INTEGER in decimal; REAL as the shortest decimal that reads back the same, as JavaScript spells it: 5, 0.1, 1e+21, -0, Infinity. */
export function textOfNumber(cell: Cell): string {
  if (Object.is(cell.number, -0)) return '-0'
  return Number.isNaN(cell.number) && cell.storage === INTEGER ? String(cell.big) : String(cell.number)
}

export function textDecoder(_conversion: TextConversion): (field: Buffer) => SqliteValue {
  return (field) => field.toString('utf8')
}
