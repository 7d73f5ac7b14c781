/**
 * The meaning of source values as timestamps, dates and times, in exact arithmetic of microseconds. Invariant: a timestamp is rounded only to
 * the microsecond, half away from zero, and printed as PostgreSQL prints it in UTC.
 */
import type { Conversion, DateOrder, EpochUnit } from '../../model/conversion.ts'
import { type DecimalText, parseDecimal } from './decimal-text.ts'
import { type Meaning, meaningless, type SourceValue } from './source-value.ts'
import { WallClock } from './wall-clock.ts'

type MomentConversion = Extract<Conversion, { kind: 'timestamptz' | 'timestamp' | 'date' }>

const A_SECOND = 1_000_000n
const A_DAY = 86_400n * A_SECOND

export function momentMeaning(conversion: MomentConversion): Meaning {
  const walls = WallClock.of(conversion.zone)
  const { kind, epoch } = conversion

  /** Microseconds since 1970 to print: in UTC for timestamptz, else in local time. */
  function microsOf(value: SourceValue): bigint | null {
    if (typeof value === 'string') {
      const written = (conversion.order && readOrdered(value, conversion.order)) ?? readWritten(value)
      // Eight digits could be a date, or a number in the column's unit.
      if (written !== null)
        return epoch !== null && epoch !== 'yyyymmdd' && value.length === 8 ? null : fromWritten(written)
      if (epoch === null || value.length > 64 || !/^-?\d+(?:\.\d+)?$/.test(value)) return null
      return fromNumber(value, Number(value), epoch)
    }
    if (epoch === null) return null
    if (typeof value === 'bigint') return fromNumber(value.toString(), Number(value), epoch)
    if (typeof value !== 'number' || !(Math.abs(value) < 1e21)) return null
    return fromNumber(String(value), value, epoch)
  }

  function fromNumber(text: string, number: number, unit: EpochUnit): bigint | null {
    switch (unit) {
      case 'yyyymmdd':
      case 'yyyymmddhhmm':
      case 'yyyymmddhhmmss':
        return fromWall(microsOfDigits(text, unit.length))
      case 'julian-days':
        // As SQLite reads one: to the millisecond, in double arithmetic. 2440587.5 is 1970-01-01T00:00:00Z.
        return fromInstant(BigInt(Math.floor(number * 86_400_000 + 0.5) - 210_866_760_000_000) * 1000n)
      case 'excel-days':
        return fromWall(microsOfDecimal(exactDecimal(number), { micros: A_DAY, digits: 0, zero: EXCEL_ZERO }))
      case 'dotnet-ticks':
        return fromWall(microsOfDecimal(parseDecimal(text)!, units[unit]))
      default:
        return fromInstant(microsOfDecimal(parseDecimal(text)!, units[unit]))
    }
  }

  function fromWall(wall: bigint | null): bigint | null {
    return wall === null ? null : fromWritten({ wall, offset: null })
  }

  function fromWritten({ wall, offset }: WrittenTime): bigint | null {
    if (offset === null) return kind === 'timestamptz' ? walls.toInstant(wall) : wall
    const instant = wall - offset
    return kind === 'timestamptz' ? instant : walls.toWall(instant)
  }

  function fromInstant(instant: bigint): bigint | null {
    return kind === 'timestamptz' || !isInRange(instant) ? instant : walls.toWall(instant)
  }

  return (value) => {
    if (value === null) return null
    const exact = microsOf(value)
    const micros = exact === null ? null : toPrecision(exact, conversion.precision)
    if (micros === null || !isInRange(micros)) return meaningless(value, kind)
    if (kind !== 'date') return `${printMoment(micros)}${kind === 'timestamptz' ? '+00' : ''}`
    return micros % A_DAY === 0n ? printDay(Number(micros / A_DAY)) : meaningless(value, 'date')
  }
}

/** Rounds to `digits` fractional digits of the second, half up. */
function toPrecision(micros: bigint, digits = 6): bigint {
  const unit = 10n ** BigInt(6 - digits)
  const double = 2n * unit
  const shifted = 2n * micros + unit
  return ((shifted - (((shifted % double) + double) % double)) / double) * unit
}

export function clockMeaning(precision: number | undefined): Meaning {
  return (value) => clockOf(value, precision)
}

function clockOf(value: SourceValue, precision: number | undefined): ReturnType<Meaning> {
  if (value === null) return null
  const match = typeof value === 'string' ? (clockForm.exec(value) ?? datedClockForm.exec(value)) : null
  const exact = match === null ? null : microsOfClock(match[1]!, match[2]!, match[3], match[4])
  const micros = exact === null ? null : toPrecision(exact, precision)
  return micros === null || micros === A_DAY ? meaningless(value, 'time') : printClock(micros)
}

type WrittenTime = {
  /** Local time in microseconds since 1970. */
  readonly wall: bigint
  /** Offset from UTC in microseconds; null when the text has none. */
  readonly offset: bigint | null
}

/** A time after a date that stands for no date. */
const datedClockForm =
  /^(?:(?:2000|1970|1900|0001)-01-01|1899-12-30)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z| UTC|\+00(?::?00)?)?$/
const clockForm = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/
const day = String.raw`(?<year>\d{4})(?:(?<mark>[-/])(?<month>\d\d)\k<mark>(?<day>\d\d)|(?<month_>\d\d)(?<day_>\d\d))`
const clock = String.raw`[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?`
const bareClock = String.raw`T(?<hour_>\d\d)(?<minute_>\d\d)(?<second_>\d\d)(?:[.,](?<fraction_>\d{1,9}))?`
const offset = String.raw` ?(?<sign>[+-])(?<hours>\d\d)(?:(?<minutes_>\d\d)|:(?<minutes>\d\d)(?::(?<seconds>\d\d))?)?(?<name> (?:[A-Z]{3,5}|[+-]\d{1,4}))?`
const writtenForm = new RegExp(`^${day}(?:(?:${clock}|${bareClock})(?<zone> UTC| ?[Zz]|${offset})?)?$`)

/** Reads a date with or without time and zone, or another program's format for a timestamp; null for anything else. */
function readWritten(text: string): WrittenTime | null {
  return readDigits(text) ?? readWords(text)
}

const yearLast =
  /^(?<one>\d{1,2})(?<mark>[./-])(?<two>\d{1,2})\k<mark>(?<year>\d{4})(?: (?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d))?)?$/

/** Reads a date whose year comes last; undefined for anything else. */
function readOrdered(text: string, order: DateOrder): WrittenTime | undefined {
  const said = yearLast.exec(text)?.groups as Readonly<Record<string, string | undefined>> | undefined
  if (said === undefined) return undefined
  const [day, month] = order === 'month-first' ? [said.two, said.one] : [said.one, said.two]
  const date = dayOf(Number(said.year), Number(month), Number(day))
  const ofDay = microsOfClock(said.hour ?? '00', said.minute ?? '00', said.second, undefined)
  return date === null || ofDay === null ? undefined : { wall: BigInt(date) * A_DAY + ofDay, offset: null }
}

const worded =
  /^(?:(?:[A-Z][a-z]{2}, )?(?<d1>\d\d?) (?<m1>[A-Z][a-z]{2}) (?<y1>\d{4}) (?<c1>[\d:]{8}) (?<z1>\S+)|[A-Z][a-z]{2} (?<m2>[A-Z][a-z]{2}) (?<d2>\d\d) (?<y2>\d{4}) (?<c2>[\d:]{8}) GMT(?<z2>[+-]\d{4})(?: \(.+\))?|[A-Z][a-z]{2} (?<m3>[A-Z][a-z]{2}) (?<d3>[ \d]\d) (?<c3>[\d:]{8}) (?<z3>GMT|UTC|[+-]\d{4}) (?<y3>\d{4})|(?<d4>\d\d)\/(?<m4>[A-Z][a-z]{2})\/(?<y4>\d{4}):(?<c4>[\d:]{8}) (?<z4>[+-]\d{4}))$/

/** North American zones in RFC 2822, section 4.3. */
const hoursOfMail: Readonly<Record<string, string>> = Object.fromEntries(
  [...'ECMP'].flatMap((a, at) => [
    [`${a}ST`, `-0${5 + at}00`] as const,
    [`${a}DT`, `-0${4 + at}00`] as const,
  ]),
)

const monthNames = 'JanFebMarAprMayJunJulAugSepOctNovDec'

function readWords(text: string): WrittenTime | null {
  const millis = /^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/.exec(text)?.[1]
  if (millis !== undefined) return { wall: BigInt(millis) * 1000n, offset: 0n }
  const monotonic = / m=[+-][\d.]+$/.exec(text)
  if (monotonic !== null) return readDigits(text.slice(0, monotonic.index))
  const named = /^[\dT:.-]{19,29}(?:Z|[+-]\d\d:\d\d)(?=\[[A-Za-z][\w/+-]{1,40}\]$)/.exec(text)
  if (named !== null) return readDigits(named[0])
  const said = worded.exec(text)?.groups as Readonly<Record<string, string | undefined>> | undefined
  if (said === undefined) return null
  const part = (name: string): string =>
    said[`${name}1`] ?? said[`${name}2`] ?? said[`${name}3`] ?? said[`${name}4`] ?? ''
  const month = monthNames.indexOf(part('m'))
  const [hour, minute, second] = part('c').split(':')
  const zone = said.c1 === undefined ? part('z') : (hoursOfMail[part('z')] ?? part('z'))
  if (month < 0 || month % 3 > 0 || !/^(?:GMT|UTC?|[+-]\d{4})$/.test(zone)) return null
  const date = dayOf(Number(part('y')), month / 3 + 1, Number(part('d')))
  const ofDay = microsOfClock(hour!, minute!, second, undefined)
  if (date === null || ofDay === null) return null
  const ahead = /\d/.test(zone) ? Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3)) * 60 : 0
  if (ahead >= 16 * 3600 || Number(zone.slice(3)) > 59) return null
  const offset = BigInt(zone.startsWith('-') ? -ahead : ahead) * A_SECOND
  return { wall: BigInt(date) * A_DAY + ofDay, offset }
}

function readDigits(text: string): WrittenTime | null {
  const found = writtenForm.exec(text)?.groups as Readonly<Record<string, string | undefined>> | undefined
  if (found === undefined) return null
  // A date with dashes has colons in its time, a date without them has none.
  if ((found.mark === undefined ? found.hour : found.hour_) !== undefined) return null
  const date = dayOf(Number(found.year), Number(found.month ?? found.month_), Number(found.day ?? found.day_))
  const ofDay = microsOfClock(
    found.hour ?? found.hour_ ?? '00',
    found.minute ?? found.minute_ ?? '00',
    found.second ?? found.second_,
    found.fraction ?? found.fraction_,
  )
  if (date === null || ofDay === null) return null
  const wall = BigInt(date) * A_DAY + ofDay
  if (found.zone === undefined) return { wall, offset: null }
  if (found.sign === undefined) return { wall, offset: 0n }
  const [hours, minutes, seconds] = [
    Number(found.hours),
    Number(found.minutes ?? found.minutes_ ?? 0),
    Number(found.seconds ?? 0),
  ]
  if (hours > 15 || minutes > 59 || seconds > 59) return null
  const ahead = BigInt(hours * 3600 + minutes * 60 + seconds) * A_SECOND
  if (found.name === ' UTC' && ahead !== 0n) return null
  return { wall, offset: found.sign === '-' ? -ahead : ahead }
}

/** Returns days since 1970-01-01; null for a date that does not exist, or outside of the years 1 to 9999. */
function dayOf(year: number, month: number, day: number): number | null {
  if (year < 1) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isReal =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return isReal ? date.getTime() / 86_400_000 : null
}

function microsOfClock(hour: string, minute: string, second = '00', fraction = ''): bigint | null {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const nanos = Number(fraction.padEnd(9, '0'))
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  return BigInt(seconds) * A_SECOND + BigInt(Math.floor((nanos + 500) / 1000))
}

/** Reads the digits of a date, or of date and time. Returns local time in microseconds since 1970. */
function microsOfDigits(digits: string, length: number): bigint | null {
  if (digits.length !== length || !/^\d+$/.test(digits)) return null
  const part = (from: number, to: number): number => Number(digits.slice(from, to) || 0)
  const date = dayOf(part(0, 4), part(4, 6), part(6, 8))
  const clock = microsOfClock(digits.slice(8, 10), digits.slice(10, 12), digits.slice(12) || '00')
  return date === null || clock === null ? null : BigInt(date) * A_DAY + clock
}

/** One unit is `micros / 10^digits` microseconds; the number 0 stands for `zero`, in microseconds since 1970. */
type Unit = { readonly micros: bigint; readonly digits: number; readonly zero: bigint }

const EXCEL_ZERO = BigInt(Date.UTC(1899, 11, 30)) * 1000n

const units: Readonly<Record<Exclude<EpochUnit, 'julian-days' | 'excel-days' | `yyyy${string}`>, Unit>> = {
  seconds: { micros: A_SECOND, digits: 0, zero: 0n },
  milliseconds: { micros: 1000n, digits: 0, zero: 0n },
  microseconds: { micros: 1n, digits: 0, zero: 0n },
  nanoseconds: { micros: 1n, digits: 3, zero: 0n },
  'core-data-seconds': { micros: A_SECOND, digits: 0, zero: BigInt(Date.UTC(2001, 0, 1)) * 1000n },
  'mac-seconds': { micros: A_SECOND, digits: 0, zero: BigInt(Date.UTC(1904, 0, 1)) * 1000n },
  'webkit-microseconds': { micros: 1n, digits: 0, zero: BigInt(Date.UTC(1601, 0, 1)) * 1000n },
  filetime: { micros: 1n, digits: 1, zero: BigInt(Date.UTC(1601, 0, 1)) * 1000n },
  'dotnet-ticks': { micros: 1n, digits: 1, zero: -62_135_596_800n * A_SECOND },
}

function microsOfDecimal({ negative, digits, power }: DecimalText, unit: Unit): bigint {
  const { micros, digits: finer, zero } = unit
  const places = finer - power
  let size = BigInt(`0${digits}`) * micros
  if (places <= 0) size *= 10n ** BigInt(-places)
  else {
    const divisor = 10n ** BigInt(places)
    size = (2n * size + divisor) / (2n * divisor)
  }
  return zero + (negative ? -size : size)
}

function exactDecimal(number: number): DecimalText {
  let whole = Math.abs(number)
  let halvings = 0
  while (!Number.isInteger(whole)) {
    whole *= 2
    halvings++
  }
  // n / 2^k = n * 5^k / 10^k
  const digits = (BigInt(whole) * 5n ** BigInt(halvings)).toString()
  return { negative: number < 0, digits, power: -halvings }
}

const FIRST = -62_135_596_800n * A_SECOND
const AFTER_LAST = 253_402_300_800n * A_SECOND

/** Whether the year is from 1 to 9999. */
function isInRange(micros: bigint): boolean {
  return micros >= FIRST && micros < AFTER_LAST
}

function printMoment(micros: bigint): string {
  const ofDay = ((micros % A_DAY) + A_DAY) % A_DAY
  return `${printDay(Number((micros - ofDay) / A_DAY))} ${printClock(ofDay)}`
}

let lastDay = Number.NaN
let lastPrinted = ''

/** Caches the last day, since neighbouring rows often have the same. */
function printDay(day: number): string {
  if (day === lastDay) return lastPrinted
  lastDay = day
  lastPrinted = new Date(day * 86_400_000).toISOString().slice(0, 10)
  return lastPrinted
}

function printClock(ofDay: bigint): string {
  const micros = Number(ofDay)
  const seconds = Math.floor(micros / 1e6)
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  const fraction = micros - seconds * 1e6
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}
