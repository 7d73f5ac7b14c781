/** Types of an application's schema: what is exact comes back as it was, and the independent comparison takes what the encoder takes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellDecoderOf, cellEncoderOf } from '../../../../src/engine/encode/conversions/cell-encoder.ts'
import type { Conversion } from '../../../../src/engine/model/conversion.ts'
import { meaningOf } from '../../../../src/engine/rows/meaning/meaning-of.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { checkRoundTrip, encodeWith, type SourceValue } from './cells.ts'

const text: Conversion = { kind: 'text', maxCharacters: null }
const conversions: readonly Conversion[] = [
  { kind: 'real' },
  { kind: 'character', characters: 5 },
  { kind: 'interval', unit: null },
  { kind: 'interval', unit: 'microseconds' },
  { kind: 'address', isNetwork: false },
  { kind: 'address', isNetwork: true },
  { kind: 'bits', length: 4, isVarying: false },
  { kind: 'bits', length: null, isVarying: true },
  { kind: 'money', digits: 2, form: 'real' },
  { kind: 'money', digits: 0, form: 'integer' },
  { kind: 'money', digits: 3, form: 'text' },
  { kind: 'xml' },
  { kind: 'array', oid: 25, element: text },
  { kind: 'array', oid: 23, element: { kind: 'integer', bytes: 4, form: 'integer' } },
  { kind: 'array', oid: 700, element: { kind: 'real' } },
  { kind: 'array', oid: 16, element: { kind: 'boolean', form: 'true' } },
]

const group = fc.integer({ min: 0, max: 0xffff }).map((word) => word.toString(16))
const texts = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.stringMatching(/^[01]{0,9}$/),
  fc.constantFrom('-0', '-0.0', '+0', '-0e5', '-.0'),
  fc.stringMatching(/^-?\d{1,4}(\.\d{1,3})?$/),
  fc.stringMatching(/^(\d{1,2} days? )?-?\d{2}:[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/),
  fc.stringMatching(/^-?\d{1,3}[. ][0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,7})?$/),
  fc.stringMatching(/^(19|20)\d\d-[01]\d-[0-3]\d[ T][0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,6})?$/),
  fc.stringMatching(/^-?P(\dY)?(\dM)?(\d{1,3}D)?(T(\dH)?(\dM)?(\d\.\d{1,6}S)?)?$/),
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 33 })).map(([host, length]) => `${host}/${length}`),
  fc.array(group, { minLength: 1, maxLength: 5 }).map((groups) => `${groups.join(':')}::`),
  fc.json({ maxDepth: 2 }),
  fc
    .array(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.double()))
    .map((members) => JSON.stringify(members)),
)
const values: fc.Arbitrary<SourceValue> = fc.oneof(
  texts,
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
)

test.each(conversions)('%j', (conversion) => {
  const encoder = cellEncoderOf(conversion)
  const decode = cellDecoderOf(conversion)
  const meaning = meaningOf(conversion)
  fc.assert(
    fc.property(values, (value) => {
      const { outcome, field } = checkRoundTrip(encoder, decode, value, false)
      if (field === null) return
      // What is taken has a meaning, and the same one after the way through the target.
      const said = meaning(value as string)
      expect(said, `${String(value)} ${outcome}`).not.toMatch(/ is no /)
      if (outcome !== 'rounded') expect(meaning(decode(field))).toBe(said)
    }),
    { numRuns: propertyRuns(1_500) },
  )
})

test.each([
  ['1 02:03:04.000005', '1 day 02:03:04.000005'],
  ['-1 23:59:59', '-1 days 23:59:59'],
  ['-1.02:03:04.5000000', '-1 days -02:03:04.5'],
  ['01:02:03.4000000', '01:02:03.4'],
  ['1970-01-02 00:00:05.000000', '1 day 00:00:05'],
  ['1969-12-31 23:59:59', '-00:00:01'],
])('a length of time as Django, .NET and SQLAlchemy write it: %s is %s', (written, printed) => {
  const { field } = encodeWith(cellEncoderOf({ kind: 'interval', unit: null }), written)
  expect(cellDecoderOf({ kind: 'interval', unit: null })(field!)).toBe(printed)
})

test('a float4 keeps the decimal that people wrote', () => {
  const encoder = cellEncoderOf({ kind: 'real' })
  expect(encodeWith(encoder, 0.1).outcome).toBe('exact')
  expect(encodeWith(encoder, 1e39).outcome).toBe('numeric-overflow')
  expect(encodeWith(encoder, 1e-60).outcome).toBe('numeric-overflow')
  expect(encodeWith(encoder, 16_777_217)).toMatchObject({ outcome: 'rounded', error: '1' })
})

test('a whole number for a type that only the server reads is found by its digits', () => {
  const values = { '-5': { field: '00ff', text: '-5' } }
  const conversion: Conversion = { kind: 'server-text', type: 'counter', form: 'integer', values }
  const { outcome, field } = encodeWith(cellEncoderOf(conversion), -5n)
  expect(outcome).toBe('exact')
  expect(cellDecoderOf(conversion)(field!)).toBe(-5n)
  expect(encodeWith(cellEncoderOf(conversion), 6n).outcome).toBe('not-of-type')
})
