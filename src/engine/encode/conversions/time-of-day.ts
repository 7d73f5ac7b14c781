/**
 * `time`: a time of day. Invariant: the outcome is EXACT only if the decoder returns the cell; fractions are rounded as in `moment.ts`, but
 * never into the next day.
 */
import type { Conversion, TimeForm } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, type Cell, NULL, TEXT } from '../cell/cell.ts'
import {
  type CellEncoder,
  EXACT,
  NORMALIZED,
  type Outcome,
  ROUNDED,
  reject,
} from '../cell/conversion-encoder.ts'
import { dayOf, SECONDS_A_DAY } from '../times/civil.ts'
import { errorOfDistance, Instant, readMicros, roundMicro } from '../times/instant.ts'
import { isWrittenSo, type TextForm, writeClockText } from '../times/time-form.ts'
import {
  DATE_ONLY,
  NO_ZONE,
  OTHER_ZONE,
  READ,
  readClockText,
  readTimeText,
  TimeText,
} from '../times/time-text.ts'

type TimeConversion = Extract<Conversion, { kind: 'time' }>

const NOT_A_TIME = reject('not-a-time')
const NOT_IN_RANGE = reject('time-out-of-range')
const UNEXPECTED_BLOB = reject('unexpected-blob')
const UNEXPECTED_NUMBER = reject('unexpected-number')

/** A time of day as microseconds since midnight, also after one of the placeholder dates that programs write; numbers are refused. */
export function timeEncoder(conversion: TimeConversion): CellEncoder {
  return new ClockEncoder(conversion)
}

/** The placeholder dates of Rails, JavaScript, MySQL and Access, Excel and Delphi, .NET. */
const noDates = new Set(
  [
    [2000, 1, 1],
    [1970, 1, 1],
    [1900, 1, 1],
    [1899, 12, 30],
    [1, 1, 1],
  ].map(([year, month, day]) => dayOf(year!, month!, day!)),
)

class ClockEncoder implements CellEncoder {
  readonly #textForm: TextForm
  /** The digits after the second's decimal point. */
  readonly #digits: number
  readonly #found = new TimeText()
  #error = ''

  constructor(conversion: TimeConversion) {
    this.#digits = conversion.precision ?? 6
    this.#textForm = clockTextFormOf(conversion.form)
    this.#found.separator = this.#textForm.separator
  }

  encode(cell: Cell, out: ByteWriter): Outcome {
    out.reserve(12)
    if (cell.storage === NULL) {
      out.int32(-1)
      return EXACT
    }
    if (cell.storage === BLOB) return UNEXPECTED_BLOB
    if (cell.storage !== TEXT) return UNEXPECTED_NUMBER
    const found = this.#found
    const isAlone = readClockText(cell.buffer, cell.start, cell.end, found) === READ
    if (!isAlone && !this.#isAfterNoDate(cell)) return NOT_A_TIME
    const nearest = found.micro + (found.nano >= 500 ? 1 : 0)
    const rounded = roundMicro(nearest, this.#digits)
    const micros = found.second * 1e6 + rounded
    if (micros === SECONDS_A_DAY * 1e6) return NOT_IN_RANGE
    out.int32(8)
    out.int64(micros)
    if (found.nano !== 0 || rounded !== nearest) {
      this.#error = errorOfDistance(rounded * 1000 - (found.micro * 1000 + found.nano))
      return ROUNDED
    }
    return isAlone && isWrittenSo(found, this.#textForm) ? EXACT : NORMALIZED
  }

  #isAfterNoDate({ buffer, start, end }: Cell): boolean {
    const found = this.#found
    const read = readTimeText(buffer, start, end, found)
    const isUtc = found.offset === 0 && found.zone !== OTHER_ZONE
    const isClock = read === READ && found.plain && found.separator !== DATE_ONLY && isUtc
    found.separator = this.#textForm.separator
    return isClock && noDates.has(found.day)
  }

  lastError(): string {
    return this.#error
  }
}

/** Returns a function from the field's bytes to the source value in the column's form. */
export function timeDecoder(conversion: TimeConversion): (field: Buffer) => SqliteValue {
  const form = clockTextFormOf(conversion.form)
  const instant = new Instant()
  return (field) => {
    readMicros(field, instant)
    return writeClockText(instant.second, instant.micro, form)
  }
}

function clockTextFormOf(form: TimeForm): TextForm {
  const fraction = form !== null && form.storage === 'text' ? form.fraction : 0
  return { separator: 0x54, fraction, zone: NO_ZONE }
}
