import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { momentEncoder } from '../../../../src/engine/encode/conversions/moment.ts'
import { momentDecoder } from '../../../../src/engine/encode/conversions/moment-decoder.ts'
import { timeDecoder, timeEncoder } from '../../../../src/engine/encode/conversions/time-of-day.ts'
import { type EpochUnit, epochUnits, type TimeForm } from '../../../../src/engine/model/conversion.ts'
import type { SqliteValue } from '../../../../src/engine/model/storage.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { cellOf, encodeCell, textCellOf } from '../cell/cells.ts'

type Kind = 'timestamptz' | 'timestamp' | 'date'
type Settings = { kind?: Kind; zone?: string; epoch?: EpochUnit | null; form?: TimeForm }

const EPOCH = BigInt(Date.UTC(2000, 0, 1)) * 1000n

function codecOf({ kind = 'timestamptz', zone = 'UTC', epoch = null, form = null }: Settings) {
  const conversion = { kind, zone, epoch, form }
  return [momentEncoder(conversion), momentDecoder(conversion)] as const
}

/** `outcome` alone when refused, else `outcome ISO-time` of the field. */
function moved(value: SqliteValue, settings: Settings = {}): string {
  const [encoder, decoder] = codecOf(settings)
  const { outcome, field } = encodeCell(encoder, cellOf(value))
  if (field === null) return outcome
  const back = decoder(field)
  if (outcome === 'exact')
    expect(Object.is(back, value), `${String(value)} came back as ${String(back)}`).toBe(true)
  return `${outcome} ${isoOf(field)}`
}

function isoOf(field: Buffer): string {
  if (field.length === 4) {
    return new Date(Number(EPOCH / 1000n) + field.readInt32BE(0) * 86_400_000).toISOString().slice(0, 10)
  }
  const micros = field.readBigInt64BE(0) + EPOCH
  const rest = ((micros % 1000n) + 1000n) % 1000n
  const ms = Number((micros - rest) / 1000n)
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}`
}

const text = (
  separator: 'T' | ' ' | 'date-only',
  fraction: number,
  zone: '' | 'Z' | '+00:00' = '',
): TimeForm => ({
  storage: 'text',
  separator,
  fraction,
  zone,
})

describe('timestamptz from text', () => {
  test.each([
    ['2024-01-15T10:30:00+00:00', 'exact 2024-01-15T10:30:00.000000'],
    ['2024-01-15T10:30:00.120000+00:00', 'normalized 2024-01-15T10:30:00.120000'],
    ['2024-01-15', 'normalized 2024-01-15T00:00:00.000000'],
    ['2024-01-15 10:30', 'normalized 2024-01-15T10:30:00.000000'],
    ['2024/01/15 10:30:05,5 Z', 'normalized 2024-01-15T10:30:05.500000'],
    ['20240115', 'normalized 2024-01-15T00:00:00.000000'],
    ['20240115T103005Z', 'normalized 2024-01-15T10:30:05.000000'],
    ['2024-01-15T10:30:00z', 'normalized 2024-01-15T10:30:00.000000'],
    ['2024-01-15T10:30:00+0530', 'normalized 2024-01-15T05:00:00.000000'],
    ['2024-01-15T10:30:00 -05', 'normalized 2024-01-15T15:30:00.000000'],
    ['2024-01-15T10:30:00-00:00:30', 'normalized 2024-01-15T10:30:30.000000'],
    ['2024-01-15 10:30:00 UTC', 'normalized 2024-01-15T10:30:00.000000'],
    ['2024-01-15 10:30:00.123456789 +0000 UTC', 'rounded 0.000000211 2024-01-15T10:30:00.123457'],
    ['2024-01-15 10:30:00.5 +0200 CEST', 'normalized 2024-01-15T08:30:00.500000'],
    ['2024-01-15 10:30:00 -0330 -0330', 'normalized 2024-01-15T14:00:00.000000'],
    ['2024-01-15 10:30:00+00:00 UTC', 'normalized 2024-01-15T10:30:00.000000'],
    ['2023-12-31T23:59:59.9999999', 'rounded 0.0000001 2024-01-01T00:00:00.000000'],
    ['2024-02-29T23:59:59.9999995', 'rounded 0.0000005 2024-03-01T00:00:00.000000'],
    ['1969-12-31T23:59:59.9999994', 'rounded 0.0000004 1969-12-31T23:59:59.999999'],
    ['0001-01-01T00:00:00', 'normalized 0001-01-01T00:00:00.000000'],
    ['9999-12-31T23:59:59.999999', 'normalized 9999-12-31T23:59:59.999999'],
  ])('%s', (value, expected) => expect(moved(value)).toBe(expected))

  test.each([
    ...[
      '',
      'now',
      'today',
      'infinity',
      '15/01/2024',
      '01-15-2024',
      '2024-1-5',
      '2024-02-30',
      '2023-02-29',
      '1900-02-29',
    ],
    ...[
      '2024-13-01',
      '2024-00-10',
      '2024-01-00',
      '2024-01-15T24:00:00',
      '2024-01-15T23:59:60',
      '2024-01-15T23:60:00',
    ],
    ...[
      '2024-01-15T10',
      '2024-01-15T10:3',
      '2024-01-15T10:30:',
      '2024-01-15T10:30:00.',
      '2024-01-15T10:30:00.1234567890',
    ],
    ...[
      '2024-01-15T',
      '2024-01-15 ',
      ' 2024-01-15',
      '2024-01-15T10:30:00+',
      '2024-01-15T10:30:00+5',
      '2024-01-15T10:30:00+16:00',
    ],
    ...[
      '2024-01-15T10:30:00+05:60',
      '2024-01-15T10:30:00+05:30 UTC',
      '2024-01-15T10:30:00  Z',
      '2024-01-15  10:30',
      '2024-01-15Z',
    ],
    ...[
      '2024-01/15',
      '2024/01-15',
      '20240115 10:30',
      '20240115T10:30:00',
      '2024-01-15t10:30:00',
      '2024-01-15T10:30:00UTC',
    ],
    ...[
      '1700000000',
      '1e9',
      '٢٠٢٤-٠١-١٥',
      '2024-01-15T10:30:00Z\u0000',
      '0000-00-00 00:00:00',
      'null',
      '2024-01-15T10:30:00+00:00 utc',
    ],
  ])('not-a-time: %s', (value) => expect(moved(value)).toBe('not-a-time'))

  test.each([
    '0000-01-01',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T23:59:59.9999999',
  ])('time-out-of-range: %s', (value) => expect(moved(value)).toBe('time-out-of-range'))

  test('invalid-utf8: is not a time, and bytes after the cell are not read', () => {
    const encoder = momentEncoder({ kind: 'timestamptz', zone: 'UTC', epoch: 'seconds', form: null })
    expect(encodeCell(encoder, textCellOf(Buffer.from([0xff, 0xfe, 1, 2, 3, 4, 5, 6]))).outcome).toBe(
      'not-a-time',
    )
    expect(encodeCell(encoder, textCellOf(Buffer.from('2024-01-1'))).outcome).toBe('not-a-time')
    expect(encodeCell(encoder, textCellOf(Buffer.from('-'))).outcome).toBe('not-a-time')
  })

  test('daylight-saving: a gap is refused, the first of two is taken and counted', () => {
    const zone = 'America/New_York'
    const form = text('T', 0)
    expect(moved('2024-03-10T01:59:59', { zone, form })).toBe('exact 2024-03-10T06:59:59.000000')
    expect(moved('2024-03-10T02:30:00', { zone, form })).toBe('time-in-gap')
    expect(moved('2024-03-10T01:59:59.9999999', { zone, form })).toBe(
      'rounded 0.0000001 2024-03-10T07:00:00.000000',
    )
    expect(moved('2024-11-03T01:30:00', { zone, form })).toBe('normalized 2024-11-03T05:30:00.000000')
    expect(moved('2024-11-03T01:30:00-05:00', { zone, form })).toBe('normalized 2024-11-03T06:30:00.000000')
    expect(moved('2024-11-03T02:00:00', { zone, form })).toBe('exact 2024-11-03T07:00:00.000000')
  })
})

describe('from numbers', () => {
  const real: TimeForm = { storage: 'real' }
  const integer: TimeForm = { storage: 'integer' }
  test.each([
    [0n, 'seconds', integer, 'exact 1970-01-01T00:00:00.000000'],
    [-1n, 'seconds', integer, 'exact 1969-12-31T23:59:59.000000'],
    [1700000000n, 'seconds', real, 'normalized 2023-11-14T22:13:20.000000'],
    [1700000000.5, 'seconds', real, 'exact 2023-11-14T22:13:20.500000'],
    [1700000000.123456, 'seconds', real, 'exact 2023-11-14T22:13:20.123456'],
    [1700000000.1234567, 'seconds', real, 'rounded 0.0000003 2023-11-14T22:13:20.123457'],
    [-0.0000005, 'seconds', real, 'rounded 0.0000005 1969-12-31T23:59:59.999999'],
    [-0, 'seconds', real, 'normalized 1970-01-01T00:00:00.000000'],
    [1700000000123n, 'milliseconds', integer, 'exact 2023-11-14T22:13:20.123000'],
    [-1n, 'milliseconds', integer, 'exact 1969-12-31T23:59:59.999000'],
    [1700000000123.456, 'milliseconds', real, 'exact 2023-11-14T22:13:20.123456'],
    [1700000000123456n, 'microseconds', integer, 'exact 2023-11-14T22:13:20.123456'],
    [-62135596800000000n, 'microseconds', integer, 'exact 0001-01-01T00:00:00.000000'],
    [1700000000123456000n, 'nanoseconds', integer, 'exact 2023-11-14T22:13:20.123456'],
    [1700000000123456789n, 'nanoseconds', integer, 'rounded 0.000000211 2023-11-14T22:13:20.123457'],
    [-1n, 'nanoseconds', integer, 'rounded 0.000000001 1970-01-01T00:00:00.000000'],
    [2440587.5, 'julian-days', real, 'exact 1970-01-01T00:00:00.000000'],
    [2460325n, 'julian-days', integer, 'exact 2024-01-15T12:00:00.000000'],
    [0, 'core-data-seconds', real, 'exact 2001-01-01T00:00:00.000000'],
    [727036200.25, 'core-data-seconds', real, 'exact 2024-01-15T18:30:00.250000'],
    ['1700000000', 'seconds', integer, 'normalized 2023-11-14T22:13:20.000000'],
    ['-1.5', 'seconds', integer, 'normalized 1969-12-31T23:59:58.500000'],
    ['1700000000.12345678', 'seconds', integer, 'rounded 0.00000022 2023-11-14T22:13:20.123457'],
    ['2460325.25', 'julian-days', integer, 'normalized 2024-01-15T18:00:00.000000'],
  ] as const)('%s %s', (value, epoch, form, expected) => expect(moved(value, { epoch, form })).toBe(expected))

  test.each([
    [1700000000000n, 'seconds'],
    [253402300800n, 'seconds'],
    [-62135596801n, 'seconds'],
    [9223372036854775807n, 'seconds'],
    [-9223372036854775808n, 'milliseconds'],
    [9223372036854775807n, 'microseconds'],
    [Number.POSITIVE_INFINITY, 'seconds'],
    [1e300, 'nanoseconds'],
    [-1e15, 'julian-days'],
    [0, 'julian-days'],
    ['99999999999999999999999999', 'seconds'],
  ] as const)('time-out-of-range: %s %s', (value, epoch) =>
    expect(moved(value, { epoch })).toBe('time-out-of-range'),
  )

  test('a number without a unit, and a blob, are refused', () => {
    expect(moved(1700000000n)).toBe('unexpected-number')
    expect(moved(1.5)).toBe('unexpected-number')
    expect(moved(Buffer.from('2024-01-15'))).toBe('unexpected-blob')
    expect(moved(null)).toBe('exact')
  })

  test('eight digits that are a date and may be a number are refused, others are numbers', () => {
    expect(moved('20240115', { epoch: 'seconds' })).toBe('not-a-time')
    expect(moved('20241315', { epoch: 'seconds' })).toBe('normalized 1970-08-23T06:35:15.000000')
  })
})

describe('timestamp, date, time', () => {
  test('timestamp: the clock as written; an instant, in text too, is the clock of the zone', () => {
    const settings = { kind: 'timestamp', zone: 'America/New_York', epoch: 'seconds' } as const
    expect(moved('2024-03-10T02:30:00', settings)).toBe('exact 2024-03-10T02:30:00.000000')
    expect(moved('2024-03-10T02:30:00Z', settings)).toBe('normalized 2024-03-09T21:30:00.000000')
    expect(moved('2024-03-10T02:30:00.123+02:00', { kind: 'timestamp' })).toBe(
      'normalized 2024-03-10T00:30:00.123000',
    )
    expect(
      moved('2024-03-10T02:30:00Z', {
        ...settings,
        form: { storage: 'text', separator: 'T', fraction: 0, zone: 'Z' },
      }),
    ).toBe('exact 2024-03-09T21:30:00.000000')
    const form: TimeForm = { storage: 'integer' }
    expect(moved(1704067200n, { ...settings, form })).toBe('exact 2023-12-31T19:00:00.000000')
    // The second 01:30 of that night can't be told from the first.
    expect(moved(1730615400n, { ...settings, form })).toBe('normalized 2024-11-03T01:30:00.000000')
    expect(moved(1730611800n, { ...settings, form })).toBe('exact 2024-11-03T01:30:00.000000')
  })

  test('date: midnight only', () => {
    const settings = { kind: 'date', zone: 'Europe/Berlin', epoch: 'milliseconds' } as const
    expect(moved('2024-01-15', settings)).toBe('exact 2024-01-15')
    expect(moved('2024-01-15 00:00:00', settings)).toBe('normalized 2024-01-15')
    expect(moved('2024-01-15 00:00:01', settings)).toBe('not-a-time')
    expect(moved('2024-01-14T23:00:00Z', settings)).toBe('normalized 2024-01-15')
    expect(moved('2024-01-15T00:00:00Z', settings)).toBe('not-a-time')
    expect(moved(1705273200000n, { ...settings, form: { storage: 'integer' } })).toBe('normalized 2024-01-15')
    expect(moved(1705273200001n, settings)).toBe('not-a-time')
    expect(moved('0001-01-01', settings)).toBe('exact 0001-01-01')
    expect(moved('9999-12-31', settings)).toBe('exact 9999-12-31')
  })

  test('time: a clock, to the microsecond', () => {
    const move = (value: SqliteValue, fraction = 0) => {
      const form = { storage: 'text', separator: 'time-only', fraction, zone: '' } as const
      const { outcome, field } = encodeCell(timeEncoder({ kind: 'time', form }), cellOf(value))
      return field === null ? outcome : `${outcome} ${timeDecoder({ kind: 'time', form })(field)}`
    }
    expect(move('10:30:00')).toBe('exact 10:30:00')
    expect(move('10:30', -1)).toBe('exact 10:30')
    expect(move('10:30:05', -1)).toBe('exact 10:30:05')
    expect(move('10:30')).toBe('normalized 10:30:00')
    expect(move('10:30:00.250', 3)).toBe('exact 10:30:00.250')
    expect(move('10:30:59.9999999')).toBe('rounded 0.0000001 10:31:00')
    expect(move('23:59:59.9999999')).toBe('time-out-of-range')
    expect(move('2000-01-01 10:30:05.5')).toBe('normalized 10:30:05.5')
    expect(move('1970-01-01T10:30:00.000Z')).toBe('normalized 10:30:00')
    expect(move('1899-12-30 10:30')).toBe('normalized 10:30:00')
    for (const bad of [
      '2000-01-02 10:30:00',
      '2000-01-01',
      '1970-01-01T10:30:00+01:00',
      '2000/01/01 10:30:00',
    ])
      expect(move(bad)).toBe('not-a-time')
    for (const bad of ['24:00:00', '10:60', '10:30:60', '10', '10:30Z', '1:30', '10:30:00 '])
      expect(move(bad)).toBe('not-a-time')
    expect(move(5n)).toBe('unexpected-number')
  })
})

describe('properties', () => {
  const pad = (number: number, width: number) => String(number).padStart(width, '0')
  const parts = fc.record({
    year: fc.oneof(
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 1999, max: 2030 }),
      fc.constantFrom(0, 1, 1582, 1900, 9999),
    ),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.oneof(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 0, max: 32 })),
    dash: fc.constantFrom('-', '-', '-', '/', ''),
    separator: fc.constantFrom('T', ' '),
    hour: fc.integer({ min: 0, max: 24 }),
    minute: fc.integer({ min: 0, max: 60 }),
    second: fc.option(fc.integer({ min: 0, max: 60 })),
    mark: fc.constantFrom('.', '.', ','),
    fraction: fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^[0-9]{1,9}$/),
      fc.constantFrom('9999999', '999999999', '0000005', '000000'),
    ),
    zone: fc.constantFrom(
      '',
      '',
      'Z',
      '+00:00',
      '+0000',
      '+00',
      ' UTC',
      'z',
      '-00:00',
      '+05:30',
      '-0930',
      ' +14',
      '+01:02:03',
      ' Z',
      '+00 UTC',
      ' +0200 CEST',
      ' -0330 -0330',
      '+01:00 CET',
    ),
    dateOnly: fc.boolean(),
  })

  /** Microseconds since 2000 and the rounding error in nanoseconds, by regular expression, Date and BigInt. */
  function slowParse(value: string): { micros: bigint; error: bigint } | null {
    const found =
      /^(\d{4})([-/])(\d\d)\2(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(.*))?$/.exec(value) ??
      /^(\d{4})()(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?(.*))?$/.exec(value)
    if (found === null) return null
    const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = ''] = found
    const zoned =
      /^(?:| UTC| ?[Zz]| ?([+-])(\d\d)(?::?(\d\d))?(?:(?<=:\d\d):(\d\d))?( (?:[A-Z]{3,5}|[+-]\d{1,4}))?)$/.exec(
        zone,
      )
    if (zoned === null) return null
    const [, sign = '+', hours = '0', minutes = '0', seconds = '0', name] = zoned
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    if (
      Number(hours) > 15 ||
      Number(minutes) > 59 ||
      Number(seconds) > 59 ||
      (name === ' UTC' && offset !== 0)
    )
      return null
    const date = new Date(0)
    date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
    date.setUTCHours(Number(hour), Number(minute), Number(second))
    const shown = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}T${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}`
    if (
      shown !==
      `${year}-${month}-${day}T${pad(Number(hour), 2)}:${pad(Number(minute), 2)}:${pad(Number(second), 2)}`
    )
      return null
    const nanos = BigInt(fraction.padEnd(9, '0'))
    const whole =
      BigInt(date.getTime()) * 1000n - EPOCH - BigInt(sign === '-' ? -offset : offset) * 1_000_000n
    const rounded = (nanos + 500n) / 1000n
    const error = nanos - rounded * 1000n
    const micros = whole + rounded
    const inRange =
      micros >= BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1000n - EPOCH &&
      micros < BigInt(Date.UTC(9999, 11, 31) + 864e5) * 1000n - EPOCH
    return inRange && year !== '0000' ? { micros, error: error < 0n ? -error : error } : null
  }

  const spelled = parts.map((p) => {
    const date = [pad(p.year, 4), pad(p.month, 2), pad(p.day, 2)].join(p.dash)
    if (p.dateOnly) return date
    const colon = p.dash === '' ? '' : ':'
    const clock = [pad(p.hour, 2), pad(p.minute, 2), ...(p.second === null ? [] : [pad(p.second, 2)])].join(
      colon,
    )
    const fraction = p.second === null || p.fraction === '' ? '' : `${p.mark}${p.fraction}`
    return `${date}${p.separator}${clock}${fraction}${p.zone}`
  })
  const damaged = fc
    .tuple(spelled, fc.nat(30), fc.constantFrom('', '0', ' ', 'T', ':', '-', '.', 'Z', 'é'), fc.nat(2))
    .map(([value, at, put, removed]) => value.slice(0, at) + put + value.slice(at + removed))
  const forms = fc.oneof(
    fc.constant(null),
    fc.record({
      storage: fc.constant('text' as const),
      separator: fc.constantFrom('T' as const, ' ' as const, 'date-only' as const),
      fraction: fc.constantFrom(-1, 0, 1, 3, 6, 9),
      zone: fc.constantFrom(
        '' as const,
        'Z' as const,
        '+00:00' as const,
        '+0000' as const,
        '+00' as const,
        ' UTC' as const,
      ),
    }),
  )

  test('text: the reading by position agrees with a slow one, and EXACT comes back', () => {
    let exact = 0
    fc.assert(
      fc.property(fc.oneof(spelled, damaged), forms, (value, form) => {
        const settings = { form } as const
        const [encoder] = codecOf(settings)
        const { field, outcome } = encodeCell(encoder, cellOf(value))
        const slow = slowParse(value)
        expect(field === null, `${value} ${outcome}`).toBe(slow === null)
        const result = moved(value, settings)
        if (result.startsWith('exact')) exact++
        if (field === null || slow === null) return
        expect(field.readBigInt64BE(0), value).toBe(slow.micros)
        expect(outcome.startsWith('rounded'), value).toBe(slow.error !== 0n)
        if (slow.error !== 0n) expect(Number(outcome.split(' ')[1])).toBeCloseTo(Number(slow.error) / 1e9, 12)
      }),
      { numRuns: propertyRuns(20_000) },
    )
    expect(exact).toBeGreaterThan(50)
  })

  test('a date alone says no zone, even where its form names one', () => {
    const form = text('date-only', -1, '+00:00')
    const [encoder, decoder] = codecOf({ kind: 'timestamptz', form, zone: 'America/New_York' })
    const read = encodeCell(encoder, cellOf('2024-01-15'))
    expect(read.outcome).toBe('exact')
    expect(decoder(read.field!)).toBe('2024-01-15')
  })

  test('text: what the decoder writes is exact, in every kind, form and zone', () => {
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia')
    const kinds = fc.constantFrom<Kind>('timestamptz', 'timestamp')
    fc.assert(
      fc.property(
        fc.integer({ min: -6_000_000_000, max: 6_000_000_000 }),
        fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999 })),
        forms,
        zones,
        kinds,
        (second, micro, form, zone, kind) => {
          const [encoder, decoder] = codecOf({ kind, form, zone })
          const field = Buffer.alloc(8)
          field.writeBigInt64BE(BigInt(second) * 1_000_000n + BigInt(micro))
          const back = decoder(field)
          const again = encodeCell(encoder, cellOf(back))
          if (form?.separator === 'date-only' && String(back).length > 10) return
          expect(again.field?.equals(field) === true || again.outcome === 'normalized', String(back)).toBe(
            true,
          )
          expect(['exact', 'normalized']).toContain(again.outcome)
          if (zone === 'UTC') expect(again.outcome, String(back)).toBe('exact')
        },
      ),
      { numRuns: propertyRuns(3000) },
    )
  })

  const perMicro = {
    seconds: 6,
    milliseconds: 3,
    microseconds: 0,
    nanoseconds: -3,
    'core-data-seconds': 6,
    'mac-seconds': 6,
    'webkit-microseconds': 0,
    filetime: -1,
    'dotnet-ticks': -1,
  } as const
  const zeroSeconds: Partial<Record<EpochUnit, bigint>> = {
    'core-data-seconds': 978_307_200n,
    'mac-seconds': -2_082_844_800n,
    'webkit-microseconds': -11_644_473_600n,
    filetime: -11_644_473_600n,
    'dotnet-ticks': -62_135_596_800n,
  }
  const isPower = (unit: EpochUnit): unit is keyof typeof perMicro => Object.hasOwn(perMicro, unit)
  const sizes: Partial<Record<EpochUnit, number>> = {
    'julian-days': 2_460_000,
    'excel-days': 45_000,
    yyyymmdd: 20_240_131,
    yyyymmddhhmm: 202_401_311_230,
    yyyymmddhhmmss: 20_240_131_123_000,
  }
  for (const unit of epochUnits) {
    const size = sizes[unit] ?? 1.7e9 * 10 ** (6 - (isPower(unit) ? perMicro[unit] : 6))
    const doubles = fc.oneof(
      fc.double({ min: -size * 4, max: size * 10, noNaN: true }),
      fc.integer({ min: 0, max: 2_000_000_000 }).map((n) => (n / 2e9) * size),
      fc.integer({ min: 0, max: 2_000_000_000 }).map((n) => Math.round((n / 2e9) * size * 1000) / 1000),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
    )
    test(`REAL ${unit}: as its shortest decimal in exact arithmetic says, and EXACT comes back`, () => {
      fc.assert(
        fc.property(doubles, (value) => {
          const result = moved(value, { epoch: unit, form: { storage: 'real' } })
          if (!isPower(unit) || result === 'time-out-of-range') return
          const { rounded, isExact } = slowMicros(value, perMicro[unit], zeroSeconds[unit] ?? 0n)
          const [encoder] = codecOf({ epoch: unit, form: { storage: 'real' } })
          const field = encodeCell(encoder, cellOf(value)).field
          expect(field?.readBigInt64BE(0), `${value}`).toBe(rounded - EPOCH)
          expect(result.startsWith('rounded'), `${value} ${result}`).toBe(!isExact)
        }),
        { numRuns: propertyRuns(2000) },
      )
    })
    test(`INTEGER ${unit}: EXACT comes back`, () => {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
            fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
            fc.bigInt({ min: 0n, max: BigInt(size) * 2n }),
          ),
          (value) => {
            const result = moved(value, { epoch: unit, form: { storage: 'integer' } })
            expect(['exact', 'rounded', 'time-out-of-range']).toContain(result.split(' ')[0])
          },
        ),
        { numRuns: propertyRuns(1000) },
      )
    })
  }

  /** Unix microseconds of the shortest decimal of `value` times 10^power, half away from zero. */
  function slowMicros(
    value: number,
    power: number,
    zeroSeconds: bigint,
  ): { rounded: bigint; isExact: boolean } {
    const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
    const [whole = '', fraction = ''] = mantissa.split('.')
    const digits = BigInt(whole + fraction)
    const shift = Number(exponent) - fraction.length + power
    if (shift >= 0)
      return { rounded: digits * 10n ** BigInt(shift) + zeroSeconds * 1_000_000n, isExact: true }
    const divisor = 10n ** BigInt(-shift)
    const magnitude = digits < 0n ? -digits : digits
    let quotient = magnitude / divisor
    if ((magnitude % divisor) * 2n >= divisor) quotient++
    return {
      rounded: (digits < 0n ? -quotient : quotient) + zeroSeconds * 1_000_000n,
      isExact: magnitude % divisor === 0n,
    }
  }
})
