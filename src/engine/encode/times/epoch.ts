/**
 * Converts numbers to times and back. Invariant: a REAL means its shortest decimal, except in days (`epoch-days.ts`) and in digits of a
 * date (`date-digits.ts`); anything finer than a microsecond is rounded half away from zero, and the error kept. For a unit without a zone
 * (`isWallUnit`), the result is a local time.
 */
import { type EpochUnit, isDigitsUnit } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { UNIX_SECONDS_AT_EPOCH } from './civil.ts'
import { digitsOfDate, readDateDigits, readDateNumber } from './date-digits.ts'
import { daysOf, readExcelDay, readJulianDay } from './epoch-days.ts'
import { errorOfNanos, type Instant, isInRange } from './instant.ts'

type UnitMeasure = {
  /** One unit is `numerator / 10^denominatorDigits` microseconds. */
  readonly numerator: bigint
  readonly denominatorDigits: number
  /** The time that 0 stands for, in microseconds from 2000-01-01T00:00:00Z. */
  readonly zero: bigint
}

const UNIX_ZERO = BigInt(-UNIX_SECONDS_AT_EPOCH) * 1_000_000n
/** 2001-01-01T00:00:00Z in Unix seconds. */
const CORE_DATA_ZERO_SECONDS = 978307200

type CountUnit = Exclude<EpochUnit, 'julian-days' | 'excel-days' | `yyyy${string}`>

function zeroAt(year: number): bigint {
  const date = new Date(0)
  date.setUTCFullYear(year, 0, 1)
  return UNIX_ZERO + BigInt(date.getTime()) * 1000n
}

const measures: Readonly<Record<CountUnit, UnitMeasure>> = {
  seconds: { numerator: 1_000_000n, denominatorDigits: 0, zero: UNIX_ZERO },
  milliseconds: { numerator: 1000n, denominatorDigits: 0, zero: UNIX_ZERO },
  microseconds: { numerator: 1n, denominatorDigits: 0, zero: UNIX_ZERO },
  nanoseconds: { numerator: 1n, denominatorDigits: 3, zero: UNIX_ZERO },
  'core-data-seconds': { numerator: 1_000_000n, denominatorDigits: 0, zero: zeroAt(2001) },
  'mac-seconds': { numerator: 1_000_000n, denominatorDigits: 0, zero: zeroAt(1904) },
  'webkit-microseconds': { numerator: 1n, denominatorDigits: 0, zero: zeroAt(1601) },
  filetime: { numerator: 1n, denominatorDigits: 1, zero: zeroAt(1601) },
  'dotnet-ticks': { numerator: 1n, denominatorDigits: 1, zero: zeroAt(1) },
}

/** Larger numbers mean a year beyond 9999 in every unit. */
const MAX_NUMBER = 1e21

/** Sets `instant` to what an INTEGER means; returns false outside the years 1 to 9999 (UTC). */
export function readInteger(number: number, unit: EpochUnit, instant: Instant): boolean {
  instant.error = ''
  instant.micro = 0
  switch (unit) {
    case 'seconds':
      instant.second = number - UNIX_SECONDS_AT_EPOCH
      return isInRange(instant.second)
    case 'core-data-seconds':
      instant.second = number - UNIX_SECONDS_AT_EPOCH + CORE_DATA_ZERO_SECONDS
      return isInRange(instant.second)
    case 'milliseconds':
      if (Math.abs(number) > 1e15) return false
      setParts(number, 1000, instant)
      instant.micro *= 1000
      return isInRange(instant.second)
    case 'microseconds':
      setParts(number, 1e6, instant)
      return isInRange(instant.second)
    case 'julian-days':
      return readJulianDay(number, instant)
    case 'excel-days':
      return readExcelDay(number, instant)
    default:
      return isDigitsUnit(unit)
        ? readDateNumber(number, unit, instant)
        : readBigInteger(BigInt(number), unit, instant)
  }
}

/** Like `readInteger`, for any integer. */
export function readBigInteger(number: bigint, unit: EpochUnit, instant: Instant): boolean {
  // So large a number is out of range as days and as digits of a date.
  if (!isCount(unit)) return false
  if (unit !== 'nanoseconds') return readDecimal(number, 0, unit, instant)
  const whole = number / 1000n
  const nano = Number(number - whole * 1000n)
  const micros = Number(whole) + (nano >= 500 ? 1 : nano <= -500 ? -1 : 0)
  if (!Number.isSafeInteger(micros)) return readDecimal(number, 0, unit, instant)
  setParts(micros, 1e6, instant)
  instant.error = nano === 0 ? '' : errorOfNanos(Math.abs(nano))
  return isInRange(instant.second)
}

/** Sets `instant` to what a REAL means; returns false outside the years 1 to 9999 (UTC). */
export function readReal(number: number, unit: EpochUnit, instant: Instant): boolean {
  if (!(Math.abs(number) < MAX_NUMBER)) return false
  if (unit === 'julian-days') return readJulianDay(number, instant)
  if (unit === 'excel-days') return readExcelDay(number, instant)
  if (isDigitsUnit(unit)) return Number.isSafeInteger(number) && readInteger(number, unit, instant)
  if (Number.isSafeInteger(number)) return readInteger(number, unit, instant)
  // Where doubles are finer than microseconds, a decimal in microseconds that converts back to the same double is its shortest decimal.
  if (unit === 'milliseconds' && Math.abs(number) < 2 ** 43) {
    const micros = Math.round(number * 1e3)
    if (micros / 1e3 === number) return readInteger(micros, 'microseconds', instant)
  } else if ((unit === 'seconds' || unit === 'core-data-seconds') && Math.abs(number) < 2 ** 33) {
    const micros = Math.round(number * 1e6)
    if (micros / 1e6 === number) {
      instant.error = ''
      setParts(micros, 1e6, instant)
      if (unit === 'core-data-seconds') instant.second += CORE_DATA_ZERO_SECONDS
      return isInRange(instant.second)
    }
  }
  return readDecimalText(String(number), unit, instant)
}

/** Sets `instant` to what decimal text means (digits, a point, an exponent as JavaScript writes it). */
export function readDecimalText(text: string, unit: EpochUnit, instant: Instant): boolean {
  instant.error = ''
  if (isDigitsUnit(unit)) return readDateDigits(text, unit, instant)
  if (!isCount(unit)) return readReal(Number(text), unit, instant)
  const [mantissa = '', exponent = '0'] = text.split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return scale >= 0
    ? readDecimal(digits, scale, unit, instant)
    : readDecimal(digits * 10n ** BigInt(-scale), 0, unit, instant)
}

/** Reads `digits / 10^scale` units, in exact arithmetic. */
function readDecimal(digits: bigint, scale: number, unit: CountUnit, instant: Instant): boolean {
  const { numerator, denominatorDigits, zero } = measures[unit]
  const errorDigits = scale + denominatorDigits
  const denominator = 10n ** BigInt(errorDigits)
  const exact = digits * numerator
  const magnitude = exact < 0n ? -exact : exact
  const rounded = (magnitude * 2n + denominator) / (denominator * 2n)
  const difference = rounded * denominator - magnitude
  const micros = zero + (exact < 0n ? -rounded : rounded)
  const micro = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  instant.second = Number((micros - micro) / 1_000_000n)
  instant.micro = Number(micro)
  instant.error =
    difference === 0n ? '' : decimalText(difference < 0n ? -difference : difference, errorDigits + 6)
  return isInRange(instant.second)
}

/** Splits `number`, counted from the Unix epoch, into seconds and the rest of a second. */
function setParts(number: number, perSecond: number, instant: Instant): void {
  let second = Math.floor(number / perSecond)
  let rest = number - second * perSecond
  if (rest < 0) {
    second--
    rest += perSecond
  }
  instant.second = second - UNIX_SECONDS_AT_EPOCH
  instant.micro = rest
}

function isCount(unit: EpochUnit): unit is CountUnit {
  return Object.hasOwn(measures, unit)
}

/**
 * The number for a time: an INTEGER as bigint if `storage` asks for it and the time is a whole number of units, else the nearest REAL. A
 * time that digits of a date cannot express is returned as text.
 */
export function numberOf(instant: Instant, unit: EpochUnit, storage: 'integer' | 'real'): SqliteValue {
  if (isDigitsUnit(unit)) {
    const digits = digitsOfDate(instant, unit)
    if (digits.includes('-')) return digits
    return storage === 'integer' ? BigInt(digits) : Number(digits)
  }
  if (!isCount(unit)) {
    const days = daysOf(instant, unit)
    return storage === 'integer' && Number.isInteger(days) ? BigInt(days) : days
  }
  const { numerator, denominatorDigits, zero } = measures[unit]
  const micros = BigInt(instant.second) * 1_000_000n + BigInt(instant.micro) - zero
  const scaled = micros * 10n ** BigInt(denominatorDigits)
  if (storage === 'integer' && scaled % numerator === 0n) return scaled / numerator
  return quotient(scaled, Number(numerator))
}

/** The double nearest to `number / divisor`, where `divisor` is a power of ten. */
function quotient(number: bigint, divisor: number): number {
  const plain = Number(number)
  if (Number.isSafeInteger(plain)) return plain / divisor
  return Number(`${number}e-${String(divisor).length - 1}`)
}

/** The REAL of `numberOf`, NaN when that is none; does not allocate for common units. */
export function realOf(instant: Instant, unit: EpochUnit): number {
  if (unit === 'julian-days' || unit === 'excel-days') return daysOf(instant, unit)
  const fromZero =
    instant.second + UNIX_SECONDS_AT_EPOCH - (unit === 'core-data-seconds' ? CORE_DATA_ZERO_SECONDS : 0)
  const isPlain =
    unit === 'seconds' || unit === 'milliseconds' || unit === 'microseconds' || unit === 'core-data-seconds'
  if (isPlain && Math.abs(fromZero) < 9007199253) {
    const micros = fromZero * 1e6 + instant.micro
    return unit === 'microseconds' ? micros : unit === 'milliseconds' ? micros / 1e3 : micros / 1e6
  }
  const number = numberOf(instant, unit, 'real')
  return typeof number === 'number' ? number : Number.NaN
}

/** `digits / 10^scale`, without trailing zeros. */
function decimalText(digits: bigint, scale: number): string {
  const text = digits.toString().padStart(scale + 1, '0')
  return `${text.slice(0, -scale)}.${text.slice(-scale)}`.replace(/\.?0+$/, '')
}
