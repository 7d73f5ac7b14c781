/**
 * Whatever code units a database in UTF-16 holds: what is copied from its pages, summed from them and counted on them is what SQLite's driver
 * shows. Only texts that are no characters, or end within a unit, are left to be read one by one.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { ByteWriter } from '../../src/engine/encode/cell/byte-writer.ts'
import type { SourceRow } from '../../src/engine/encode/cell/cell.ts'
import { RowEncoder } from '../../src/engine/encode/rows/row-encoder.ts'
import { RowSum } from '../../src/engine/encode/rows/row-hash.ts'
import type { TablePlan } from '../../src/engine/model/plan.ts'
import type { Snapshot } from '../../src/engine/model/snapshot.ts'
import { PageEncoder } from '../../src/engine/page-encoder/page-encoder.ts'
import { PageSums } from '../../src/engine/page-sums/page-sums.ts'
import { OpenSnapshot } from '../../src/engine/source/base/open-snapshot.ts'
import { storedInSnapshot, type TableReader } from '../../src/engine/source/base/reader.ts'
import { openReadOnly } from '../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../src/engine/source/catalog/catalog.ts'
import { ColumnCount, joinParts } from '../../src/engine/source/census/column-count.ts'
import { countLeaves } from '../../src/engine/source/census/leaf-census.ts'
import { countByPages } from '../../src/engine/source/census/page-census.ts'
import { readingOf, seeRows, WHOLE_TABLE } from '../../src/engine/source/census/see-rows.ts'
import { openPageReader } from '../../src/engine/source/pages/page-reader.ts'
import { Utf16Texts } from '../../src/engine/source/pages/utf16-texts.ts'
import { openReader, type ReadingPurpose } from '../../src/engine/source/readers/readers.ts'
import { Rewriting } from '../../src/engine/source/readers/rewriting.ts'
import { openSqliteReader } from '../../src/engine/source/readers/sqlite-reader.ts'
import { columnOf, type Table, tableOf } from '../engine/page-encoder/table-file.ts'
import { encodedTables } from '../support/breadth.ts'

type Encoding = 'UTF-16le' | 'UTF-16be'

const options = { orphans: [], exact: false }
const whole = { range: WHOLE_TABLE, rowsBefore: 0 }

/** The first and last characters of each length in UTF-8, those that mean something to a reader of UTF-16, and others. */
const characters = ['\u0001', '\u007f', '\u0080', 'ï', '\u07ff', '\u0800', '日', '\ud7ff', '\ue000'].concat([
  '\ufeff',
  '\ufffd',
  '\ufffe',
  '\uffff',
  '\u{10000}',
  '🙂',
  '\u{10ffff}',
  '\u{dbfd}\u{dcfd}',
])
const halves = ['\ud800', '\udbff', '\udc00', '\udfff']

/** Runs of ASCII bring the others to each place in the groups that the compiled code looks at together. */
const runs = fc.integer({ min: 0, max: 19 }).map((length) => 'plain ASCII texts...'.slice(0, length))
const texts = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: runs },
      { weight: 8, arbitrary: fc.constantFrom(...characters) },
      { weight: 1, arbitrary: fc.constantFrom('\0', ...halves) },
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const conversion = { kind: 'text', maxCharacters: null } as const

function tableFrom(encoding: Encoding, rows: readonly string[], pageSize: number): Table {
  const cells = rows.map((text, row) => [{ invalidText: textIn(encoding, text) }, `row ${row}`])
  return tableOf([columnOf(conversion), columnOf(conversion, 'text')], true, pageSize, cells, [], encoding)
}

function textIn(encoding: Encoding, text: string): Buffer {
  const little = Buffer.from(text, 'utf16le')
  return encoding === 'UTF-16le' ? little : little.swap16()
}

/** The numbers of the rows with a text that is not one of characters, or that `isWrong`. */
function rowsWith(rows: readonly string[], isWrong: (text: string) => boolean): number[] {
  return rows.flatMap((text, row) => (!text.isWellFormed() || isWrong(text) ? [row + 1] : []))
}

type Encoded = {
  readonly rows: Map<number, string>
  readonly refused: readonly number[]
  readonly encoder: RowEncoder
}

/** Encodes the rows of a reader; `take` gets them first. */
function encode({ copy, target }: Table, reader: TableReader, plain: PageEncoder | null): Encoded {
  const encoder = new RowEncoder(copy, target, options)
  const out = new ByteWriter()
  const rows = new Map<number, string>()
  const refused: number[] = []
  const visit = (row: SourceRow): void => {
    const start = out.position
    if (encoder.encode(row, out) !== null) refused.push(row.ordinal)
    else rows.set(row.ordinal, Buffer.from(out.whole(start)).toString('hex'))
  }
  const reading = reader.open(whole)
  const take =
    plain === null
      ? undefined
      : (...[leaf, from, to, ordinal]: Parameters<NonNullable<Parameters<typeof reading.advance>[2]>>) =>
          plain.take(leaf, [from, to], ordinal, encoder, out)
  while (reading.advance(100, visit, take));
  reader.close()
  return { rows, refused, encoder }
}

/** `left`: the numbers of the rows that are copied and summed one by one; `seen`: those that are counted so. */
function areMovedAlike(table: Table, left: readonly number[], seen: readonly number[]): void {
  const { file, copy, target } = table
  using db = openReadOnly(file)
  const driver = (): TableReader =>
    openSqliteReader(db, { table: 't', fate: { kind: 'copy', copy } } as TablePlan, null)
  const expected = encode(table, driver(), null)

  const reader = openPageReader(file, copy)
  const copied = encode(table, reader, PageEncoder.of(copy, target, options, reader.stored!)!)
  expect(copied.refused).toEqual(expected.refused)
  expect(`${copied.encoder.sum.rows} ${copied.encoder.sum}`).toBe(
    `${expected.encoder.sum.rows} ${expected.encoder.sum}`,
  )
  expect([...copied.rows.keys(), ...copied.refused].sort((a, b) => a - b)).toEqual(left)

  const sums = PageSums.open({ file, stored: storedInSnapshot(copy) }, copy, target, options, driver)!
  const found = sums.sum(whole, () => {})
  sums.close()
  expect(found!.left.map(({ ordinal }) => ordinal)).toEqual(left)
  const others = new RowSum()
  for (const [row, bytes] of expected.rows) {
    const tuple = Buffer.from(bytes, 'hex')
    if (!left.includes(row)) others.add(tuple, 2, tuple.length)
  }
  expect(`${found!.sum.rows} ${found!.sum}`).toBe(`${others.rows} ${others}`)

  const [catalog] = readCatalog(db, 'a.db').tables
  const names = ['c0', 'c1']
  const counts = names.map((name) => new ColumnCount(name))
  const read = readingOf(catalog!, names)
  const shown = { table: 't', fate: { kind: 'copy', copy: read } } as unknown as TablePlan
  seeRows(openSqliteReader(db, shown, null), counts, [WHOLE_TABLE], () => {})
  const counted = countByPages(file, catalog!, names, WHOLE_TABLE, () => {})!
  expect(joinParts([counted.parts])).toEqual(joinParts([counts.map((count) => count.part())]))
  expect(countLeaves(file, catalog!, names, WHOLE_TABLE)!.left).toEqual(seen.map(BigInt))
}

function areTextsMovedAlike(encoding: Encoding, rows: readonly string[], pageSize = 4096): void {
  const refused = rowsWith(rows, (text) => text.includes('\0'))
  areMovedAlike(
    tableFrom(encoding, rows, pageSize),
    refused,
    rowsWith(rows, () => false),
  )
}

const encodings = ['UTF-16le', 'UTF-16be'] as const

it.each(encodings)('%s: any code units', (encoding) => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 40 }), (rows) =>
      areTextsMovedAlike(encoding, rows),
    ),
    { numRuns: encodedTables },
  )
})

it.each(encodings)('%s: each character at each place among others', (encoding) => {
  const rows = characters.flatMap((character) =>
    Array.from({ length: 19 }, (_, at) => `${'x'.repeat(at)}${character}${'y'.repeat(19 - at)}`),
  )
  areTextsMovedAlike(encoding, rows)
})

it.each(encodings)('%s: texts that fill a page, and take half as much again in UTF-8', (encoding) => {
  const rows = ['日'.repeat(32_700), 'ï'.repeat(32_700), 'x'.repeat(32_700), '🙂'.repeat(16_350)]
  areTextsMovedAlike(encoding, rows, 65536)
})

it.each(encodings)('%s: rows that the copy read one by one are verified by other code', (encoding) => {
  const long = Array.from({ length: 20 }, (_, row) => `日本 ${row} `.repeat(600))
  const { file, copy } = tableFrom(encoding, long, 4096)
  const table = { database: 'a.db', table: 't', fate: { kind: 'copy', copy } } as TablePlan
  const snapshots = [{ database: 'a.db', file }] as unknown as Snapshot[]
  const rewriting = new OpenSnapshot(Rewriting.open)
  const rewrite = vi.spyOn(Utf16Texts.prototype, 'rewrite')
  const seen: string[] = []
  const read = (purpose: ReadingPurpose): number => {
    rewrite.mockClear()
    const reader = openReader('sqlite', table, copy, snapshots, null, { rewriting, purpose })
    const reading = reader.open(whole)
    while (reading.advance(100, ({ cells }) => void seen.push(cells[1]!.bytes().toString())));
    reader.close()
    return rewrite.mock.calls.length
  }
  try {
    expect([read('copy'), read('verify')]).toEqual([20, 0])
    expect(seen).toEqual([...long, ...long])
  } finally {
    rewrite.mockRestore()
    rewriting.close()
  }
})

it.each(encodings)('%s: texts that end within a unit', (encoding) => {
  const rows = Array.from({ length: 20 }, (_, row) => [Buffer.alloc(row * 2 + 1, row + 64), `row ${row}`])
  const table = tableOf([columnOf(conversion), columnOf(conversion, 'text')], true, 4096, rows, [], encoding)
  const bytes = readFileSync(table.file)
  for (const [blob] of rows) {
    // SQLite writes no such text, but the serial type before that of the next value can say that a blob is one.
    const start = bytes.indexOf(Buffer.concat([blob as Buffer, textIn(encoding, 'row ')]))
    bytes[start - 2]!++
  }
  writeFileSync(table.file, bytes)
  const all = rows.map((_, row) => row + 1)
  areMovedAlike(table, all, all)
})
