/**
 * `interval`: months, days and microseconds, kept separate as PostgreSQL does. Invariant: a text is accepted only if every part of it is
 * understood, a number only if the plan names its unit.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { dayOf, isDate } from '../times/civil.ts'

type IntervalConversion = Extract<Conversion, { kind: 'interval' }>

type Span = { readonly months: bigint; readonly days: bigint; readonly microseconds: bigint }

const notAnInterval = reject('not-an-interval')
const unexpectedNumber = reject('unexpected-number')
const unexpectedBlob = reject('unexpected-blob')

const DAY = 86_400_000_000n
const MOST_CHARACTERS = 100

export function intervalEncoder({ unit }: IntervalConversion): CellEncoder {
  return {
    encode(cell, out) {
      switch (cell.storage) {
        case NULL:
          return writeNull(out)
        case INTEGER:
          return unit === null ? unexpectedNumber : write(spanOf(cell.integer()), out, EXACT)
        case REAL:
          if (unit === null) return unexpectedNumber
          return Number.isSafeInteger(cell.number)
            ? write(spanOf(BigInt(cell.number)), out, NORMALIZED)
            : notAnInterval
        case TEXT: {
          if (cell.end - cell.start > MOST_CHARACTERS) return notAnInterval
          const text = cell.bytes().toString('utf8')
          const span = parseSpan(text)
          if (span === null) return notAnInterval
          return write(span, out, unit === null && printSpan(span) === text ? EXACT : NORMALIZED)
        }
        default:
          return unexpectedBlob
      }
    },
    lastError: noError,
  }
}

/** Splits whole days off, toward zero, as applications write their durations. */
function spanOf(microseconds: bigint): Span {
  return { months: 0n, days: microseconds / DAY, microseconds: microseconds % DAY }
}

function write({ months, days, microseconds }: Span, out: ByteWriter, outcome: Outcome): Outcome {
  const fits = BigInt.asIntN(32, months) === months && BigInt.asIntN(32, days) === days
  if (!fits || BigInt.asIntN(64, microseconds) !== microseconds) return notAnInterval
  out.reserve(24)
  out.int32(16)
  out.bigInt64(microseconds)
  out.int32(Number(days))
  out.int32(Number(months))
  return outcome
}

const iso =
  /^([+-]?)P(?=[-\dT])(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?=[-\d])(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:[.,](\d{1,6}))?S)?)?$/
/** .NET's `-1.02:03:04.5000000`, where the sign applies to everything, and `-1 02:03:04`, where it applies to the days only. */
const daysAndClock = /^(-?)(\d{1,9})([. ])(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})0?)?$/
/** A duration as a time since 1970-01-01 00:00, which is how SQLAlchemy writes it for databases without a type for durations. */
const since1970 = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/
const clock =
  /^(?:([+-]?\d+) years?(?: |$))?(?:([+-]?\d+) mons?(?: |$))?(?:([+-]?\d+) days?(?:,? |$))?(?:([+-]?)(\d{1,18}):(\d\d)(?::(\d\d)(?:\.(\d{1,6})0?)?)?)?$/

const whole = (digits: string | undefined): bigint => BigInt((digits ?? '0').replace('+', '') || '0')
const fraction = (digits: string | undefined): bigint => BigInt((digits ?? '').padEnd(6, '0'))

function parseSpan(text: string): Span | null {
  const standard = iso.exec(text)
  if (standard !== null) {
    const [, sign, years, months, weeks, days, hours, minutes, negative, seconds, rest] = standard
    const turn = sign === '-' ? -1n : 1n
    const short = (whole(seconds) * 1_000_000n + fraction(rest)) * (negative === '-' ? -1n : 1n)
    return {
      months: turn * (whole(years) * 12n + whole(months)),
      days: turn * (whole(weeks) * 7n + whole(days)),
      microseconds: turn * ((whole(hours) * 60n + whole(minutes)) * 60_000_000n + short),
    }
  }
  const said = text === '' ? null : clock.exec(text)
  if (said === null) return parseDaysAndClock(text) ?? parseSince1970(text)
  const [, years, months, days, sign, hours, minutes, seconds, rest] = said
  const size = sizeOf(hours, minutes, seconds, rest)
  if (size === null) return null
  return {
    months: whole(years) * 12n + whole(months),
    days: whole(days),
    microseconds: sign === '-' ? -size : size,
  }
}

/** Returns microseconds; null when a part is too large. */
function sizeOf(hours?: string, minutes?: string, seconds?: string, rest?: string): bigint | null {
  if (Number(minutes ?? 0) > 59 || Number(seconds ?? 0) > 59) return null
  return (whole(hours) * 60n + whole(minutes)) * 60_000_000n + whole(seconds) * 1_000_000n + fraction(rest)
}

function parseDaysAndClock(text: string): Span | null {
  const [, sign, days, between, hours, minutes, seconds, rest] = daysAndClock.exec(text) ?? []
  const size = days === undefined || Number(hours) > 23 ? null : sizeOf(hours, minutes, seconds, rest)
  if (size === null) return null
  const turn = sign === '-' ? -1n : 1n
  return { months: 0n, days: turn * whole(days), microseconds: between === '.' ? turn * size : size }
}

function parseSince1970(text: string): Span | null {
  const [, year, month, day, hours, minutes, seconds, rest] = since1970.exec(text) ?? []
  const size = year === undefined || Number(hours) > 23 ? null : sizeOf(hours, minutes, seconds, rest)
  if (size === null || !isDate(Number(year), Number(month), Number(day))) return null
  const days = dayOf(Number(year), Number(month), Number(day)) - dayOf(1970, 1, 1)
  return spanOf(BigInt(days) * DAY + size)
}

/** Prints as PostgreSQL does, without unnecessary parts: `1 year 2 mons 3 days 04:05:06.7`. */
function printSpan({ months, days, microseconds }: Span): string {
  const [years, rest] = [months / 12n, months % 12n]
  const parts: string[] = []
  const say = (count: bigint, name: string): void => {
    if (count !== 0n) parts.push(`${count} ${name}${count === 1n ? '' : 's'}`)
  }
  say(years, 'year')
  say(rest, 'mon')
  say(days, 'day')
  if (microseconds !== 0n || parts.length === 0) {
    const size = microseconds < 0n ? -microseconds : microseconds
    const two = (count: bigint): string => String(count).padStart(2, '0')
    const seconds = size / 1_000_000n
    const digits = String(size % 1_000_000n)
      .padStart(6, '0')
      .replace(/0+$/, '')
    parts.push(
      `${microseconds < 0n ? '-' : ''}${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${digits === '' ? '' : `.${digits}`}`,
    )
  }
  return parts.join(' ')
}

export function intervalDecoder({ unit }: IntervalConversion): (field: Buffer) => SqliteValue {
  return (field) => {
    const microseconds = field.readBigInt64BE(0)
    const days = BigInt(field.readInt32BE(8))
    const months = BigInt(field.readInt32BE(12))
    // Months have no fixed number of microseconds.
    return unit === null || months !== 0n
      ? printSpan({ months, days, microseconds })
      : days * DAY + microseconds
  }
}

/** The interval in PostgreSQL's words, for people. */
export const intervalText = (field: Buffer): string =>
  String(intervalDecoder({ kind: 'interval', unit: null })(field))
