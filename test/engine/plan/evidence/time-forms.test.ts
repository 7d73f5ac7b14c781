import { describe, expect, it } from 'vitest'
import { formOfText } from '../../../../src/engine/encode/times/text-time-form.ts'
import { recogniseTime } from '../../../../src/engine/plan/evidence/time-forms.ts'
import { censusOf, censusOfValues, columnOf, factsOf, integersOf } from '../samples.ts'

const time = (declared: string, census: ReturnType<typeof censusOf>, sample?: string) =>
  recogniseTime(factsOf(columnOf(declared), census, { timezone: 'Europe/Berlin' }, sample))

describe('the unit of a number', () => {
  it.each([
    [1_700_000_000, 1_800_000_000, 'seconds'],
    [315_532_800, 4_102_444_799, 'seconds'],
    [1_700_000_000_000, 1_700_000_000_001, 'milliseconds'],
    [1_700_000_000_000_000, 1_700_000_000_000_000, 'microseconds'],
    ['1700000000000000000', '1700000000000000001', 'nanoseconds'],
  ])('%s to %s is %s', (min, max, unit) => {
    expect(time('INTEGER', integersOf(min, max))).toEqual({
      zone: 'Europe/Berlin',
      epoch: unit,
      form: { storage: 'integer' },
    })
  })
  it.each([
    [1_700_000_000, 1_700_000_000_000],
    [0, 0],
    [-1, 1_700_000_000],
    [-1_000_000_000, 1_700_000_000],
    [0, 1_700_000_000_000],
    [1, 12],
    [20240101, 20241231],
  ])('%s to %s is none', (min, max) => {
    expect(time('DATETIME', integersOf(min, max))).toBeNull()
  })
  it('is Julian days, also of whole days, which SQLite stores as integers', () => {
    expect(time('REAL', censusOfValues([2460310.5]))).toMatchObject({ epoch: 'julian-days' })
    expect(time('DATETIME', integersOf(2460310, 2460311))).toMatchObject({ epoch: 'julian-days' })
  })
  it('is none for infinities', () => {
    expect(time('REAL', censusOfValues([1.7e9, Number.POSITIVE_INFINITY]))).toBeNull()
  })
})

it('texts that are no times give nothing, and an empty column gives an open answer', () => {
  expect(time('DATETIME', censusOfValues(['soon']))).toBeNull()
  expect(time('DATETIME', censusOf())).toEqual({ zone: 'Europe/Berlin', epoch: null, form: null })
})

it('mixed forms are taken row by row: the number has its unit and the text its form', () => {
  expect(
    time('DATETIME', censusOfValues([1_700_000_000n, '2024-01-01 10:00:00', '2024-01-02 10:00:00'])),
  ).toEqual({
    zone: 'Europe/Berlin',
    epoch: 'seconds',
    form: { storage: 'text', separator: ' ', fraction: 0, zone: '' },
  })
})

it('a sample shows the spelling where the census has no values', () => {
  const census = { ...censusOfValues(['2024-01-01T10:00:00.123456+00:00']), values: null }
  expect(time('DATETIME', census)?.form).toBeNull()
  expect(time('DATETIME', census, '2024-01-01T10:00:00.123456+00:00')?.form).toEqual({
    storage: 'text',
    separator: 'T',
    fraction: 6,
    zone: '+00:00',
  })
})

it.each([
  ['2024-01-01', 'date-only', 0, ''],
  ['2024-01-01 10:00', ' ', -1, ''],
  ['2024-01-01T10:00Z', 'T', -1, 'Z'],
  ['2024-01-01 10:00:00 UTC', ' ', 0, ' UTC'],
  ['2024-01-01 10:00:00.1+0000', ' ', 1, '+0000'],
  ['2024-01-01 10:00:00+00', ' ', 0, '+00'],
  ['10:00:00.25', 'time-only', 2, ''],
])('%s has a form', (text, separator, fraction, zone) => {
  expect(formOfText(text)).toEqual({ storage: 'text', separator, fraction, zone })
})

it.each(['', 'now', '2024-01-01Z', '2024-01-01 ', '01/02/2024', '2024-01-01T', '2024-1-1'])(
  '%j has none',
  (text) => {
    expect(formOfText(text)).toBeNull()
  },
)
