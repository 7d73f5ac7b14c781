/**
 * `double`: float8. REAL bit for bit; INTEGER and TEXT only if the double has the same value. Invariant: no digit is silently lost: TEXT is
 * accepted if its decimal is the shortest of its double, or the double's exact value.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { type Cell, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { Decimal } from '../numbers/decimal.ts'
import { powersOfTen, SmallDecimal } from '../numbers/small-decimal.ts'

type DoubleConversion = Extract<Conversion, { kind: 'double' }>

const notANumber = reject('not-a-number')
const integerOutOfRange = reject('integer-out-of-range')
/** Also for a decimal with more digits than a double can hold. */
const overflow = reject('numeric-overflow')
const unexpectedBlob = reject('unexpected-blob')

const decimal = new Decimal()
const exact = new Decimal()
const small = new SmallDecimal()

export function doubleEncoder(_conversion: DoubleConversion): CellEncoder {
  return { encode, lastError: noError }
}

function encode(cell: Cell, out: ByteWriter): Outcome {
  switch (cell.storage) {
    case REAL:
      if (Number.isNaN(cell.number)) return notANumber
      return write(cell.number, out, EXACT)
    case NULL:
      return writeNull(out)
    case INTEGER: {
      if (!Number.isNaN(cell.number)) return write(cell.number, out, NORMALIZED)
      const number = Number(cell.big)
      return BigInt(number) === cell.big ? write(number, out, NORMALIZED) : integerOutOfRange
    }
    case TEXT:
      return encodeText(cell, out)
    default:
      return unexpectedBlob
  }
}

function encodeText(cell: Cell, out: ByteWriter): Outcome {
  const { buffer, start, end } = cell
  if (small.scan(buffer, start, end) && small.wholeDigits + small.fractionDigits <= 15) {
    // Both are exact, so their quotient is the nearest double
    // (https://www.exploringbinary.com/fast-path-decimal-to-floating-point-conversion/).
    const unit = powersOfTen[small.fractionDigits]!
    const number = (small.whole * unit + small.fraction) / unit
    return write(small.negative ? -number : number, out, NORMALIZED)
  }
  if (!decimal.parse(buffer, start, end)) return notANumber
  const number = Number(buffer.toString('latin1', start, end))
  return isSameNumber(number) ? write(number, out, NORMALIZED) : overflow
}

/** Whether `number`, the double nearest to `decimal`, has exactly its value or has it as shortest decimal. */
function isSameNumber(number: number): boolean {
  if (!Number.isFinite(number)) return false
  if (decimal.isShortestOf(number)) return true
  if (!Number.isInteger(number)) return false
  exact.setText(String(BigInt(number)))
  return exact.equals(decimal)
}

function write(number: number, out: ByteWriter, outcome: Outcome): Outcome {
  out.reserve(12)
  out.int32(8)
  out.double(number)
  return outcome
}

export function doubleDecoder(_conversion: DoubleConversion): (field: Buffer) => SqliteValue {
  return (field) => field.readDoubleBE(0)
}
