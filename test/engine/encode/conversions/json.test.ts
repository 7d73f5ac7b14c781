import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import {
  jsonDecoder,
  jsonEncoder,
  writeJsonCell,
  writeJsonString,
} from '../../../../src/engine/encode/conversions/json.ts'
import { canonicalJson } from '../../../../src/engine/encode/json/json-canonical.ts'
import type { SqliteValue } from '../../../../src/engine/model/storage.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { forEachServer } from '../../../support/databases.ts'
import { cellOf, encodeCell, textCellOf } from '../cell/cells.ts'
import { hostileTexts, jsonTexts, mutatedTexts } from '../json/json-texts.ts'

const jsonb = { kind: 'json', text: 'document', storage: 'jsonb' } as const
const all = (['jsonb', 'json'] as const).flatMap((storage) =>
  (['document', 'string'] as const).map((text) => ({ kind: 'json', text, storage }) as const),
)

function shown(value: SqliteValue | Buffer, conversion: Parameters<typeof jsonEncoder>[0] = jsonb): string {
  const { outcome, field } = encodeCell(jsonEncoder(conversion), cellOf(value))
  if (field === null) return outcome
  if (conversion.storage === 'jsonb') expect(field[0]).toBe(1)
  return `${outcome} ${field.toString('utf8', conversion.storage === 'jsonb' ? 1 : 0)}`
}

describe('cells as JSON', () => {
  test.each([
    [null, 'exact'],
    [5n, 'exact 5'],
    [9223372036854775807n, 'exact 9223372036854775807'],
    [-9223372036854775808n, 'exact -9223372036854775808'],
    [5, 'exact 5.0'],
    [-0, 'normalized -0.0'],
    [0.1, 'exact 0.1'],
    [1e-7, 'exact 0.0000001'],
    [-1.5e-9, 'exact -0.0000000015'],
    [1e21, 'exact 1000000000000000000000.0'],
    [1.25e22, 'exact 12500000000000000000000.0'],
    [Number.POSITIVE_INFINITY, 'exact {"$real": "Infinity"}'],
    [Number.NEGATIVE_INFINITY, 'exact {"$real": "-Infinity"}'],
    [Buffer.from([0, 255, 7]), 'exact {"$blob": "AP8H"}'],
    [Buffer.alloc(0), 'exact {"$blob": ""}'],
    ['{"a": 1}', 'exact {"a": 1}'],
    ['{"a":1}', 'normalized {"a":1}'],
    ['{"a":1,"a":2}', 'normalized "{\\"a\\":1,\\"a\\":2}"'],
    ['plain "text"\n', 'normalized "plain \\"text\\"\\n"'],
    ['', 'normalized ""'],
    ['NaN', 'normalized "NaN"'],
    ['"\\u0000"', 'normalized "\\"\\\\u0000\\""'],
    ['1e999999', 'normalized "1e999999"'],
    ['5', 'normalized 5'],
    ['"x"', 'normalized "x"'],
    ['"5"', 'exact "5"'],
    ['null', 'exact null'],
    ['a\u0000b', 'normalized {"$text": "YQBi"}'],
    ['{"$blob": "AA=="}', 'normalized {"$blob": "AA=="}'],
  ] as const)('%s', (value, expected) => expect(shown(value)).toBe(expected))

  test('invalid-utf8: text is kept byte for byte as base64', () => {
    const encoded = encodeCell(jsonEncoder(jsonb), textCellOf(Buffer.from([0x22, 0xff, 0x22])))
    expect(encoded.field?.toString('latin1', 1)).toBe('{"$text": "Iv8i"}')
    expect(encoded.outcome).toBe('normalized')
  })

  test('only documents: JSON and nothing else, as text or as its bytes', () => {
    const only = { ...jsonb, text: 'only-documents' } as const
    for (const text of ['', ' ', 'NaN', "{'a': 1}", '{"a":NaN}', 'plain', '{"a":1}x', '01'])
      expect(shown(text, only), text).toBe('not-json')
    for (const text of ['{"a":1,"a":2}', '"\\u0000"', '1e999999'])
      expect(shown(text, only), text).toBe('json-not-representable')
    expect(shown('{"a": 1}', only)).toBe('exact {"a": 1}')
    expect(shown('null', only)).toBe('exact null')
    expect(shown(5n, only)).toBe('exact 5')
    expect(shown(Buffer.from('{"a": 1}'), only)).toBe('normalized {"a": 1}')
    expect(shown(Buffer.from([0, 255]), only)).toBe('unexpected-blob')
    expect(shown(Number.POSITIVE_INFINITY, only)).toBe('not-finite')
    fc.assert(
      fc.property(fc.oneof(jsonTexts, mutatedTexts, fc.string()), (text) => {
        const isJson = (() => {
          try {
            JSON.parse(text)
            return true
          } catch {
            return false
          }
        })()
        expect(shown(text, only) !== 'not-json', text).toBe(isJson)
      }),
      { numRuns: propertyRuns(500) },
    )
  })

  test('json keeps what jsonb would damage', () => {
    const json = { ...jsonb, storage: 'json' } as const
    for (const text of ['{"a":1,"a":2}', '["\\u0000"]', '["\\ud800"]', '[1e999999]', ' {"b" : 1} ']) {
      expect(shown(text, json)).toBe(`exact ${text}`)
    }
    expect(shown(-0, json)).toBe('exact -0.0')
  })

  test('too-large: a blob beyond the limit of a jsonb string is refused', () => {
    const cell = cellOf(null)
    const blob = Buffer.alloc(202_000_000)
    cell.setBlob(blob, 0, blob.length)
    expect(encodeCell(jsonEncoder(jsonb), cell).outcome).toBe('json-not-representable')
  })

  test('pieces of a row: no field length, null as null', () => {
    const out = new ByteWriter(4)
    for (const value of [null, 5n, 'x"y', '{}'] as const) writeJsonCell(cellOf(value), out, 'string')
    const name = Buffer.from('(né\t)')
    writeJsonString(name, 1, name.length - 1, out)
    expect(out.take().toString()).toBe('null5"x\\"y""{}""né\\t"')
  })
})

forEachServer((server) => {
  let client: pg.Client
  beforeAll(async () => {
    client = new pg.Client({ connectionString: server.url })
    await client.connect()
  })
  afterAll(() => client.end())

  const values: fc.Arbitrary<SqliteValue> = fc.oneof(
    jsonTexts,
    mutatedTexts,
    fc.constantFrom(...hostileTexts),
    fc.string({ unit: anyCharacter }).map((text) => text.toWellFormed()),
    fc.double({ noNaN: true }),
    fc.integer().map((n) => n / 100),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      '{"$blob": "AA=="}',
      '{"$blob": "!"}',
      '{"$real": "Infinity"}',
      '{"$text": "YQ=="}',
      '"\\"5\\""',
      '5.0',
      '0.10',
    ),
    fc
      .tuple(fc.constantFrom('$blob', '$text', '$x'), fc.base64String())
      .map(([key, text]) => `{"${key}": "${text}"}`),
  )

  for (const conversion of all) {
    test(`exact-that-is-not: ${conversion.storage}, ${conversion.text}: every cell is taken, and EXACT comes back from the server`, async () => {
      const cells = fc.sample(values, { numRuns: propertyRuns(2500), seed: 7 })
      const encoder = jsonEncoder(conversion)
      const decode = jsonDecoder(conversion)
      const encoded = cells.map((value) => encodeCell(encoder, cellOf(value)))
      const start = conversion.storage === 'jsonb' ? 1 : 0
      const { rows } = await client.query<{ printed: string }>(
        `select t.input::${conversion.storage}::text as printed
         from unnest($1::text[]) with ordinality as t (input, ordinal)
         order by t.ordinal`,
        [encoded.map(({ field, outcome }) => field?.toString('utf8', start) ?? outcome)],
      )
      let exact = 0
      const out = new ByteWriter()
      cells.forEach((value, i) => {
        const { outcome, field } = encoded[i]!
        const printed = Buffer.from(`${start === 1 ? '\u0001' : ''}${rows[i]!.printed}`)
        if (field !== null && start === 1) {
          out.position = 0
          canonicalJson(field, 1, field.length, out)
          expect(printed.subarray(1).equals(out.buffer.subarray(0, out.position))).toBe(true)
        }
        const back = decode(printed)
        if (outcome !== 'exact') return
        exact++
        if (value instanceof Uint8Array) expect(Buffer.from(value).equals(back as Buffer)).toBe(true)
        else if (!Object.is(back, value)) throw new Error(`${String(value)} came back as ${String(back)}`)
      })
      expect(exact).toBeGreaterThan(propertyRuns(1000))
    })
  }
})
