/** A column that is settled by its spellings is what the encoder makes of each of its values. */
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import { EXACT, NORMALIZED } from '../../../../src/engine/encode/cell/conversion-encoder.ts'
import { fillFromStored } from '../../../../src/engine/encode/cell/stored-cell.ts'
import { cellEncoderOf } from '../../../../src/engine/encode/conversions/cell-encoder.ts'
import type { Conversion, TimeParameters, UuidForm } from '../../../../src/engine/model/conversion.ts'
import type { StoredCell } from '../../../../src/engine/model/storage.ts'
import { countNormalized } from '../../../../src/engine/plan/base/settled-spellings.ts'
import { ColumnCount } from '../../../../src/engine/source/census/column-count.ts'
import { encodedTables } from '../../../support/breadth.ts'
import { documentTexts } from '../../encode/json/json-texts.ts'

const real = (value: number): StoredCell => ({ real: String(value) })
const text = (value: string): StoredCell => ({ text: value })

const decimals = (places: number, most: number) =>
  fc.integer({ min: -most, max: most }).map((number) => real(number / 10 ** places))
const numbers = fc.oneof(
  ...[0, 1, 2, 4, 8].map((places) => decimals(places, 10 ** 9)),
  ...[1, 2, 3, 5].map((places) => decimals(places, 10 ** 15)),
  decimals(8, Number.MAX_SAFE_INTEGER),
  fc.double({ noNaN: true }).map(real),
  fc.constantFrom(0.1 + 0.2, 1e15, 1e15 + 1, 999.9999, 0.5, -0, 1 / 3, 99.995, 1.005, 2.5e-9).map(real),
  fc.integer().map((integer): StoredCell => ({ integer: String(integer) })),
)

const uuid = fc
  .uuid()
  .chain((lower) => fc.constantFrom(lower, lower.toUpperCase(), lower.replaceAll(/[a-f]/g, '7')))
  .chain((dashed) => fc.constantFrom(dashed, dashed.replaceAll('-', '')))
/** `other`, with dashes where `first` has them, in small letters. */
const spelledAs = (first: string, other: string): string => {
  const bare = other.toLowerCase().replaceAll('-', '')
  return first.length === 32 ? bare : bare.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
const digits = (count: number) =>
  fc.integer({ min: 0, max: 10 ** count - 1 }).map((number) => String(number).padStart(count, '0'))
const moment = fc
  .record({
    date: fc.date({ min: new Date('0001-06-01'), max: new Date('9998-06-01'), noInvalidDate: true }),
    separator: fc.constantFrom('T', ' '),
    clock: fc.constantFrom(16, 19),
    fraction: fc.oneof(
      fc.constantFrom('', '', '.000000', '.500', '.1234560'),
      ...[1, 3, 6].map((count) => digits(count).map((some) => `.${some}`)),
    ),
    zone: fc.constantFrom('', '', 'Z', '+00:00', '-00:00', '+02:00', '+0000', ' UTC'),
  })
  .map(({ date, separator, clock, fraction, zone }) => {
    const iso = date.toISOString()
    return `${iso.slice(0, 10)}${separator}${iso.slice(11, clock)}${clock === 19 ? fraction : ''}${zone}`
  })
const times = fc.oneof(
  { arbitrary: moment, weight: 4 },
  moment.map((written) => written.slice(0, 10)),
)
const form = fc.oneof(
  fc.constant(null),
  fc.record({
    storage: fc.constant('text' as const),
    separator: fc.constantFrom('T' as const, ' ' as const, 'date-only' as const),
    fraction: fc.constantFrom(-1, 0, 3, 6),
    zone: fc.constantFrom('' as const, 'Z' as const, '+00:00' as const),
  }),
)

/** Columns in which one way of writing prevails, and few other values are. */
const likely = <T>(one: fc.Arbitrary<T>, same: (value: T, other: T) => T): fc.Arbitrary<T[]> =>
  fc
    .tuple(one, fc.array(one, { minLength: 1, maxLength: 20 }), fc.boolean())
    .map(([first, all, isMixed]) => (isMixed ? all : all.map((value) => same(first, value))))

const columns: fc.Arbitrary<{ values: readonly StoredCell[]; conversion: Conversion }> = fc.oneof(
  fc.record({
    values: fc.oneof(
      fc.array(numbers, { minLength: 1, maxLength: 20 }),
      ...[0, 2, 4, 8].map((places) => fc.array(decimals(places, 10 ** 9), { minLength: 1, maxLength: 20 })),
      fc.array(fc.oneof(decimals(2, 10 ** 14), decimals(1, 10 ** 4)), { minLength: 1, maxLength: 20 }),
    ),
    conversion: fc.record({
      kind: fc.constant('numeric' as const),
      precision: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
      scale: fc.option(fc.integer({ min: 0, max: 10 }), { nil: null }),
      form: fc.constantFrom('integer' as const, 'real' as const, 'text' as const),
    }),
  }),
  fc.record({
    values: fc
      .array(fc.oneof({ arbitrary: documentTexts.map(text), weight: 60 }, numbers), {
        minLength: 1,
        maxLength: 20,
      })
      .map((all) => [...all, { integer: '1' }]),
    conversion: fc.record({
      kind: fc.constant('json' as const),
      text: fc.constantFrom('document' as const, 'only-documents' as const, 'string' as const),
      storage: fc.constantFrom('json' as const, 'jsonb' as const),
    }),
  }),
  fc.record({
    values: likely(uuid, spelledAs).map((all) => all.map(text)),
    conversion: fc.record({
      kind: fc.constant('uuid' as const),
      form: fc.constantFrom(
        ...(['lower', 'upper', 'lower-bare', 'upper-bare', 'none', 'blob'] as const satisfies UuidForm[]),
      ),
    }),
  }),
  fc.record({
    values: likely(times, (first, other) =>
      first.length === 10 ? other.slice(0, 10) : `${other.slice(0, 10)}${first.slice(10)}`,
    ).map((all) => all.map(text)),
    conversion: fc
      .tuple(
        fc.constantFrom('timestamptz' as const, 'timestamp' as const, 'date' as const),
        fc.record(
          {
            zone: fc.constantFrom('UTC', 'UTC', 'Europe/Berlin'),
            epoch: fc.constant(null),
            form,
            precision: fc.constantFrom(3, 6),
          },
          { requiredKeys: ['zone', 'epoch', 'form'] },
        ),
      )
      .map(([kind, more]) => ({ kind, ...(more as TimeParameters) })),
  }),
)

const settled = new Map<string, number>()
let all = 0

it('settles what the encoder would find', () => {
  fc.assert(
    fc.property(columns, ({ values, conversion }) => {
      const column = new ColumnCount('a')
      const cell = new Cell()
      for (const value of values) {
        fillFromStored(cell, value)
        column.see(cell)
      }
      const census = column.settle()
      const normalized = census === null ? null : countNormalized(conversion, census)
      all++
      if (normalized === null) return
      settled.set(conversion.kind, (settled.get(conversion.kind) ?? 0) + 1)
      const encoder = cellEncoderOf(conversion)
      const outcomes = values.map((value) => {
        fillFromStored(cell, value)
        return encoder.encode(cell, new ByteWriter(64))
      })
      expect(outcomes.filter((outcome) => outcome !== EXACT && outcome !== NORMALIZED)).toEqual([])
      expect(outcomes.filter((outcome) => outcome === NORMALIZED)).toHaveLength(normalized)
    }),
    { numRuns: encodedTables * 20 },
  )
})

afterAll(() => {
  for (const kind of ['numeric', 'uuid', 'timestamptz', 'timestamp', 'date', 'json'])
    expect(settled.get(kind) ?? 0).toBeGreaterThan(all / 300)
})
