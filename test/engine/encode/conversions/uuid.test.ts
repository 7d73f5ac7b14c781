import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { uuidDecoder, uuidEncoder } from '../../../../src/engine/encode/conversions/uuid.ts'
import {
  idNamespace,
  uuidOfIdDecoder,
  uuidOfIdEncoder,
} from '../../../../src/engine/encode/conversions/uuid-of-id.ts'
import { UuidV5 } from '../../../../src/engine/encode/text/uuid-v5.ts'
import type { UuidForm } from '../../../../src/engine/model/conversion.ts'
import { uuidMeaning } from '../../../../src/engine/rows/meaning/compare-texts.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { checkRoundTrip, encodeWith, StoredText } from './cells.ts'

const forms: readonly UuidForm[] = ['lower', 'upper', 'lower-bare', 'upper-bare', 'blob', 'none']
const uuids = fc.oneof(fc.uuid(), fc.constantFrom('01234567-8901-2345-6789-012345678901'))
const spellings = fc
  .tuple(uuids, fc.boolean(), fc.constantFrom('lower', 'upper', 'mixed'))
  .map(([uuid, isBare, letters]) => {
    const text = isBare ? uuid.replaceAll('-', '') : uuid
    if (letters === 'mixed') return text.replace(/[a-f]/, (letter) => letter.toUpperCase())
    return letters === 'upper' ? text.toUpperCase() : text
  })

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

function v5(namespace: Uint8Array, name: Uint8Array): Buffer {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return Buffer.from(bytes)
}

describe('uuid', () => {
  test('every spelling, in every form', () => {
    fc.assert(
      fc.property(spellings, fc.constantFrom(...forms), (text, form) => {
        const conversion = { kind: 'uuid', form } as const
        const encoded = checkRoundTrip(uuidEncoder(conversion), uuidDecoder(conversion), text)
        expect(encoded.field).toEqual(bytesOf(text))
        checkRoundTrip(uuidEncoder(conversion), uuidDecoder(conversion), bytesOf(text))
      }),
      { numRuns: propertyRuns(2000) },
    )
  })

  test.each([
    '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}',
    '{6BA7B8109DAD11D180B400C04FD430C8}',
    'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    'URN:UUID:6BA7B810-9DAD-11D1-80B4-00C04FD430C8',
  ])('TEXT %j is a UUID whose spelling is not kept', (text) => {
    const { outcome, field } = encodeWith(uuidEncoder({ kind: 'uuid', form: 'lower' }), text)
    expect(outcome).toBe('normalized')
    expect(field).toEqual(bytesOf('6ba7b810-9dad-11d1-80b4-00c04fd430c8'))
    expect(uuidMeaning(text)).toBe('6ba7b810-9dad-11d1-80b4-00c04fd430c8')
  })

  test.each([
    '',
    'x',
    '{6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    '{}',
    '{{6ba7b8109dad11d180b400c04fd430c8}}',
    'urn:uuid:{6ba7b810-9dad-11d1-80b4-00c04fd430}',
    'urn:uuid:6ba7b8109dad11d180b400c04fd430c8',
    '6ba7b810-9dad-11d1-80b4-00c04fd430c',
    '6ba7b810-9dad-11d1-80b4-00c04fd430cg',
    '6ba7b8109-dad-11d1-80b4-00c04fd430c8',
    '6ba7b810-9dad-11d1-80b4000c04fd430c8',
    '6ba7b8109dad11d180b400c04fd430c',
    '6ba7b8109dad11d180b400c04fd430c-',
    ' 6ba7b8109dad11d180b400c04fd430c8',
    '６ba7b8109dad11d180b400c04fd430',
  ])('TEXT %j is not a UUID', (text) => {
    expect(encodeWith(uuidEncoder({ kind: 'uuid', form: 'lower' }), text).outcome).toBe('not-a-uuid')
  })

  test('other storage classes', () => {
    const encoder = uuidEncoder({ kind: 'uuid', form: 'lower' })
    expect(encodeWith(encoder, new Uint8Array(15)).outcome).toBe('not-a-uuid')
    expect(encodeWith(encoder, new Uint8Array(17)).outcome).toBe('not-a-uuid')
    expect(encodeWith(encoder, 5n).outcome).toBe('not-a-uuid')
    expect(encodeWith(encoder, 5.5).outcome).toBe('not-a-uuid')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })
})

describe('UUIDv5', () => {
  test('the example of RFC 9562, appendix A.4', () => {
    const uuid = new UuidV5(bytesOf('6ba7b810-9dad-11d1-80b4-00c04fd430c8'))
    const name = Buffer.from('www.example.com')
    uuid.make(name, 0, name.length)
    expect(uuid.bytes).toEqual(bytesOf('2ed6657d-e927-568b-95e1-2665a8aea6a2'))
  })

  test('names of every length, one after the other', () => {
    const namespace = bytesOf(idNamespace)
    const uuid = new UuidV5(namespace)
    const source = Buffer.from(Array.from({ length: 220 }, (_, i) => (i * 89 + 7) & 255))
    for (let length = 0; length <= 200; length++) {
      uuid.make(source, 5, 5 + length)
      expect(uuid.bytes, `${length}`).toEqual(v5(namespace, source.subarray(5, 5 + length)))
      uuid.make(source, 0, 200 - length)
      expect(uuid.bytes, `${200 - length}`).toEqual(v5(namespace, source.subarray(0, 200 - length)))
    }
  })

  test('any name', () => {
    const namespace = bytesOf('00000000-0000-0000-0000-000000000000')
    const uuid = new UuidV5(namespace)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (name) => {
        uuid.make(name, 0, name.length)
        expect(uuid.bytes).toEqual(v5(namespace, name))
      }),
      { numRuns: propertyRuns(3000) },
    )
  })
})

describe('uuid-of-id', () => {
  const conversion = { kind: 'uuid-of-id', database: 'trading.db', table: 'orders', form: 'lower' } as const
  const encoder = uuidOfIdEncoder(conversion)
  const namespace = v5(bytesOf(idNamespace), Buffer.from('trading.db/orders'))

  test('the namespace is UUIDv5 of DNS and gpt-migrate', () => {
    expect(bytesOf(idNamespace)).toEqual(
      v5(bytesOf('6ba7b810-9dad-11d1-80b4-00c04fd430c8'), Buffer.from('gpt-migrate')),
    )
  })

  test('a UUID is itself, in every spelling', () => {
    fc.assert(
      fc.property(spellings, fc.constantFrom(...forms), (text, form) => {
        const each = { ...conversion, form }
        const encoded = checkRoundTrip(uuidOfIdEncoder(each), uuidOfIdDecoder(each), text)
        expect(encoded.field).toEqual(bytesOf(text))
        const blob = checkRoundTrip(uuidOfIdEncoder(each), uuidOfIdDecoder(each), bytesOf(text))
        expect(blob.field).toEqual(bytesOf(text))
      }),
    )
  })

  test('any other id is UUIDv5 of its text', () => {
    const ids = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -1000n, max: 100_000n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ maxLength: 80 }),
    )
    fc.assert(
      fc.property(ids, (id) => {
        fc.pre(typeof id !== 'string' || !/^[0-9a-f-]{32,36}$/i.test(id))
        const encoded = checkRoundTrip(encoder, uuidOfIdDecoder(conversion), id)
        const name = Object.is(id, -0) ? '-0' : String(id)
        expect(encoded).toEqual({
          outcome: 'normalized',
          field: v5(namespace, Buffer.from(name)),
          error: null,
        })
      }),
      { numRuns: propertyRuns(3000) },
    )
  })

  test('5, 5.0 and the text 5 are one id; another table has another', () => {
    const fields = [5n, 5, '5'].map((id) => encodeWith(encoder, id).field!.toString('hex'))
    expect(new Set(fields).size).toBe(1)
    const other = uuidOfIdEncoder({ ...conversion, table: 'trades' })
    expect(encodeWith(other, 5n).field!.toString('hex')).not.toBe(fields[0])
  })

  test('bytes that are no text are ids too', () => {
    const invalid = Buffer.from('ff00fe', 'hex')
    expect(encodeWith(encoder, new StoredText(invalid)).field).toEqual(v5(namespace, invalid))
    expect(encodeWith(encoder, invalid).field).toEqual(v5(namespace, Buffer.from('ff00fe')))
    expect(encodeWith(encoder, Number.POSITIVE_INFINITY).outcome).toBe('not-finite')
    expect(encodeWith(encoder, null)).toEqual({ outcome: 'exact', field: null, error: null })
  })
})
