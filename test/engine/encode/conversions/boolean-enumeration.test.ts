import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { booleanDecoder, booleanEncoder } from '../../../../src/engine/encode/conversions/boolean.ts'
import {
  enumerationDecoder,
  enumerationEncoder,
} from '../../../../src/engine/encode/conversions/enumeration.ts'
import type { BooleanForm } from '../../../../src/engine/model/conversion.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { checkRoundTrip, encodeWith, StoredText } from './cells.ts'

const booleanForms: readonly BooleanForm[] = [
  'integer',
  'true',
  'True',
  'TRUE',
  't',
  'T',
  'yes',
  'Yes',
  'YES',
  'y',
  'Y',
  'on',
]

describe('boolean', () => {
  const trueWords = ['1', 'true', 't', 'yes', 'y', 'on']
  const falseWords = ['0', 'false', 'f', 'no', 'n', 'off']

  test('every word in every case, every number, in every form', () => {
    for (const form of booleanForms) {
      const conversion = { kind: 'boolean', form } as const
      const check = (cell: string | bigint | number, value: boolean) => {
        const encoded = checkRoundTrip(booleanEncoder(conversion), booleanDecoder(conversion), cell)
        expect(encoded.field).toEqual(Buffer.from([value ? 1 : 0]))
        return encoded.outcome
      }
      for (const [words, value] of [
        [trueWords, true],
        [falseWords, false],
      ] as const) {
        for (const word of words) {
          const cased = [
            word,
            word.toUpperCase(),
            word[0]!.toUpperCase() + word.slice(1),
            word.slice(0, -1) + word.at(-1)!.toUpperCase(),
          ]
          for (const text of cased) check(text, value)
        }
      }
      expect(check(1n, true)).toBe(form === 'integer' ? 'exact' : 'normalized')
      expect(check(0n, false)).toBe(form === 'integer' ? 'exact' : 'normalized')
      expect(check(1, true)).toBe('normalized')
      expect(check(-0, false)).toBe('normalized')
    }
  })

  test('the form of the column comes back exactly', () => {
    for (const [form, yes, no] of [
      ['true', 'true', 'false'],
      ['True', 'True', 'False'],
      ['TRUE', 'TRUE', 'FALSE'],
      ['t', 't', 'f'],
      ['T', 'T', 'F'],
      ['yes', 'yes', 'no'],
      ['Yes', 'Yes', 'No'],
      ['YES', 'YES', 'NO'],
      ['y', 'y', 'n'],
      ['Y', 'Y', 'N'],
      ['on', 'on', 'off'],
    ] as const) {
      expect(encodeWith(booleanEncoder({ kind: 'boolean', form }), yes).outcome).toBe('exact')
      expect(encodeWith(booleanEncoder({ kind: 'boolean', form }), no).outcome).toBe('exact')
    }
  })

  test.each([
    '',
    'of',
    'tru',
    'truee',
    ' true',
    'true ',
    '2',
    '10',
    '01',
    '\u0010',
    '\u0011',
    't\u0000',
    'ja',
    '1.0',
  ])('TEXT %j is not a boolean', (text) =>
    expect(encodeWith(booleanEncoder({ kind: 'boolean', form: 'true' }), text).outcome).toBe('not-a-boolean'),
  )

  test('other storage classes', () => {
    const encoder = booleanEncoder({ kind: 'boolean', form: 'integer' })
    expect(encodeWith(encoder, 2n).outcome).toBe('not-a-boolean')
    expect(encodeWith(encoder, -1n).outcome).toBe('not-a-boolean')
    expect(encodeWith(encoder, 2n ** 60n).outcome).toBe('not-a-boolean')
    expect(encodeWith(encoder, 0.5).outcome).toBe('not-a-boolean')
    expect(encodeWith(encoder, new Uint8Array([1])).outcome).toBe('unexpected-blob')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })
})

describe('enumeration', () => {
  const conversion = {
    kind: 'enumeration',
    values: { buy: 'buy', BUY: 'buy', sell: 'sell', LONG: 'buy', Ärger: 'ärger', constructor: 'sell' },
    maxCharacters: null,
  } as const
  const encoder = enumerationEncoder(conversion)
  const decode = enumerationDecoder(conversion)

  test.each([
    ['buy', 'buy', 'exact'],
    ['BUY', 'buy', 'normalized'],
    ['Buy', 'buy', 'normalized'],
    [' buy\n', 'buy', 'normalized'],
    ['long', 'buy', 'normalized'],
    ['LONG', 'buy', 'normalized'],
    ['ÄRGER ', 'ärger', 'normalized'],
    ['ärger', 'ärger', 'normalized'],
    ['Constructor', 'sell', 'normalized'],
  ])('%j is %s', (text, value, outcome) => {
    const encoded = checkRoundTrip(encoder, decode, text, false)
    expect(encoded).toEqual({ outcome, field: Buffer.from(value), error: null })
  })

  test.each(['', ' ', 'hold', 'toString', '__proto__', 'buy\u0000', 'buys', 'bu'])(
    '%j is not in the list',
    (text) => {
      expect(encodeWith(encoder, text).outcome).toBe('not-in-enumeration')
    },
  )

  test('what folds alike and differs in value is only taken as written', () => {
    const two = enumerationEncoder({ kind: 'enumeration', values: { Ab: 'x', aB: 'y' }, maxCharacters: null })
    expect(encodeWith(two, 'Ab').field).toEqual(Buffer.from('x'))
    expect(encodeWith(two, 'aB').field).toEqual(Buffer.from('y'))
    expect(encodeWith(two, 'AB').outcome).toBe('not-in-enumeration')
    const own = enumerationEncoder({ kind: 'enumeration', values: { A: 'x', a: 'y' }, maxCharacters: null })
    expect(encodeWith(own, 'A ').field).toEqual(Buffer.from('y'))
  })

  test('a value longer than its column, and one with a NUL', () => {
    const short = enumerationEncoder({
      kind: 'enumeration',
      values: { a: 'abcd', b: 'äöü', c: '\u0000' },
      maxCharacters: 3,
    })
    expect(encodeWith(short, 'a').outcome).toBe('text-too-long')
    expect(encodeWith(short, 'A').outcome).toBe('text-too-long')
    expect(encodeWith(short, 'b').outcome).toBe('normalized')
    expect(encodeWith(short, 'c').outcome).toBe('nul-in-text')
  })

  test('other storage classes and broken text', () => {
    expect(encodeWith(encoder, 1n).outcome).toBe('unexpected-number')
    expect(encodeWith(encoder, 1.5).outcome).toBe('unexpected-number')
    expect(encodeWith(encoder, Buffer.from('buy')).outcome).toBe('unexpected-blob')
    expect(encodeWith(encoder, new StoredText(Buffer.from('ff', 'hex'))).outcome).toBe('not-in-enumeration')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })

  test('only values of the list are ever sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        const { field } = encodeWith(encoder, text)
        if (field !== null) expect(['buy', 'sell', 'ärger']).toContain(field.toString())
      }),
    )
  })
})
