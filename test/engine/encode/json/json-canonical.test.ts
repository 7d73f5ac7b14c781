import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { canonicalJson } from '../../../../src/engine/encode/json/json-canonical.ts'
import {
  DUPLICATE_KEYS,
  NOT_CANONICAL,
  NOT_JSON,
  REFUSED_BY_JSON,
  REFUSED_BY_JSONB,
  scanJson,
} from '../../../../src/engine/encode/json/json-text.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { forEachServer } from '../../../support/databases.ts'
import { hostileTexts, jsonTexts, mutatedTexts } from './json-texts.ts'

function scan(text: string): number {
  const bytes = Buffer.from(`,"${text}1 `)
  return scanJson(bytes, 2, bytes.length - 2)
}

function canonical(text: string): string {
  const bytes = Buffer.from(`,"${text}1 `)
  const out = new ByteWriter(8)
  canonicalJson(bytes, 2, bytes.length - 2, out)
  return out.take().toString()
}

forEachServer((server) => {
  let client: pg.Client
  beforeAll(async () => {
    client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query(`
      create function pg_temp.try_json(input text, out printed text, out json_takes boolean) language plpgsql as $$
      begin
        begin
          perform input::json;
          json_takes = true;
        exception when others then
          json_takes = false;
        end;
        printed = input::jsonb::text;
      exception when others then
        printed = null;
      end $$`)
  })
  afterAll(() => client.end())

  /** Each text with what jsonb prints for it, null when refused. */
  async function print(texts: readonly string[]): Promise<{ printed: string | null; json_takes: boolean }[]> {
    const { rows } = await client.query<{ printed: string | null; json_takes: boolean }>(
      `select r.printed, r.json_takes
       from unnest($1::text[]) with ordinality as t (input, ordinal)
       cross join lateral pg_temp.try_json(t.input) as r
       order by t.ordinal`,
      [texts],
    )
    return rows
  }

  async function compare(texts: readonly string[]): Promise<number> {
    const rows = await print(texts)
    let taken = 0
    texts.forEach((text, i) => {
      const { printed, json_takes: jsonTakes } = rows[i]!
      const flags = scan(text)
      expect((flags & REFUSED_BY_JSON) === 0, `json: ${text.slice(0, 200)}`).toBe(jsonTakes)
      expect((flags & (REFUSED_BY_JSONB & ~DUPLICATE_KEYS)) === 0, `jsonb: ${text.slice(0, 200)}`).toBe(
        printed !== null,
      )
      if (printed === null) return
      taken++
      if (canonical(text) !== printed) throw new Error(`printed otherwise: ${text.slice(0, 500)}`)
      expect((flags & NOT_CANONICAL) === 0, text.slice(0, 200)).toBe(printed === text)
      expect(scan(printed)).toBe(0)
    })
    return taken
  }

  test('json-printed-otherwise: generated documents', async () => {
    const texts = fc.sample(jsonTexts, { numRuns: propertyRuns(3000), seed: 15 })
    expect(await compare(texts)).toBeGreaterThan(propertyRuns(1500))
  })

  test('json-printed-otherwise: broken and almost broken documents', async () => {
    const texts = fc.sample(mutatedTexts, { numRuns: propertyRuns(3000), seed: 18 })
    expect(await compare(texts)).toBeGreaterThan(propertyRuns(50))
  })

  test('json-printed-otherwise: the limits of numbers, escapes and depth', async () => {
    expect(await compare(hostileTexts)).toBeGreaterThan(20)
  })
})

describe('scanJson', () => {
  test('deep-nesting: a million brackets neither overflow nor pass', () => {
    expect(scan('['.repeat(1_000_000)) & REFUSED_BY_JSON).not.toBe(0)
    expect(scan('{"a":'.repeat(1_000_000)) & REFUSED_BY_JSON).not.toBe(0)
    expect(scan('['.repeat(1000) + ']'.repeat(1000))).toBe(0)
  })

  test('invalid-utf8: in a string, in a key, cut off at the end of the text', () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      for (const [before, after] of [
        ['"', '"'],
        ['{"', '":1}'],
        ['["x', ''],
      ] as const) {
        const bytes = Buffer.concat([Buffer.from(before), Buffer.from(bad), Buffer.from(after)])
        expect(scanJson(bytes, 0, bytes.length)).toBe(NOT_JSON)
      }
    }
  })

  test('duplicate-keys: found among many, when only escapes hide them, and never imagined', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => `"k${(i * 7919) % 200_000}":${i}`)
    const started = performance.now()
    expect(scan(`{${many.join(',')}}`) & DUPLICATE_KEYS).toBe(0)
    expect(scan(`{${many.join(',')},"\\u006b77":0}`) & DUPLICATE_KEYS).not.toBe(0)
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(scan('{"a":{"a":1},"b":{"a":1},"c":[{"a":1},{"a":1}]}') & DUPLICATE_KEYS).toBe(0)
  })

  test('number-explosion: short text that prints as gigabytes is refused', () => {
    const text = `[${Array.from({ length: 8000 }, () => '1e131071').join(',')}]`
    expect(scan(text) & REFUSED_BY_JSONB).not.toBe(0)
  })
})
