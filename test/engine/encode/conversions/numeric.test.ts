import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numericDecoder, numericEncoder } from '../../../../src/engine/encode/conversions/numeric.ts'
import type { Conversion } from '../../../../src/engine/model/conversion.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { checkRoundTrip, encodeWith, type SourceValue } from './cells.ts'

type Numeric = Extract<Conversion, { kind: 'numeric' }>

const forms = ['integer', 'real', 'text'] as const

function numeric(precision: number | null, scale: number | null, form: Numeric['form'] = 'real'): Numeric {
  return { kind: 'numeric', precision, scale, form }
}

/** The obvious way: one integer and a count of digits after the point. */
type Plain = { readonly negative: boolean; readonly digits: bigint; readonly scale: number }

function plainOf(value: SourceValue): Plain | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(String(value))
  if (match === null || (match[2] ?? '') + (match[3] ?? '') === '') return null
  const scale = (match[3] ?? '').length - Number(match[4] ?? 0)
  const digits = BigInt((match[2] ?? '') + (match[3] ?? ''))
  return {
    negative: match[1] === '-',
    digits: scale < 0 ? digits * 10n ** BigInt(-scale) : digits,
    scale: Math.max(0, scale),
  }
}

/** What should be sent, as its parts; or why nothing. */
function expectedOf(value: SourceValue, precision: number | null, scale: number | null) {
  const plain = plainOf(value)
  if (plain === null) return { refused: 'not-a-number' }
  if (precision === null) {
    if (String(plain.digits).length - plain.scale > 131_072 || plain.scale > 16_383)
      return { refused: 'numeric-overflow' }
    return { ...plain, error: null }
  }
  const declared = scale ?? 0
  let { digits } = plain
  let error: string | null = null
  if (plain.scale > declared) {
    const unit = 10n ** BigInt(plain.scale - declared)
    const rounded = (digits + unit / 2n) / unit
    const difference = rounded * unit - digits
    if (difference !== 0n) error = decimalText(difference < 0n ? -difference : difference, plain.scale)
    digits = rounded
  } else {
    digits *= 10n ** BigInt(declared - plain.scale)
  }
  if (digits >= 10n ** BigInt(precision)) return { refused: 'numeric-overflow' }
  return { negative: plain.negative, digits, scale: declared, error }
}

function decimalText(digits: bigint, scale: number): string {
  const text = String(digits).padStart(scale + 1, '0')
  const fraction = text.slice(text.length - scale).replace(/0+$/, '')
  const whole = text.slice(0, text.length - scale)
  return scale === 0 || fraction === '' ? whole : `${whole}.${fraction}`
}

/** A field by the manual's words: base-10000 digits around the point. */
function fieldOf(plain: Plain): Buffer {
  const text = String(plain.digits).padStart(plain.scale + 1, '0')
  let whole = text.slice(0, text.length - plain.scale)
  let fraction = text.slice(text.length - plain.scale)
  whole = whole.padStart(Math.ceil(whole.length / 4) * 4, '0')
  fraction = fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0')
  const groups = (whole + fraction).match(/.{4}/g)!.map(Number)
  let weight = whole.length / 4 - 1
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift()
    weight--
  }
  while (groups.length > 0 && groups.at(-1) === 0) groups.pop()
  if (groups.length === 0) weight = 0
  const field = Buffer.alloc(8 + groups.length * 2)
  field.writeUInt16BE(groups.length, 0)
  field.writeInt16BE(weight, 2)
  field.writeUInt16BE(plain.negative && groups.length > 0 ? 0x4000 : 0, 4)
  field.writeUInt16BE(plain.scale, 6)
  groups.forEach((group, i) => {
    field.writeUInt16BE(group, 8 + i * 2)
  })
  return field
}

const types: readonly (readonly [number | null, number | null])[] = [
  [20, 8],
  [10, 2],
  [5, 4],
  [4, 4],
  [38, 18],
  [20, 0],
  [12, null],
  [15, 7],
  [30, 15],
  [1000, 12],
  [null, null],
]

function checkAgainstPlain(value: SourceValue): void {
  for (const [precision, scale] of types) {
    const expected = expectedOf(value, precision, scale)
    for (const form of forms) {
      const conversion = numeric(precision, scale, form)
      // Only the column's own storage class is promised both ways.
      const isOwn =
        form === (typeof value === 'number' ? 'real' : typeof value === 'string' ? 'text' : 'integer')
      const encoded = checkRoundTrip(numericEncoder(conversion), numericDecoder(conversion), value, isOwn)
      if ('refused' in expected) {
        expect(encoded.outcome, `${value} in ${precision},${scale}`).toBe(expected.refused)
      } else {
        expect(encoded.field?.toString('hex'), `${value} in ${precision},${scale}`).toBe(
          fieldOf(expected).toString('hex'),
        )
        expect(encoded.outcome === 'rounded', `${value} in ${precision},${scale}`).toBe(
          expected.error !== null,
        )
        if (expected.error !== null) expect(plainOf(encoded.error)).toEqual(plainOf(expected.error))
      }
    }
  }
}

const halves = fc
  .tuple(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), fc.integer({ min: 0, max: 12 }))
  .map(([n, power]) => (n + 0.5) / 10 ** power)
const prices = fc
  .tuple(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), fc.integer({ min: 0, max: 12 }))
  .map(([n, power]) => Number(`${n}e-${power}`))
const reals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  fc.integer().map((n) => n + 0),
  halves,
  prices,
)
const texts = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.stringMatching(/^[0-9]{0,24}$/),
    fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^\.[0-9]{0,24}$/),
      fc.stringMatching(/^\.[0-9]{0,9}0{0,9}$/),
    ),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?[0-9]{1,2}$/)),
  )
  .map((parts) => parts.join(''))

describe('numeric against the obvious way', () => {
  test('every REAL', () => {
    fc.assert(
      fc.property(reals, (value) => checkAgainstPlain(value)),
      { numRuns: propertyRuns(4000) },
    )
  })

  test('every INTEGER', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          fc.bigInt({ min: -99999n, max: 99999n }),
        ),
        (value) => checkAgainstPlain(value),
      ),
      { numRuns: propertyRuns(1000) },
    )
  })

  test('every decimal TEXT', () => {
    fc.assert(
      fc.property(texts, (value) => checkAgainstPlain(value)),
      { numRuns: propertyRuns(4000) },
    )
  })

  test.each([
    '0',
    '-0',
    '1',
    '-1',
    '5e-324',
    '-5e-324',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
    '1e21',
    '1e22',
    '-1e21',
    '123456789012345680000',
    '0.30000000000000004',
    '1e-7',
    '1.5e-8',
    '5e-9',
    '4.9999999e-9',
    '-5e-9',
    '0.000000005',
    '67108864.12345678',
    '90071992.54740993',
    '9007199254740993',
    '9999999999999999',
    '99999999.99999999',
    '999999999999.999999',
    '999999999999.99999999',
    '1e12',
    '1e15',
    '1e16',
    '1.005',
    '2.675',
    '0.5',
    '1.5',
    '2.5',
    '-2.5',
    '1e4',
    '1e8',
    '10000.0001',
    '4503599627370496.5',
    '65432.123456789',
  ])('REAL %s', (text) => checkAgainstPlain(Number(text)))

  test.each([
    '0',
    '-0',
    '00',
    '0.0',
    '.5',
    '5.',
    '+5',
    '-.5',
    '007',
    '1e-7',
    '1E3',
    '1.50e1',
    '1.50e3',
    '0e9',
    '0e-9',
    '0.123456789',
    '999999999999.999999995',
    '999999999999.999999994',
    '9.99999999999999999999',
    '123456789012345678901234567890.5',
    '0.00000000000000000001',
    '100.50',
    '100.50000000',
    '100.500000000',
    '-0.000000004',
    '-0.000000005',
    '99.995',
    '99.994999',
  ])('TEXT %s', (value) => checkAgainstPlain(value))
})

describe('numeric', () => {
  test.each([
    '',
    ' ',
    ' 5',
    '5 ',
    '1,000.50',
    '1_000',
    '0x1F',
    'NaN',
    'Infinity',
    '-inf',
    '.',
    '-',
    '+',
    'e5',
    '.e5',
    '1e',
    '1e+',
    '1.2.3',
    '--1',
    '+-1',
    '1-',
    '５',
    '1\u0000',
    '$5',
    '5%',
  ])('TEXT %j is not a number', (value) => {
    expect(encodeWith(numericEncoder(numeric(20, 8)), value).outcome).toBe('not-a-number')
    expect(encodeWith(numericEncoder(numeric(null, null)), value).outcome).toBe('not-a-number')
  })

  test('infinities and blobs are refused, null is null', () => {
    const encoder = numericEncoder(numeric(20, 8))
    expect(encodeWith(encoder, Number.POSITIVE_INFINITY).outcome).toBe('not-finite')
    expect(encodeWith(encoder, Number.NEGATIVE_INFINITY).outcome).toBe('not-finite')
    expect(encodeWith(encoder, new Uint8Array([0x31])).outcome).toBe('unexpected-blob')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })

  test('what rounding carries over the precision is refused', () => {
    expect(encodeWith(numericEncoder(numeric(5, 2)), '999.994').outcome).toBe('rounded')
    expect(encodeWith(numericEncoder(numeric(5, 2)), '999.995').outcome).toBe('numeric-overflow')
    expect(encodeWith(numericEncoder(numeric(5, 2)), 999.995).outcome).toBe('numeric-overflow')
    expect(encodeWith(numericEncoder(numeric(20, 8)), 1e12).outcome).toBe('numeric-overflow')
  })

  test('a negative scale, and one beyond the precision', () => {
    const hundreds = numeric(3, -2, 'text')
    expect(numericDecoder(hundreds)(encodeWith(numericEncoder(hundreds), '12350').field!)).toBe('12400')
    expect(encodeWith(numericEncoder(hundreds), '12350').error).toBe('50')
    expect(encodeWith(numericEncoder(hundreds), '99950').outcome).toBe('numeric-overflow')
    const tiny = numeric(2, 5, 'text')
    expect(encodeWith(numericEncoder(tiny), '0.00099').outcome).toBe('exact')
    expect(encodeWith(numericEncoder(tiny), '0.00100').outcome).toBe('numeric-overflow')
  })

  test('the error of the cell just rounded', () => {
    const encoder = numericEncoder(numeric(20, 8))
    expect(encodeWith(encoder, 0.30000000000000004).error).toBe('0.00000000000000004')
    expect(encodeWith(encoder, '0.123456789').error).toBe('0.000000001')
    expect(encodeWith(encoder, '-0.123456781').error).toBe('0.000000001')
    expect(encodeWith(encoder, 1e-300).error).toBe('1e-300')
    expect(encodeWith(encoder, '0.99999999999').error).toBe('0.00000000001')
  })

  test('the error can be asked for once the whole row is encoded', () => {
    const encoders = ['0.1234567891', '1e-300', 0.30000000000000004, 1e-290].map((value) => {
      const encoder = numericEncoder(numeric(20, 8))
      encodeWith(encoder, value)
      return encoder
    })
    expect(encoders.map((encoder) => encoder.lastError())).toEqual([
      '0.0000000009',
      '1e-300',
      '0.00000000000000004',
      '1e-290',
    ])
  })

  test('huge exponents cost nothing', () => {
    const encoder = numericEncoder(numeric(20, 8))
    expect(encodeWith(encoder, '1e999999999999999999').outcome).toBe('numeric-overflow')
    expect(encodeWith(encoder, '1e-999999999').outcome).toBe('rounded')
    expect(encodeWith(encoder, '0e999999999').outcome).toBe('normalized')
    const unconstrained = numericEncoder(numeric(null, null))
    expect(encodeWith(unconstrained, '1e131071').outcome).toBe('normalized')
    expect(encodeWith(unconstrained, '1e131072').outcome).toBe('numeric-overflow')
    expect(encodeWith(unconstrained, '1e-16383').outcome).toBe('normalized')
    expect(encodeWith(unconstrained, '1e-16384').outcome).toBe('numeric-overflow')
  })

  test('as many digits as the server takes', () => {
    const conversion = numeric(null, null, 'text')
    for (const text of ['9'.repeat(131_072), `${'7'.repeat(131_072)}.${'7'.repeat(16_383)}`]) {
      expect(checkRoundTrip(numericEncoder(conversion), numericDecoder(conversion), text).outcome).toBe(
        'exact',
      )
      expect(encodeWith(numericEncoder(conversion), `7${text}`).outcome).toBe('numeric-overflow')
    }
  })

  test('values of others: NaN and the infinities', () => {
    const decode = numericDecoder(numeric(null, null))
    expect(decode(Buffer.from('00000000c0000000', 'hex'))).toBe('NaN')
    expect(decode(Buffer.from('00000000d0000020', 'hex'))).toBe(Number.POSITIVE_INFINITY)
    expect(decode(Buffer.from('00000000f0000020', 'hex'))).toBe(Number.NEGATIVE_INFINITY)
  })

  test('the inverse loses no digit that a double cannot hold', () => {
    const real = numeric(null, null, 'real')
    const back = (value: SourceValue) => numericDecoder(real)(encodeWith(numericEncoder(real), value).field!)
    expect(back(9007199254740993n)).toBe(9007199254740993n)
    expect(back('0.1000000000000000055')).toBe('0.1000000000000000055')
  })
})
