/** What is summed by pages, with the rows that were left, is what the row encoder makes of all of them. */
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { ByteWriter } from '../../../src/engine/encode/cell/byte-writer.ts'
import { REFUSED_BY_JSONB, scanJson } from '../../../src/engine/encode/json/json-text.ts'
import { RowEncoder } from '../../../src/engine/encode/rows/row-encoder.ts'
import { RowSum } from '../../../src/engine/encode/rows/row-hash.ts'
import type { KeyBound } from '../../../src/engine/model/block.ts'
import type { TablePlan } from '../../../src/engine/model/plan.ts'
import { PageSums } from '../../../src/engine/page-sums/page-sums.ts'
import { addCanonical, jsonbPositions } from '../../../src/engine/rows/canonical-tuple.ts'
import { type LeftRows, sumByPages } from '../../../src/engine/rows/sum-rows.ts'
import { storedInSnapshot, type TableReader } from '../../../src/engine/source/base/reader.ts'
import { openReadOnly } from '../../../src/engine/source/base/sqlite.ts'
import { rangeOfRow } from '../../../src/engine/source/leaves/rowid-ranges.ts'
import { openSqliteReader } from '../../../src/engine/source/readers/sqlite-reader.ts'
import { encodedTables, propertyRuns, seed } from '../../support/breadth.ts'
import { documentTexts } from '../encode/json/json-texts.ts'
import {
  columnOf,
  dates,
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
  timestamp,
  unchangedTexts,
} from '../page-encoder/table-file.ts'

const isDocument = (text: string): boolean => {
  const bytes = Buffer.from(text, 'utf8')
  return (scanJson(bytes, 0, bytes.length) & REFUSED_BY_JSONB) === 0
}
const usual = { orphans: [], exact: false }
const bound = (rowid: number | null): KeyBound => (rowid === null ? null : [{ integer: String(rowid) }])

type Range = { readonly after: number | null; readonly through: number | null; readonly rowsBefore: number }

const wholeTable: Range = { after: null, through: null, rowsBefore: 0 }

/** Compares the rows of the range; returns how many were summed by pages, null where none is. */
function sumsAlike(
  { file, copy, target }: Table,
  { after, through, rowsBefore }: Range,
  unchanged = new Set<string>(),
): number | null {
  using db = openReadOnly(file)
  const rows = (): TableReader =>
    openSqliteReader(db, { table: 't', fate: { kind: 'copy', copy } } as TablePlan, null)
  const stored = storedInSnapshot(copy)
  const sums = PageSums.open({ file, stored }, copy, target, { ...usual, unchanged }, rows)
  const range = { after: bound(after), through: bound(through) }
  const byPages = sums === null ? null : sumByPages(copy, sums, { range, rowsBefore })
  sums?.close()
  if (byPages === null) return null
  const leftOrdinals = new Set(byPages.left.map(({ rowsBefore: before }) => before + 1))
  const taken = new RowEncoder(copy, target, usual)
  const left: LeftRows[] = []
  const returned = new RowSum()
  const jsonbs = jsonbPositions(copy)
  const out = new ByteWriter()
  const reader = rows()
  const reading = reader.open({ range, rowsBefore })
  let more = true
  while (more) {
    more = reading.advance(100, (row) => {
      out.takeBack(0)
      if (leftOrdinals.has(row.ordinal)) {
        left.push({ range: rangeOfRow(row.rowid.integer()), rowsBefore: row.ordinal - 1, rows: 1 })
        return
      }
      expect(taken.encode(row, out), `row ${row.ordinal}`).toBeNull()
      addCanonical(returned, out, 2, jsonbs)
    })
  }
  reader.close()
  expect(byPages.left).toEqual(left)
  expect([byPages.sum.rows, byPages.sum.toString()]).toEqual([taken.sum.rows, taken.sum.toString()])
  expect([byPages.canonical.rows, byPages.canonical.toString()]).toEqual([returned.rows, returned.toString()])
  return byPages.sum.rows
}

/** For tables all of whose records are complete. */
function noRows(): never {
  throw new Error('no record is incomplete')
}

let summed = 0
let all = 0

it('sums by pages what the row encoder makes of the rows', () => {
  const ends = fc.option(fc.integer({ min: -1, max: 62 }), { nil: null })
  fc.assert(
    fc.property(generatedTable, ends, ends, (generated, after, through) => {
      const { columns, alias, pageSize, rows, added, encoding } = generated
      const table = tableOf(columns, alias, pageSize, rows, added, encoding)
      summed += sumsAlike(table, wholeTable) ?? 0
      sumsAlike(table, { after, through, rowsBefore: 7 })
      all += rows.length
    }),
    { numRuns: encodedTables },
  )
})

it.each(strictlyRead)('is as strict about each character of %s', (_, conversion, right, values) => {
  // Enough before them that are right for the others not to be too many.
  const rights = Array.from({ length: 8000 }, () => right)
  const table = tableOf(
    [columnOf(conversion)],
    true,
    4096,
    [...rights, ...values].map((value) => [value]),
  )
  const rows = sumsAlike(table, wholeTable)
  expect(rows).toBeGreaterThan(rights.length + 20)
  expect(rows).toBeLessThan(rights.length + values.length)
})

it('takes rows that were written before columns were added, whatever their defaults are', () => {
  const integer = columnOf({ kind: 'integer', bytes: 8, form: 'integer' })
  const text = columnOf({ kind: 'text', maxCharacters: null }, "text default ('naïve' )")
  const real = columnOf({ kind: 'double' }, 'real default 1e3')
  const long = columnOf({ kind: 'text', maxCharacters: null }, `text default '${'long '.repeat(4000)}'`)
  const rows = Array.from({ length: 60 }, (_, row) => [BigInt(row)])
  const added = [text, real].map((column, index) => ({ column, at: 20 + index * 20 }))
  expect(sumsAlike(tableOf([integer], true, 4096, rows, added), wholeTable)).toBe(60)
  expect(sumsAlike(tableOf([integer], true, 65536, rows, [{ column: long, at: 20 }]), wholeTable)).toBe(40)
})

it.each(groupsOfDigits)('writes the groups of a numeric from %s with scale %s', (form, scale) => {
  expect(sumsAlike(tableOfDigits(form, scale), wholeTable)).toBeGreaterThan(0)
})

it.each([null, 20, 3])('spells numbers in a column of text, of at most %s characters', (maxCharacters) => {
  const text = columnOf({ kind: 'text', maxCharacters })
  const isShort = (value: bigint | number): boolean => String(value).length <= (maxCharacters ?? 99)
  const rows = numerals.filter(isShort).map((value) => [value])
  expect(sumsAlike(tableOf([text], true, 4096, rows), wholeTable)).toBe(rows.length)
})

it('leaves rows that continue in other pages, and gives up where they are many', () => {
  const text = columnOf({ kind: 'text', maxCharacters: null })
  const rows = Array.from({ length: 400 }, (_, row) => ['x'.repeat(row % 8 === 0 ? 9000 : 200)])
  expect(sumsAlike(tableOf([text], true, 4096, rows), wholeTable)).toBe(350)
  const long = Array.from({ length: 200 }, () => ['x'.repeat(9000)])
  expect(sumsAlike(tableOf([text], true, 4096, long), wholeTable)).toBeNull()
})

it('finds the leaves of every range of a tree of three levels', () => {
  const integer = columnOf({ kind: 'integer', bytes: 8, form: 'integer' })
  const rows = Array.from({ length: 10_000 }, (_, row) => [BigInt(row) ** 3n])
  const table = tableOf([integer], true, 512, rows)
  let from = 0
  for (const through of [1, 2, 60, 61, 5_000, 5_001, 7_345, 9_999, 10_000]) {
    expect(sumsAlike(table, { after: from, through, rowsBefore: from })).toBe(through - from)
    from = through
  }
  expect(sumsAlike(table, { after: 10_000, through: null, rowsBefore: 10_000 })).toBe(0)
})

it('takes rows whose fields are six times as long as their values', () => {
  const strings = columnOf({ ...jsonb, text: 'string' })
  const rows = Array.from({ length: 40 }, (_, row) =>
    Array.from({ length: 3 }, () => '\u0001'.repeat(row * 500)),
  )
  expect(sumsAlike(tableOf([strings, strings, strings], false, 65536, rows), wholeTable)).toBe(rows.length)
})

afterAll(() => {
  // Without this the test above would also pass if every row were left.
  expect(summed).toBeGreaterThan(all / 5)
})

it('sums documents as jsonb prints them', () => {
  const rows = [...disturbed(documents), ...longNumbers, ...notUtf8].map((value) => [value])
  expect(sumsAlike(tableOf([columnOf(jsonb)], true, 4096, rows), wholeTable)).toBe(rows.length)
  expect(sumsAlike(tableOf([columnOf({ ...jsonb, text: 'string' })], true, 4096, rows), wholeTable)).toBe(
    rows.length,
  )
  expect(sumsAlike(tableOf([columnOf(json)], true, 4096, rows), wholeTable)).toBe(rows.length)
})

it('sums documents of all spellings beside others, in the order of their keys', () => {
  const texts = fc.sample(documentTexts, { numRuns: propertyRuns(20_000), seed })
  const keys = Array.from({ length: 128 }, (_, at) => `"${'k'.repeat((at * 37) % 128)}": {"b":[], "a":${at}}`)
  const rows = [
    ...texts.map((text, at) => [text, texts.at(-at)!, at % 3 === 0 ? null : '{"b":1,"a":2}']),
    [`{${keys.join(',')}}`, `{${keys.slice(1).join(' , ')}}`, `[{${keys.slice(0, 100).join(',')}}]`],
    [
      `${'['.repeat(24)}{"b":1,"a":2}${']'.repeat(24)}`,
      `${'{"b":0,"a":'.repeat(20)}1${'}'.repeat(20)}`,
      '[]',
    ],
    // Too long for the memory once each is held twice.
    Array.from({ length: 3 }, () => `{"b":[${'1,'.repeat(9000)}1],"a":0}`),
  ]
  const columns = [columnOf(jsonb), columnOf({ ...jsonb, text: 'only-documents' }), columnOf(jsonb)]
  // One that is refused as no document leaves its row.
  const summedRows = sumsAlike(
    tableOf(
      columns,
      true,
      65536,
      rows.filter(([, text]) => isDocument(text!)),
    ),
    wholeTable,
  )
  expect(summedRows).toBeGreaterThan(texts.length / 2)
})

it('leaves to the caller only rows that the server returns in bytes that are not known', () => {
  const rows = documents.map((value) => [value])
  const { file, copy, target } = tableOf(
    [columnOf(jsonb), columnOf(timestamp)],
    true,
    4096,
    rows.map(([value]) => [value, dates[0]]),
  )
  const sums = PageSums.open({ file, stored: storedInSnapshot(copy) }, copy, target, usual, noRows)!
  let shown = 0
  const found = sums.sum({ range: { after: null, through: null }, rowsBefore: 0 }, () => shown++)!
  sums.close()
  expect([found.returned.rows, found.sum.rows]).toEqual([rows.length - shown, rows.length])
  // Those with long exponents or escapes in keys, those that jsonb refuses, and those that are no documents.
  expect(found.returned.rows).toBeGreaterThanOrEqual(13)
})

it.each([jsonb, json])('sums $storage that the census has settled as the row encoder does', (conversion) => {
  const texts = unchangedTexts(conversion)
  const rows = [...texts, null, 7n, 0.5, Buffer.from('[]')].map((value) => [value])
  const table = tableOf([columnOf(conversion)], true, 4096, rows)
  expect(sumsAlike(table, wholeTable, new Set(['c0']))).toBe(rows.length)
})

it('sums the bytes of JSON that the census has settled, whether or not it is right', () => {
  const sumOf = (texts: readonly string[], unchanged: ReadonlySet<string>): string => {
    const rows = texts.map((text) => [text])
    const { file, copy, target } = tableOf([columnOf(jsonb)], true, 4096, rows)
    const stored = storedInSnapshot(copy)
    const sums = PageSums.open({ file, stored }, copy, target, { ...usual, unchanged }, noRows)!
    const whole = { range: { after: null, through: null }, rowsBefore: 0 }
    const found = sumByPages(copy, sums, whole)!
    sums.close()
    return found.canonical.toString()
  }
  const printed = ['{"a": 1, "bb": "x/y"}', '[1, 2]']
  expect(sumOf(printed, new Set(['c0']))).toBe(sumOf(printed, new Set()))
  // None of them is what the server returns, and none may pass for it.
  for (const [one, other] of [
    ['{"a": 1,"bb": "x/y"}', '[1, 2]'],
    ['{"bb": "x/y", "a": 1}', '[1, 2]'],
    ['{"a": 1, "bb": "x\\/y"}', '[1, 2]'],
    ['{"a": 1, "bb": "x/y"}', '[1,  2]'],
    ['{"a": 0, "a": 1, "bb": "x/y"}', '[1, 2]'],
    ['{"a": 1, "bb": "x/z"}', '[1, 2]'],
  ] as const)
    expect(sumOf([one, other], new Set(['c0']))).not.toBe(sumOf(printed, new Set()))
})
