import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { doubleDecoder, doubleEncoder } from '../../../../src/engine/encode/conversions/double.ts'
import { integerDecoder, integerEncoder } from '../../../../src/engine/encode/conversions/integer.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { checkRoundTrip, encodeWith } from './cells.ts'

const anyInt64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const edges = [7n, 15n, 31n, 53n, 63n].flatMap((power) =>
  [-1n, 0n, 1n].flatMap((near) => [2n ** power + near, -(2n ** power) + near]),
)
const integers = fc.oneof(anyInt64, fc.constantFrom(...edges), fc.bigInt({ min: -70000n, max: 70000n }))

function limitOf(bytes: 2 | 4 | 8): bigint {
  return 2n ** BigInt(bytes * 8 - 1)
}

describe('integer', () => {
  test('INTEGER, REAL and TEXT of one value are one value, or refused', () => {
    fc.assert(
      fc.property(
        integers.filter((n) => BigInt.asIntN(64, n) === n),
        fc.constantFrom(2 as const, 4 as const, 8 as const),
        fc.constantFrom('integer' as const, 'text' as const),
        (value, bytes, form) => {
          const encoder = integerEncoder({ kind: 'integer', bytes, form })
          const decode = integerDecoder({ kind: 'integer', bytes, form })
          const fits = value < limitOf(bytes) && value >= -limitOf(bytes)
          const field = Buffer.alloc(8)
          field.writeBigInt64BE(value)
          const spellings = [
            value,
            String(value),
            `${value}.0`,
            `${value}e0`,
            value < 0 ? `-00${-value}` : `+${value}`,
          ]
          for (const cell of spellings) {
            const encoded = checkRoundTrip(encoder, decode, cell)
            if (fits) expect(encoded.field).toEqual(field.subarray(8 - bytes))
            else expect(encoded.outcome).toBe('integer-out-of-range')
          }
          const real = Number(value)
          if (BigInt(real) === value) {
            const encoded = checkRoundTrip(encoder, decode, real)
            if (fits) expect(encoded.field).toEqual(field.subarray(8 - bytes))
            else expect(encoded.outcome).toBe('integer-out-of-range')
          }
        },
      ),
      { numRuns: propertyRuns(3000) },
    )
  })

  test.each([
    '',
    ' 5',
    '5 ',
    'x',
    '1.5',
    '0x10',
    '1_000',
    '1,000',
    '1e-1',
    'NaN',
    '12345678901234567890123.5',
    '-',
  ])('TEXT %j is not an integer', (value) => {
    expect(encodeWith(integerEncoder({ kind: 'integer', bytes: 8, form: 'text' }), value).outcome).toBe(
      'not-an-integer',
    )
  })

  test('huge-integer: beyond 64 bits is refused, as TEXT and as REAL', () => {
    const encoder = integerEncoder({ kind: 'integer', bytes: 8, form: 'integer' })
    expect(encodeWith(encoder, '9223372036854775808').outcome).toBe('integer-out-of-range')
    expect(encodeWith(encoder, '-9223372036854775808').outcome).toBe('normalized')
    expect(encodeWith(encoder, 2 ** 63).outcome).toBe('integer-out-of-range')
    expect(encodeWith(encoder, -(2 ** 63)).outcome).toBe('normalized')
    expect(encodeWith(encoder, 1e300).outcome).toBe('integer-out-of-range')
    expect(encodeWith(encoder, '1e999999999').outcome).toBe('integer-out-of-range')
    expect(encodeWith(encoder, 1.5).outcome).toBe('not-an-integer')
    expect(encodeWith(encoder, Number.POSITIVE_INFINITY).outcome).toBe('not-finite')
    expect(encodeWith(encoder, new Uint8Array([0x35])).outcome).toBe('unexpected-blob')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })

  test('-0 is zero, and not exact', () => {
    for (const form of ['integer', 'text'] as const) {
      const conversion = { kind: 'integer', bytes: 4, form } as const
      for (const cell of [-0, '-0', '-0.0'])
        expect(checkRoundTrip(integerEncoder(conversion), integerDecoder(conversion), cell)).toEqual({
          outcome: 'normalized',
          field: Buffer.alloc(4),
          error: null,
        })
    }
  })
})

describe('double', () => {
  const encoder = doubleEncoder({ kind: 'double' })
  const decode = doubleDecoder({ kind: 'double' })

  test('REAL bit for bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(checkRoundTrip(encoder, decode, value).outcome).toBe('exact')
      }),
    )
  })

  test('INTEGER only where the double says the same', () => {
    fc.assert(
      fc.property(
        integers.filter((n) => BigInt.asIntN(64, n) === n),
        (value) => {
          const encoded = checkRoundTrip(encoder, decode, value)
          if (BigInt(Number(value)) === value) {
            expect(encoded.outcome).toBe('normalized')
            expect(BigInt(encoded.field!.readDoubleBE(0))).toBe(value)
          } else expect(encoded.outcome).toBe('integer-out-of-range')
        },
      ),
    )
  })

  test('TEXT in any spelling of a double that reads back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const spellings = Object.is(value, -0) ? ['-0', '-0.0'] : [String(value), value.toExponential()]
        for (const text of spellings) {
          const encoded = encodeWith(encoder, text)
          expect(encoded.outcome, text).toBe('normalized')
          expect(encoded.field!.readDoubleBE(0)).toBe(value)
        }
      }),
    )
  })

  test('short decimals are read as JavaScript reads them', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[+-]?[0-9]{1,9}(\.[0-9]{0,8})?$/), (text) => {
        const encoded = encodeWith(encoder, text)
        if (encoded.field === null) expect(encoded.outcome).toBe('numeric-overflow')
        else expect(encoded.field.readDoubleBE(0)).toBe(Number(text))
      }),
      { numRuns: propertyRuns(2000) },
    )
  })

  test.each(['0.10000000000000001', '9007199254740993', '1e400', '1e-400', '123456789.123456789123'])(
    'TEXT %s has more than a double keeps',
    (value) => expect(encodeWith(encoder, value).outcome).toBe('numeric-overflow'),
  )

  test('the very value of a double is taken', () => {
    expect(encodeWith(encoder, '18446744073709551616').outcome).toBe('normalized')
    expect(encodeWith(encoder, '18446744073709551617').outcome).toBe('numeric-overflow')
  })

  test.each(['', 'NaN', 'Infinity', '-inf', ' 1', '0x10', '1,5'])('TEXT %j is not a number', (value) => {
    expect(encodeWith(encoder, value).outcome).toBe('not-a-number')
  })

  test('blobs are refused, null is null', () => {
    expect(encodeWith(encoder, new Uint8Array(8)).outcome).toBe('unexpected-blob')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })
})
