/**
 * `integer`: int2, int4, int8, from INTEGER, whole REAL, and decimal TEXT with a whole value. Invariant: nothing is truncated or rounded; a
 * value that is not whole or does not fit the type is refused. The inverse writes the shortest decimal digits in form `text`.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { type Cell, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { Decimal } from '../numbers/decimal.ts'
import { SmallDecimal } from '../numbers/small-decimal.ts'

type IntegerConversion = Extract<Conversion, { kind: 'integer' }>

const notAnInteger = reject('not-an-integer')
const outOfRange = reject('integer-out-of-range')
const notFinite = reject('not-finite')
const unexpectedBlob = reject('unexpected-blob')

const maxExact = 2 ** 53

const decimal = new Decimal()
const small = new SmallDecimal()

export function integerEncoder(conversion: IntegerConversion): CellEncoder {
  const { bytes } = conversion
  const isTextForm = conversion.form === 'text'
  const limit = 2 ** (bytes * 8 - 1)

  function write(value: number, out: ByteWriter, outcome: Outcome): Outcome {
    if (value >= limit || value < -limit) return outOfRange
    out.reserve(12)
    out.int32(bytes)
    if (bytes === 8) out.int64(value)
    else if (bytes === 4) out.int32(value)
    else out.int16(value)
    return outcome
  }

  function writeBig(value: bigint, out: ByteWriter, outcome: Outcome): Outcome {
    if (bytes !== 8 || BigInt.asIntN(64, value) !== value) return outOfRange
    out.reserve(12)
    out.int32(8)
    out.bigInt64(value)
    return outcome
  }

  function encodeText(cell: Cell, out: ByteWriter): Outcome {
    if (small.scan(cell.buffer, cell.start, cell.end)) {
      if (small.fraction !== 0) return notAnInteger
      const isKept =
        isTextForm && small.plain && small.fractionDigits === 0 && !(small.negative && small.whole === 0)
      const value = small.negative ? 0 - small.whole : small.whole
      return write(value, out, isKept ? EXACT : NORMALIZED)
    }
    if (!decimal.parse(cell.buffer, cell.start, cell.end) || !decimal.isWhole()) return notAnInteger
    const value = decimal.toInt64()
    if (value === null) return outOfRange
    const isKept =
      isTextForm && decimal.plain && decimal.scale === 0 && !(decimal.negative && decimal.count === 0)
    const outcome = isKept ? EXACT : NORMALIZED
    if (value >= -9007199254740992n && value <= 9007199254740992n) return write(Number(value), out, outcome)
    return writeBig(value, out, outcome)
  }

  return {
    encode(cell, out) {
      switch (cell.storage) {
        case INTEGER:
          if (Number.isNaN(cell.number)) return writeBig(cell.big, out, isTextForm ? NORMALIZED : EXACT)
          return write(cell.number, out, isTextForm ? NORMALIZED : EXACT)
        case NULL:
          return writeNull(out)
        case REAL: {
          const { number } = cell
          if (!Number.isFinite(number)) return notFinite
          if (!Number.isInteger(number)) return notAnInteger
          if (Math.abs(number) <= maxExact) return write(number, out, NORMALIZED)
          return writeBig(BigInt(number), out, NORMALIZED)
        }
        case TEXT:
          return encodeText(cell, out)
        default:
          return unexpectedBlob
      }
    },
    lastError: noError,
  }
}

export function integerDecoder(conversion: IntegerConversion): (field: Buffer) => SqliteValue {
  const isTextForm = conversion.form === 'text'
  return (field) => {
    const value =
      field.length === 8
        ? field.readBigInt64BE(0)
        : BigInt(field.length === 4 ? field.readInt32BE(0) : field.readInt16BE(0))
    return isTextForm ? String(value) : value
  }
}
