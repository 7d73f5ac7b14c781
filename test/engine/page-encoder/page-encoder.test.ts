/** What is encoded by pages is what the row encoder makes of the same rows: bytes, sum, refusals, counts, and what is archived. */
import fc from 'fast-check'
import { afterAll, expect, it, vi } from 'vitest'
import { ByteWriter } from '../../../src/engine/encode/cell/byte-writer.ts'
import { type Refusal, RowEncoder } from '../../../src/engine/encode/rows/row-encoder.ts'
import { PageEncoder } from '../../../src/engine/page-encoder/page-encoder.ts'
import { openPageReader } from '../../../src/engine/source/pages/page-reader.ts'
import { encodedTables } from '../../support/breadth.ts'
import {
  columnOf,
  disturbed,
  documents,
  generatedTable,
  groupsOfDigits,
  json,
  jsonb,
  longNumbers,
  notUtf8,
  numerals,
  strictlyRead,
  type Table,
  tableOf,
  tableOfDigits,
  unchangedTexts,
} from './table-file.ts'

type Encoded = {
  readonly bytes: Buffer
  readonly sum: string
  readonly rows: number
  readonly refusals: readonly (Refusal & { row: number })[]
  readonly archived: readonly number[]
  readonly tallies: unknown
}

/** `byPages`: counts the rows that were taken as they lie in the file; null without that. */
function encodeAll(
  { file, copy, target }: Table,
  exact: boolean,
  byPages: { rows: number } | null,
  unchanged = new Set<string>(),
): Encoded {
  const encoder = new RowEncoder(copy, target, { orphans: [], exact })
  const out = new ByteWriter()
  const refusals: (Refusal & { row: number })[] = []
  const archived: number[] = []
  const reader = openPageReader(file, copy)
  const options = { orphans: [], exact, unchanged }
  const plain = byPages === null ? null : PageEncoder.of(copy, target, options, reader.stored!)
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 5 })
  let more = true
  while (more) {
    more = reading.advance(
      40,
      (row) => {
        const refusal = encoder.encode(row, out)
        if (refusal !== null) refusals.push({ row: row.ordinal, ...refusal })
        else if (encoder.isArchived) archived.push(row.ordinal)
      },
      plain === null
        ? undefined
        : (rows, from, to, ordinal) => {
            const next = plain.take(rows, [from, to], ordinal, encoder, out)
            byPages!.rows += next - from
            return next
          },
    )
  }
  reader.close()
  return {
    bytes: Buffer.from(out.whole(0)),
    sum: encoder.sum.toString(),
    rows: encoder.sum.rows,
    refusals,
    archived,
    tallies: encoder.tallies(),
  }
}

function encodesAlike(table: Table, exact = false, unchanged = new Set<string>()): number {
  const byPages = { rows: 0 }
  const expected = encodeAll(table, exact, null)
  expect(encodeAll(table, exact, byPages, unchanged)).toEqual(expected)
  return byPages.rows
}

let taken = 0
let all = 0

it('encodes by pages what the row encoder makes of the rows', () => {
  fc.assert(
    fc.property(generatedTable, ({ columns, alias, exact, pageSize, rows, added, encoding }) => {
      taken += encodesAlike(tableOf(columns, alias, pageSize, rows, added, encoding), exact)
      all += rows.length
    }),
    { numRuns: encodedTables },
  )
})

it.each(strictlyRead)('is as strict about each character of %s', (_, conversion, _right, values) => {
  const table = tableOf(
    [columnOf(conversion)],
    true,
    4096,
    values.map((value) => [value]),
  )
  const rowsTaken = encodesAlike(table)
  expect(rowsTaken).toBeGreaterThan(20)
  expect(rowsTaken).toBeLessThan(values.length)
})

it.each(groupsOfDigits)('writes the groups of a numeric from %s with scale %s', (form, scale) => {
  expect(encodesAlike(tableOfDigits(form, scale))).toBeGreaterThan(0)
})

it.each([null, 20, 3])('spells numbers in a column of text, of at most %s characters', (maxCharacters) => {
  const text = columnOf({ kind: 'text', maxCharacters })
  const rows = numerals.map((value) => [value])
  expect(encodesAlike(tableOf([text], true, 4096, rows))).toBeGreaterThan(10)
})

it('asks about no integer and no short decimal in a column of text', () => {
  const text = columnOf({ kind: 'text', maxCharacters: null })
  const rows = [1n, -(2n ** 63n), 0, 3, -0.5, 1234567.25, 0.00000123, 1e15].map((value) => [value])
  const asked = vi.spyOn(PageEncoder.prototype, 'askNumber')
  try {
    expect(encodesAlike(tableOf([text], true, 4096, rows))).toBe(rows.length)
    expect(asked).not.toHaveBeenCalled()
  } finally {
    asked.mockRestore()
  }
})

it('takes a page whose rows become more than its memory holds at once', () => {
  const numeric = columnOf({ kind: 'numeric', precision: null, scale: null, form: 'integer' })
  const rows = Array.from({ length: 4000 }, () => Array.from({ length: 40 }, () => 1n))
  const columns = rows[0]!.map(() => numeric)
  expect(encodesAlike(tableOf(columns, false, 65536, rows))).toBe(rows.length)
})

it('takes rows whose fields are six times as long as their values', () => {
  const strings = columnOf({ ...jsonb, text: 'string' })
  const rows = Array.from({ length: 40 }, (_, row) =>
    Array.from({ length: 3 }, () => '\u0001'.repeat(row * 500)),
  )
  expect(encodesAlike(tableOf([strings, strings, strings], false, 65536, rows))).toBe(rows.length)
})

it('takes rows that were written before columns were added', () => {
  const text = columnOf({ kind: 'text', maxCharacters: null }, "text default 'added'")
  const real = columnOf({ kind: 'numeric', precision: 9, scale: 2, form: 'real' }, 'real default -3')
  const required = { ...columnOf({ kind: 'text', maxCharacters: null }), nullable: false }
  const rows = Array.from({ length: 60 }, (_, row) => [BigInt(row)])
  const added = [text, real].map((column, index) => ({ column, at: 20 + index * 20 }))
  const integer = columnOf({ kind: 'integer', bytes: 8, form: 'integer' })
  expect(encodesAlike(tableOf([integer], true, 4096, rows, added))).toBe(60)
  const refused = { column: required, at: 30 }
  expect(encodesAlike(tableOf([integer], true, 4096, rows, [...added, refused]))).toBe(0)
})

it('leaves payloads that continue in other pages', () => {
  const text = columnOf({ kind: 'text', maxCharacters: null })
  const rows = Array.from({ length: 50 }, (_, row) => ['x'.repeat(row * 200)])
  const rowsTaken = encodesAlike(tableOf([text], true, 4096, rows))
  expect(rowsTaken).toBeGreaterThan(15)
  expect(rowsTaken).toBeLessThan(25)
})

it('gives up on a table whose rows are nearly all left', () => {
  const numeric = columnOf({ kind: 'numeric', precision: 10, scale: 2, form: 'real' })
  const rows = Array.from({ length: 1000 }, (_, row) => [row < 300 ? 0.125 : 0.5])
  const rowsTaken = encodesAlike(tableOf([numeric], true, 4096, rows))
  expect(rowsTaken).toBe(0)
})

it.each([null, 2, 8])('encodes large numbers of few decimals itself, at scale %s', (scale) => {
  const numeric = columnOf({ kind: 'numeric', precision: scale === null ? null : 30, scale, form: 'real' })
  const rows = [12345678.9, 99999999.99, -1234567890.12, 1234567890123.5, 1e14, 123456789012345].map(
    (value) => [value],
  )
  const asked = vi.spyOn(PageEncoder.prototype, 'askNumber')
  try {
    expect(encodesAlike(tableOf([numeric], true, 4096, rows))).toBe(rows.length)
    expect(asked).not.toHaveBeenCalled()
  } finally {
    asked.mockRestore()
  }
})

afterAll(() => {
  // Without this the test above would also pass if every row were left.
  expect(taken).toBeGreaterThan(all / 6)
})

it('takes documents as strictly as the reader of JSON, and tells which jsonb prints as they are', () => {
  const rows = [...disturbed(documents), ...longNumbers, ...notUtf8].map((value) => [value])
  for (const text of ['document', 'only-documents'] as const) {
    for (const conversion of [jsonb, json])
      encodesAlike(tableOf([columnOf({ ...conversion, text })], true, 4096, rows))
  }
})

it.each([jsonb, json])(
  'copies $storage that the census has settled as the row encoder does',
  (conversion) => {
    const texts = unchangedTexts(conversion)
    const rows = [...texts, null, 7n, 0.5, Buffer.from('[]')].map((value) => [value])
    const table = tableOf([columnOf(conversion)], true, 4096, rows)
    expect(encodesAlike(table, false, new Set(['c0']))).toBe(rows.length)
  },
)

it.each([jsonb, json])(
  'does not read $storage that the census has settled, but for its first bytes',
  (conversion) => {
    const unchanged = new Set(['c0'])
    const wrong = ['[1 2', '{"a": 1 "b": 2}', '[tru]']
    const table = tableOf(
      [columnOf(conversion)],
      true,
      4096,
      wrong.map((text) => [text]),
    )
    const version = conversion.storage === 'jsonb' ? '\x01' : ''
    for (const text of wrong) {
      const field = Buffer.from(`\0${String.fromCharCode(version.length + text.length)}${version}${text}`)
      expect(encodeAll(table, false, { rows: 0 }, unchanged).bytes.includes(field)).toBe(true)
      expect(encodeAll(table, false, { rows: 0 }).bytes.includes(field)).toBe(false)
    }
    const others = ['"text"', '12', 'true', '', '{"$blob": "AA=="}'].map((text) => [text])
    expect(encodesAlike(tableOf([columnOf(conversion)], true, 4096, others), false, unchanged)).toBe(
      others.length,
    )
  },
)
