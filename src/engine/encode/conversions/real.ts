/**
 * `real`: float4. Invariant: a cell is EXACT only if the shortest decimal of its float4 reads as exactly the source's double; any other
 * number in range is rounded to the nearest float4, with its error.
 */
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { type Cell, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import {
  type CellEncoder,
  EXACT,
  NORMALIZED,
  type Outcome,
  ROUNDED,
  reject,
} from '../cell/conversion-encoder.ts'
import { writeNull } from '../cell/field.ts'
import { Decimal } from '../numbers/decimal.ts'

const notANumber = reject('not-a-number')
const overflow = reject('numeric-overflow')
const unexpectedBlob = reject('unexpected-blob')

const decimal = new Decimal()

export function realEncoder(): CellEncoder {
  let error = 0

  function write(number: number, out: ByteWriter, kept: Outcome): Outcome {
    const single = Math.fround(number)
    if (Number.isFinite(number) && !Number.isFinite(single)) return overflow
    // PostgreSQL's input function refuses a number that underflows to zero.
    if (single === 0 && number !== 0) return overflow
    out.reserve(8)
    out.int32(4)
    floatBytes.setFloat32(0, single)
    out.int32(floatBytes.getInt32(0))
    const said = shortestSingle(single)
    if (Object.is(said, number)) return kept
    error = Math.abs(said - number)
    return ROUNDED
  }

  return {
    encode(cell, out) {
      switch (cell.storage) {
        case REAL:
          return Number.isNaN(cell.number) ? notANumber : write(cell.number, out, EXACT)
        case NULL:
          return writeNull(out)
        case INTEGER: {
          const number = Number(cell.integer())
          return write(number, out, NORMALIZED)
        }
        case TEXT:
          if (!isDecimal(cell)) return notANumber
          return write(Number(cell.buffer.toString('latin1', cell.start, cell.end)), out, NORMALIZED)
        default:
          return unexpectedBlob
      }
    },
    lastError: () => decimalOf(error),
  }
}

const floatBytes = new DataView(new ArrayBuffer(4))

function isDecimal(cell: Cell): boolean {
  return !cell.isLong && decimal.parse(cell.buffer, cell.start, cell.end)
}

/** The number of digits that distinguishes any two float4 (https://en.wikipedia.org/wiki/Single-precision_floating-point_format). */
const MOST_DIGITS = 9

/** The double nearest to the shortest decimal that reads back as the float4. */
function shortestSingle(single: number): number {
  if (!Number.isFinite(single) || single === 0) return single
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const number = Number(single.toPrecision(digits))
    if (Math.fround(number) === single) return number
  }
  return Number(single.toPrecision(MOST_DIGITS))
}

/** Decimal digits without an exponent. */
function decimalOf(error: number): string {
  if (error >= 1e21) return BigInt(error).toString()
  return error >= 1 ? String(error) : error.toFixed(60).replace(/0+$/, '')
}

export function realDecoder(): (field: Buffer) => SqliteValue {
  return (field) => shortestSingle(field.readFloatBE(0))
}
