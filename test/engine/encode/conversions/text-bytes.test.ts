import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { rejectCodeOf } from '../../../../src/engine/encode/cell/conversion-encoder.ts'
import { bytesDecoder, bytesEncoder } from '../../../../src/engine/encode/conversions/bytes.ts'
import { textDecoder, textEncoder } from '../../../../src/engine/encode/conversions/text.ts'
import { countCharacters, INVALID_UTF8, NUL_IN_TEXT } from '../../../../src/engine/encode/text/utf8.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { cellOf, checkRoundTrip, encodeWith, StoredText } from './cells.ts'

const strings = fc.string({ unit: anyCharacter, maxLength: 60 })
/** Mostly near-misses: the bytes that begin, continue and break sequences. */
const nearUtf8 = fc
  .array(
    fc.oneof(
      fc.constantFrom(0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf),
      fc.constantFrom(0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff),
    ),
    { maxLength: 8 },
  )
  .map((bytes) => Buffer.from(bytes))

describe('utf8', () => {
  test('agrees with the platform on every near-miss', () => {
    fc.assert(
      fc.property(fc.oneof(nearUtf8, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        const count = countCharacters(bytes, 0, bytes.length)
        if (!isUtf8(bytes)) expect(count).toBe(INVALID_UTF8)
        else if (bytes.includes(0)) expect(count).toBe(NUL_IN_TEXT)
        else expect(count).toBe([...Buffer.from(bytes).toString('utf8')].length)
      }),
      { numRuns: propertyRuns(20_000) },
    )
  })

  test('agrees with the platform in long text, wherever it begins and whatever is in it', () => {
    const long = fc.tuple(
      fc.oneof(strings, fc.constantFrom('ż', '日本', '😀', 'ascii')),
      fc.integer({ min: 900, max: 3000 }),
      fc.option(nearUtf8, { freq: 3 }),
      fc.nat({ max: 2000 }),
      fc.nat({ max: 4 }),
    )
    fc.assert(
      fc.property(long, ([unit, times, odd, place, shift]) => {
        const usual = Buffer.from(`${unit}x`.repeat(times))
        const text = Buffer.concat([usual.subarray(0, place), odd ?? Buffer.alloc(0), usual.subarray(place)])
        const page = Buffer.concat([Buffer.alloc(shift, 0xbf), text, Buffer.from([0x80, 0x80])])
        const characters = isUtf8(text) ? [...text.toString('utf8')].length : INVALID_UTF8
        expect(countCharacters(page, shift, page.length - 2)).toBe(
          characters >= 0 && text.includes(0) ? NUL_IN_TEXT : characters,
        )
      }),
      { numRuns: propertyRuns(400) },
    )
  })

  test('all pairs and triples of bytes that matter', () => {
    const bytes = Buffer.alloc(4)
    for (let first = 0x80; first < 0x100; first++) {
      for (let second = 0x70; second < 0xd0; second++) {
        bytes[0] = first
        bytes[1] = second
        for (const rest of [0x41, 0x7f, 0x80, 0xbf, 0xc0]) {
          bytes[2] = rest
          bytes[3] = rest
          for (let end = 1; end <= 4; end++) {
            expect(countCharacters(bytes, 0, end) >= 0).toBe(isUtf8(bytes.subarray(0, end)))
          }
        }
      }
    }
  })

  test('a sequence does not borrow bytes from beyond the end', () => {
    expect(countCharacters(Buffer.from('é'), 0, 1)).toBe(INVALID_UTF8)
    expect(countCharacters(Buffer.from('€'), 0, 2)).toBe(INVALID_UTF8)
    expect(countCharacters(Buffer.from('😀'), 0, 3)).toBe(INVALID_UTF8)
  })
})

describe('text', () => {
  const conversion = { kind: 'text', maxCharacters: null } as const
  const encoder = textEncoder(conversion)
  const decode = textDecoder(conversion)

  test('TEXT as its bytes', () => {
    fc.assert(
      fc.property(strings, (value) => {
        const encoded = checkRoundTrip(encoder, decode, value)
        const bytes = Buffer.from(value, 'utf8')
        if (value.includes('\u0000')) expect(encoded.outcome).toBe('nul-in-text')
        else {
          expect(encoded.outcome).toBe('exact')
          expect(encoded.field).toEqual(bytes)
        }
        expect(encodeWith(encoder, bytes).outcome).toBe(
          value.includes('\u0000') ? 'nul-in-text' : 'normalized',
        )
      }),
      { numRuns: propertyRuns(2000) },
    )
  })

  test('a byte order mark stays', () => {
    expect(checkRoundTrip(encoder, decode, '\ufeffx').outcome).toBe('exact')
  })

  test.each(['c080', 'eda080', 'f4908080', 'ff', 'e282', 'f0808080', '41c3'])('invalid-utf8 %s', (hex) => {
    expect(encodeWith(encoder, new StoredText(Buffer.from(hex, 'hex'))).outcome).toBe('invalid-utf8')
    expect(encodeWith(encoder, Buffer.from(hex, 'hex')).outcome).toBe('invalid-utf8')
  })

  test('nul-byte: refused wherever it stands', () => {
    for (const value of ['\u0000', 'a\u0000', '\u0000a', `${'a'.repeat(100)}\u0000`]) {
      expect(encodeWith(encoder, value).outcome).toBe('nul-in-text')
    }
  })

  test('characters are code points, and trailing blanks count', () => {
    const five = textEncoder({ kind: 'text', maxCharacters: 5 })
    expect(encodeWith(five, 'äöü€😀').outcome).toBe('exact')
    expect(encodeWith(five, 'äöü€😀!').outcome).toBe('text-too-long')
    expect(encodeWith(five, 'abcde ').outcome).toBe('text-too-long')
    expect(encodeWith(five, 123456n).outcome).toBe('text-too-long')
    expect(encodeWith(five, 0.1234).outcome).toBe('text-too-long')
  })

  test.each([
    [5n, '5'],
    [-9223372036854775808n, '-9223372036854775808'],
    [5, '5'],
    [0.1, '0.1'],
    [1e21, '1e+21'],
    [-0, '-0'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('number %s is its shortest text', (value, text) => {
    expect(checkRoundTrip(encoder, decode, value)).toEqual({
      outcome: 'normalized',
      field: Buffer.from(text),
      error: null,
    })
  })
})

describe('bytes', () => {
  const encoder = bytesEncoder({ kind: 'bytes' })
  const decode = bytesDecoder({ kind: 'bytes' })

  test('BLOB and TEXT byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
        expect(checkRoundTrip(encoder, decode, value).outcome).toBe('exact')
        const text = checkRoundTrip(encoder, decode, new StoredText(value))
        expect(text.outcome).toBe('normalized')
        expect(text.field).toEqual(Buffer.from(value))
      }),
    )
  })

  test('numbers are refused, null is null', () => {
    expect(encodeWith(encoder, 5n).outcome).toBe('unexpected-number')
    expect(encodeWith(encoder, 5).outcome).toBe('unexpected-number')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })
})

test('value-too-large: a value that no field can hold is refused before it is read', () => {
  for (const encoder of [
    textEncoder({ kind: 'text', maxCharacters: null }),
    bytesEncoder({ kind: 'bytes' }),
  ]) {
    const cell = cellOf('x')
    cell.end = 2 ** 30
    expect(rejectCodeOf(encoder.encode(cell, new ByteWriter()))).toBe('value-too-large')
  }
})
