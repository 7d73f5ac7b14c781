/**
 * `numeric`: INTEGER, REAL (as its shortest decimal) and decimal TEXT. Invariant: the decimal that is sent already has the declared scale,
 * so the server never rounds; a changed value is ROUNDED, with a known error.
 *
 * The inverse writes, in form `text`, plain digits: without trailing zeros after the point when a scale is declared, else with the digits
 * as written (the server keeps their number). In form `integer` it writes an INTEGER for a whole number that fits, else a REAL; in form
 * `real` a REAL. A value that is not the shortest decimal of a double stays INTEGER or TEXT.
 */
import type { Conversion, DecimalPoint } from '../../model/conversion.ts'
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
import { readNumeric, readSpecialNumeric, writeNumeric, writeSmallNumeric } from '../numbers/numeric-field.ts'
import { maxTried, powersOfTen, SmallDecimal, triedDigits } from '../numbers/small-decimal.ts'
import { amountDecimal, writeDecimalOfAmount } from '../numbers/written-amount.ts'

type NumericConversion = Extract<Conversion, { kind: 'numeric' }>

/** https://www.postgresql.org/docs/current/datatype-numeric.html "Numeric Types" */
export const maxWholeDigits = 131_072
const maxScale = 16_383

const notANumber = reject('not-a-number')
const notFinite = reject('not-finite')
const overflow = reject('numeric-overflow')
const unexpectedBlob = reject('unexpected-blob')

const decimal = new Decimal()
const small = new SmallDecimal()

export function numericEncoder(conversion: NumericConversion): CellEncoder {
  return new NumericEncoder(conversion)
}

class NumericEncoder implements CellEncoder {
  readonly #form: NumericConversion['form']
  readonly #point: DecimalPoint | null
  /** Null for an unconstrained column. */
  readonly #scale: number | null
  /** The value must be less than 10^`#room`. */
  readonly #room: number
  readonly #dscale: number
  /** False for a negative scale, and for a scale greater than the precision: every value then goes through `Decimal`. */
  readonly #isUsual: boolean
  readonly #limit: number
  readonly #tried: number
  /** Not shared, so that a cell's error can be requested after other columns' cells were encoded. */
  readonly #decimal = new Decimal()
  /** The REAL last rounded without `Decimal`; null when `Decimal` rounded it. */
  #rounded: number | null = null

  constructor(conversion: NumericConversion) {
    const { precision, form } = conversion
    const scale = precision === null ? null : (conversion.scale ?? 0)
    this.#form = form
    this.#point = conversion.point ?? null
    this.#scale = scale
    this.#room = precision === null || scale === null ? maxWholeDigits : precision - scale
    this.#dscale = Math.max(0, scale ?? 0)
    this.#isUsual = scale === null || (scale >= 0 && this.#room >= 0)
    this.#limit = this.#room > 15 ? Number.POSITIVE_INFINITY : 10 ** this.#room
    this.#tried = scale === null ? triedDigits : Math.min(this.#dscale, triedDigits)
  }

  encode(cell: Cell, out: ByteWriter): Outcome {
    switch (cell.storage) {
      case REAL:
        return this.#encodeReal(cell.number, out)
      case TEXT:
        return this.#encodeText(cell, out)
      case INTEGER:
        return this.#encodeInteger(cell, out)
      case NULL:
        return writeNull(out)
      default:
        return unexpectedBlob
    }
  }

  lastError(): string {
    if (this.#rounded === null) return this.#decimal.errorText()
    return shortErrorText(this.#rounded, this.#dscale) ?? longErrorText(this.#rounded, this.#dscale)
  }

  #encodeInteger(cell: Cell, out: ByteWriter): Outcome {
    const value = Math.abs(cell.number)
    const kept = this.#form === 'integer' ? EXACT : NORMALIZED
    if (this.#isUsual && value <= Number.MAX_SAFE_INTEGER) {
      if (value >= this.#limit) return overflow
      writeSmallNumeric(out, cell.number < 0, value, 0, 0, this.#dscale)
      return kept
    }
    this.#decimal.setText(String(cell.integer()))
    return this.#encodeDecimal(out, 0, kept)
  }

  #encodeReal(value: number, out: ByteWriter): Outcome {
    const size = Math.abs(value)
    let digits = this.#tried
    while (digits > 0 && size * powersOfTen[digits]! > maxTried) digits--
    const unit = powersOfTen[digits]!
    const product = size * unit
    if (this.#isUsual && product <= maxTried) {
      const nearest = Math.round(product)
      const isSame = nearest / unit === size
      // The product and the shortest decimal are each within half a unit in the last place, so the nearest integer is certain unless the
      // product is that close to a half.
      const isDecided =
        isSame || (digits === this.#scale && Math.abs(product - nearest) < 0.5 - product * 2 ** -50)
      if (isDecided) {
        const whole = Math.floor(nearest / unit)
        if (whole >= this.#limit) return overflow
        const fraction = (nearest - whole * unit) * powersOfTen[this.#tried - digits]!
        if (this.#scale === null) writeShortest(out, value < 0, whole, fraction)
        else writeSmallNumeric(out, value < 0, whole, fraction, this.#tried, this.#dscale)
        if (!isSame) {
          this.#rounded = value
          return ROUNDED
        }
        if (Object.is(value, -0) || this.#form === 'text') return NORMALIZED
        return this.#form === 'integer' && fraction === 0 ? NORMALIZED : EXACT
      }
    }
    if (!Number.isFinite(value)) return Number.isNaN(value) ? notANumber : notFinite
    this.#decimal.setText(String(value))
    const isKept =
      !Object.is(value, -0) &&
      (this.#form === 'real' || (this.#form === 'integer' && this.#decimal.toInt64() === null))
    return this.#encodeDecimal(out, this.#decimal.neededScale(), isKept ? EXACT : NORMALIZED)
  }

  /** Parses an amount as people write it; other text is not a number in such a column. */
  #encodeAmount({ buffer, start, end }: Cell, point: DecimalPoint, out: ByteWriter): Outcome {
    const length = writeDecimalOfAmount(buffer, start, end, point)
    if (length === 0) return notANumber
    const outcome = this.#encodeDecimalText(amountDecimal, 0, length, out)
    return outcome === EXACT ? NORMALIZED : outcome
  }

  #encodeText(cell: Cell, out: ByteWriter): Outcome {
    return this.#point === null
      ? this.#encodeDecimalText(cell.buffer, cell.start, cell.end, out)
      : this.#encodeAmount(cell, this.#point, out)
  }

  #encodeDecimalText(bytes: Buffer, start: number, end: number, out: ByteWriter): Outcome {
    const isForm = this.#form === 'text'
    if (this.#isUsual && small.scan(bytes, start, end)) {
      const { negative, whole } = small
      let { fraction, fractionDigits } = small
      const scale = this.#scale
      let isKept = isForm && small.plain && !(negative && whole === 0 && fraction === 0)
      if (scale !== null && fractionDigits > 0 && fraction % 10 === 0) isKept = false
      if (scale !== null && fractionDigits > scale) {
        const unit = powersOfTen[fractionDigits - scale]!
        if (fraction % unit !== 0) return this.#encodeLongText(bytes, start, end, out)
        fraction /= unit
        fractionDigits = scale
      }
      if (whole >= this.#limit) return overflow
      writeSmallNumeric(
        out,
        negative,
        whole,
        fraction,
        fractionDigits,
        scale === null ? fractionDigits : this.#dscale,
      )
      return isKept ? EXACT : NORMALIZED
    }
    return this.#encodeLongText(bytes, start, end, out)
  }

  #encodeLongText(bytes: Buffer, start: number, end: number, out: ByteWriter): Outcome {
    const decimal = this.#decimal
    if (!decimal.parse(bytes, start, end)) return notANumber
    const isKept =
      this.#form === 'text' &&
      decimal.plain &&
      !(decimal.negative && decimal.count === 0) &&
      (this.#scale === null || decimal.scale === decimal.neededScale())
    return this.#encodeDecimal(out, decimal.scale, isKept ? EXACT : NORMALIZED)
  }

  /** Rounds `#decimal`, checks its bounds and writes it; `scale` is used when the column declares none. */
  #encodeDecimal(out: ByteWriter, scale: number, kept: Outcome): Outcome {
    const decimal = this.#decimal
    const isRounded = this.#scale !== null && decimal.round(this.#scale)
    if (decimal.count > 0 && decimal.exponent > this.#room) return overflow
    if (this.#scale === null && scale > maxScale) return overflow
    writeNumeric(out, decimal, this.#scale === null ? scale : this.#dscale)
    if (!isRounded) return kept
    this.#rounded = null
    return ROUNDED
  }
}

/** The distance that rounding moves `value`, read off its shortest decimal; null when that is not simple. */
function shortErrorText(value: number, scale: number): string | null {
  const text = String(Math.abs(value))
  const point = text.indexOf('.')
  const dropped = text.slice(point + 1 + scale)
  const { length } = dropped
  if (point < 0 || length === 0 || length > 15 || text.includes('e')) return null
  const moved = dropped < '5' ? dropped : String(powersOfTen[length]! - Number(dropped)).padStart(length, '0')
  return `0.${'0'.repeat(scale)}${moved}`
}

function longErrorText(value: number, scale: number): string {
  decimal.setText(String(value))
  decimal.round(scale)
  return decimal.errorText()
}

function writeShortest(out: ByteWriter, negative: boolean, whole: number, fraction: number): void {
  let digits = fraction === 0 ? 0 : triedDigits
  let kept = fraction
  while (digits > 0 && kept % 10 === 0) {
    kept /= 10
    digits--
  }
  writeSmallNumeric(out, negative, whole, kept, digits, digits)
}

/** The inverse. `NaN`, which a run never writes, is returned as TEXT. */
export function numericDecoder(conversion: NumericConversion): (field: Buffer) => SqliteValue {
  const { form } = conversion
  const isUnconstrained = conversion.precision === null
  return (field) => {
    if (!readNumeric(field, decimal)) return readSpecialNumeric(field)
    const text = decimal.toText(isUnconstrained ? decimal.scale : decimal.neededScale())
    if (form === 'text') return text
    if (form === 'integer') {
      const integer = decimal.toInt64()
      if (integer !== null) return integer
    }
    const number = Number(text)
    if (decimal.isShortestOf(number)) return number
    return decimal.toInt64() ?? text
  }
}
