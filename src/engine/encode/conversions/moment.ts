/**
 * `timestamptz`, `timestamp` and `date`: one way to read a cell, three kinds of field. Invariant: the outcome is EXACT only if the decoder
 * returns the cell, storage class and bytes. Digits of a fraction after the sixth are rounded to the nearest microsecond, a half away from
 * zero (for text: up), with carry; the rounding is counted with its error.
 */
import { type DateOrder, type EpochUnit, isWallUnit } from '../../model/conversion.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, type Cell, INTEGER, NULL, TEXT } from '../cell/cell.ts'
import {
  type CellEncoder,
  EXACT,
  NORMALIZED,
  type Outcome,
  ROUNDED,
  reject,
} from '../cell/conversion-encoder.ts'
import { SECONDS_A_DAY } from '../times/civil.ts'
import { readBigInteger, readDecimalText, readInteger, readReal, realOf } from '../times/epoch.ts'
import {
  dayOfSecond,
  errorOfDistance,
  Instant,
  isInRange,
  roundMicro,
  writeMicros,
} from '../times/instant.ts'
import { readOrderedDate } from '../times/ordered-date.ts'
import { isWrittenSo, type TextForm } from '../times/time-form.ts'
import { NO_ZONE, OUT_OF_RANGE, READ, readTimeText, TimeText, wallSecondOf } from '../times/time-text.ts'
import { type Zone, zoneOf } from '../times/zone.ts'
import { type Moment, momentTextForm, numberFormOf } from './moment-decoder.ts'

const NOT_A_TIME = reject('not-a-time')
const NOT_IN_RANGE = reject('time-out-of-range')
const IN_GAP = reject('time-in-gap')
const UNEXPECTED_BLOB = reject('unexpected-blob')
const UNEXPECTED_NUMBER = reject('unexpected-number')

/**
 * `timestamptz`: an instant as microseconds since 2000-01-01T00:00:00Z. `timestamp`: a wall-clock time as microseconds since
 * 2000-01-01T00:00:00; instants become the wall-clock time of `zone`. `date`: days since 2000-01-01; a time of day other than midnight is
 * refused.
 */
export function momentEncoder(conversion: Moment): CellEncoder {
  return new MomentEncoder(conversion)
}

class MomentEncoder implements CellEncoder {
  readonly #kind: Moment['kind']
  readonly #zone: Zone
  readonly #epoch: EpochUnit | null
  readonly #order: DateOrder | null
  /** The digits after the second's decimal point. */
  readonly #digits: number
  readonly #numberForm: 'integer' | 'real' | null
  /** Null when the column's form is not text. */
  readonly #textForm: TextForm | null
  readonly #found = new TimeText()
  readonly #instant = new Instant()
  #error = ''

  constructor(conversion: Moment) {
    this.#kind = conversion.kind
    this.#zone = zoneOf(conversion.zone)
    this.#epoch = conversion.epoch
    this.#order = conversion.order ?? null
    this.#digits = conversion.precision ?? 6
    this.#numberForm = numberFormOf(conversion)
    this.#textForm = momentTextForm(conversion)
  }

  encode(cell: Cell, out: ByteWriter): Outcome {
    out.reserve(12)
    switch (cell.storage) {
      case TEXT:
        return this.#encodeText(cell, out)
      case NULL:
        out.int32(-1)
        return EXACT
      case BLOB:
        return UNEXPECTED_BLOB
      default:
        return this.#encodeNumber(cell, out)
    }
  }

  lastError(): string {
    return this.#error
  }

  #encodeText(cell: Cell, out: ByteWriter): Outcome {
    const found = this.#found
    const read = this.#read(cell, found)
    if (read === OUT_OF_RANGE) return NOT_IN_RANGE
    if (read !== READ) return this.#encodeDigits(cell, out)
    // Eight digits that are a date could also be a number in the column's unit: which one is meant cannot be known.
    if (this.#epoch !== null && this.#epoch !== 'yyyymmdd' && cell.end - cell.start === 8) return NOT_A_TIME
    const hasZone = found.zone !== NO_ZONE
    let second = wallSecondOf(found)
    let isRepeated = false
    if (hasZone) {
      const instant = second - found.offset
      second = this.#kind === 'timestamptz' ? instant : instant + this.#zone.offsetAt(instant)
      isRepeated = this.#kind === 'timestamp' && this.#zone.utcOf(second) !== instant
    } else if (this.#kind === 'timestamptz') {
      const wall = second
      second = this.#zone.utcOf(wall)
      if (Number.isNaN(second)) return IN_GAP
      isRepeated = this.#zone.isAmbiguous(wall)
    }
    const nearest = found.nano >= 500 ? found.micro + 1 : found.micro
    const rounded = roundMicro(nearest, this.#digits)
    let micro = rounded
    if (micro === 1_000_000) {
      micro = 0
      second++
    }
    if (!isInRange(second)) return NOT_IN_RANGE
    if (!this.#write(second, micro, out)) return NOT_A_TIME
    if (found.nano !== 0 || rounded !== nearest) {
      this.#error = errorOfDistance(rounded * 1000 - (found.micro * 1000 + found.nano))
      return ROUNDED
    }
    if (this.#textForm === null || isRepeated || (hasZone && this.#kind === 'date')) return NORMALIZED
    return isWrittenSo(found, this.#textForm) ? EXACT : NORMALIZED
  }

  #read({ buffer, start, end }: Cell, found: TimeText): number {
    if (this.#order !== null) {
      const read = readOrderedDate(buffer, start, end, this.#order, found)
      if (read === READ || read === OUT_OF_RANGE) return read
    }
    return readTimeText(buffer, start, end, found)
  }

  /** Digits, with or without a fraction, are a number in the column's unit. */
  #encodeDigits(cell: Cell, out: ByteWriter): Outcome {
    const { buffer, start, end } = cell
    if (this.#epoch === null || end - start > 64 || !isDecimal(buffer, start, end)) return NOT_A_TIME
    const isReadable = readDecimalText(buffer.toString('latin1', start, end), this.#epoch, this.#instant)
    return isReadable ? this.#writeInstant(NORMALIZED, out) : NOT_IN_RANGE
  }

  #encodeNumber(cell: Cell, out: ByteWriter): Outcome {
    const epoch = this.#epoch
    if (epoch === null) return UNEXPECTED_NUMBER
    const instant = this.#instant
    const { number } = cell
    if (cell.storage === INTEGER) {
      const isReadable = Number.isNaN(number)
        ? readBigInteger(cell.big, epoch, instant)
        : readInteger(number, epoch, instant)
      if (!isReadable) return NOT_IN_RANGE
      return this.#writeInstant(this.#numberForm === 'integer' ? EXACT : NORMALIZED, out)
    }
    if (!readReal(number, epoch, instant)) return NOT_IN_RANGE
    const isOwnForm = this.#numberForm === 'real' && instant.error === ''
    return this.#writeInstant(
      isOwnForm && Object.is(realOf(instant, epoch), number) ? EXACT : NORMALIZED,
      out,
    )
  }

  /** Writes `#instant` and returns the outcome, which is `best` or worse. */
  #writeInstant(best: Outcome, out: ByteWriter): Outcome {
    const { second, micro, error } = this.#instant
    let wall = second
    let outcome = best
    if (this.#epoch !== null && isWallUnit(this.#epoch)) {
      if (this.#kind === 'timestamptz') {
        wall = this.#zone.utcOf(second)
        if (Number.isNaN(wall)) return IN_GAP
        if (!isInRange(wall)) return NOT_IN_RANGE
        if (this.#zone.isAmbiguous(second)) outcome = NORMALIZED
      }
    } else if (this.#kind !== 'timestamptz') {
      wall = second + this.#zone.offsetAt(second)
      if (!isInRange(wall)) return NOT_IN_RANGE
      if (this.#kind === 'date' || this.#zone.utcOf(wall) !== second) outcome = NORMALIZED
    }
    const rounded = roundMicro(micro, this.#digits)
    if (rounded === 1_000_000 && !isInRange(++wall)) return NOT_IN_RANGE
    if (!this.#write(wall, rounded === 1_000_000 ? 0 : rounded, out)) return NOT_A_TIME
    if (error === '' && rounded === micro) return outcome
    this.#error = rounded === micro ? error : errorOfDistance((rounded - micro) * 1000)
    return ROUNDED
  }

  /** Writes the field; returns false when it is a date and the time is not midnight. */
  #write(second: number, micro: number, out: ByteWriter): boolean {
    if (this.#kind === 'date') {
      if (micro !== 0 || second % SECONDS_A_DAY !== 0) return false
      out.int32(4)
      out.int32(dayOfSecond(second))
      return true
    }
    out.int32(8)
    writeMicros(second, micro, out)
    return true
  }
}

/** Whether the bytes are digits with an optional minus sign and an optional fraction. */
function isDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 0x2d ? start + 1 : start
  let digits = 0
  let points = 0
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= 0x30 && byte <= 0x39) digits++
    else if (byte === 0x2e && digits > 0 && points === 0) points++
    else return false
  }
  return digits > 0 && bytes[end - 1] !== 0x2e
}
