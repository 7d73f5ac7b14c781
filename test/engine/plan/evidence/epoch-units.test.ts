/** Units of time by evidence. Danger: a number read in another unit is another moment, and nothing in the target says so. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EpochUnit, epochUnits } from '../../../../src/engine/model/conversion.ts'
import {
  epochUnitOf,
  noEvidence,
  offeredUnits,
  possibleUnits,
  type TimeEvidence,
} from '../../../../src/engine/plan/evidence/epoch-units.ts'
import { censusOf, columnOf } from '../samples.ts'

const column = columnOf('DATETIME')
const numbers = (smallest: number, largest = smallest): TimeEvidence => ({
  ...noEvidence,
  numbers: { smallest, largest },
})
const census = censusOf({ integers: 2 })

/** What a Unix millisecond is in each unit, written down anew. */
const inUnit: Partial<Record<EpochUnit, (millis: number) => number>> = {
  seconds: (millis) => millis / 1e3,
  milliseconds: (millis) => millis,
  microseconds: (millis) => millis * 1e3,
  nanoseconds: (millis) => millis * 1e6,
  'julian-days': (millis) => millis / 86_400_000 + 2_440_587.5,
  'mac-seconds': (millis) => millis / 1e3 + 2_082_844_800,
  'webkit-microseconds': (millis) => millis * 1e3 + 11_644_473_600_000_000,
  filetime: (millis) => millis * 1e4 + 116_444_736_000_000_000,
  'dotnet-ticks': (millis) => millis * 1e4 + 621_355_968_000_000_000,
  'excel-days': (millis) => millis / 86_400_000 + 25_569,
}

const ours = fc.integer({ min: Date.UTC(1991, 0, 2), max: Date.UTC(2099, 11, 30) })

for (const [unit, of] of Object.entries(inUnit) as [EpochUnit, (millis: number) => number][]) {
  it(`${unit} from 1991 to 2099 are taken for nothing else`, () => {
    fc.assert(
      fc.property(ours, ours, (one, other) => {
        const [from, to] = [of(Math.min(one, other)), of(Math.max(one, other))]
        expect(possibleUnits(column, census, numbers(from, to))).toContain(unit)
        expect([unit, null]).toContain(epochUnitOf(column, census, numbers(from, to)))
      }),
    )
  })

  it(`${unit} of which one is before 1980 are nothing: a number so small is a moment in every unit`, () => {
    const old = of(Date.UTC(1969, 6, 20))
    expect(possibleUnits(column, census, numbers(old, of(Date.UTC(2024, 0, 1))))).not.toContain(unit)
  })
}

describe('what is ambiguous stays undecided', () => {
  it.each([
    ['2090 in Unix seconds, 2024 in Mac seconds', 3_786_912_000, ['seconds', 'mac-seconds']],
    ['1970 in any unit', 86_400, []],
    ['a year', 2024, []],
    ['0, which is the beginning of every unit', 0, []],
  ] as const)('%s', (_, number, units) => {
    expect(possibleUnits(column, census, numbers(number))).toEqual(units)
    expect(epochUnitOf(column, census, numbers(number))).toBeNull()
  })

  it('an end of 0 hides the number beside it where nobody was asked', () => {
    const known = censusOf({ integers: 3, integerRange: { min: '0', max: '1700000000' } })
    expect(epochUnitOf(column, known)).toBeNull()
    expect(epochUnitOf(column, known, numbers(5, 1_700_000_000))).toBeNull()
    expect(epochUnitOf(column, known, numbers(1_600_000_000, 1_700_000_000))).toBe('seconds')
  })

  it('digits of a date are one only where every one of them is a day that exists', () => {
    expect(epochUnitOf(column, census, numbers(20240131, 20241231))).toBeNull()
    const proven = { ...numbers(20240131, 20241231), digits: ['yyyymmdd'] as const }
    expect(epochUnitOf(column, census, proven)).toBe('yyyymmdd')
  })

  it('the user decides, whatever the numbers are', () => {
    for (const unit of epochUnits)
      expect(epochUnitOf(column, census, { ...numbers(5), declared: unit })).toBe(unit)
  })

  it('offers what numbers older than 1980 may be, the longest unit first', () => {
    expect(offeredUnits(column, census, numbers(-1_000_000_000, 1_700_000_000))[0]).toBe('seconds')
    expect(offeredUnits(column, census, numbers(-1_000_000_000_000, 1_700_000_000_000))[0]).toBe(
      'milliseconds',
    )
    expect(offeredUnits(column, census, numbers(-1e20, 1e20))).toEqual([])
  })
})
