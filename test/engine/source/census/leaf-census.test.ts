/** What compiled code counts of a table's pages is what `ColumnCount` counts cell by cell, in every range. */
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import type { KeyBound } from '../../../../src/engine/model/block.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { countLeaves } from '../../../../src/engine/source/census/leaf-census.ts'
import {
  countCompiled,
  countRows,
  type RangeCount,
} from '../../../../src/engine/source/census/page-census.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { encodedTables } from '../../../support/breadth.ts'
import { documentTexts } from '../../encode/json/json-texts.ts'
import { generatedTable, tableOf } from '../../page-encoder/table-file.ts'

const bound = (rowid: number | null): KeyBound => (rowid === null ? null : [{ integer: String(rowid) }])

/**
 * The range of integers counts, not on which side of 2^53 its inner ends lie; zero has no sign in JSON; few values have no order; documents
 * may be counted once more.
 */
function comparable(count: RangeCount | null): unknown {
  return count?.parts.map((part) => {
    const { maybeJson, fewTexts, fewIntegers, leastReal, mostReal, least, most, leastBig, mostBig, ...rest } =
      part
    const ends = [leastBig, mostBig, least, most].filter(
      (end) => end !== null && Math.abs(Number(end)) < Infinity,
    )
    const sorted = ends.map((end) => BigInt(end!)).sort((one, other) => (one < other ? -1 : 1))
    return {
      ...rest,
      ends: [sorted[0], sorted.at(-1)],
      leastReal: leastReal + 0,
      mostReal: mostReal + 0,
      fewTexts: fewTexts
        ?.map(({ bytes, count: times }) => `${Buffer.from(bytes).toString('hex')} ${times}`)
        .sort(),
      fewIntegers: fewIntegers === null ? null : [...fewIntegers].map(String).sort(),
    }
  })
}

let counted = 0
let all = 0

const words = fc.constantFrom(
  ...[
    'true',
    'NO',
    'oN',
    'off',
    'y',
    'nay',
    'AAPL',
    'naïve',
    '12',
    '-7',
    '12.50',
    '-',
    '1.',
    '.5',
    '007',
    '-0',
  ],
  ...['2024-02-29', '2023-02-29', '2024-02-30', '0001-01-01', '9999-12-31', '2024-1-1', '12:30', '12:60:00'],
  ...[
    '2024-02-29 12:30:00',
    '2024-02-29T12:30:00.123456+00:00',
    '2024-02-29 24:00:00',
    '2024-04-31T00:00:00Z',
  ],
  ...['2024-01-01T00:00:00+14:59', '2024-01-01T00:00:00-15:00', '2024-01-01 10:00', '123456789012345678901'],
  ...[
    '0123abcd-4567-89ef-0123-456789abcdef',
    '0123abcd456789ef0123456789abcdef',
    '0123abcd-4567-89ef-0123-456789abcdeg',
    'ABCDabcd456789ef0123456789abcdef',
    'ABCD0123456789EF0123456789ABCDEF',
    'abcd0123456789ef0123456789abcdeg',
    '12345678901234567890123456789012',
    '12345678901234567890123456789e12',
    '12345678901234567890123456789d12',
    '123456789012345678901234567890123456',
    'neither digits nor dashes, but of 36',
  ],
  ...[
    '10.0.0.1',
    '1.2.3',
    '3rd Street, Łódź',
    '1e5',
    '1e',
    '1E+',
    '1.5E-3',
    '1.e5',
    '-e5',
    '-1e-5',
    '+49 30 1',
  ],
  ...['5 Jan 2024 10:00:00 EST', '5 Xan 2024 10:00:00 EST', '05/Jan/2024:10:00:00 +0100', '12 Sale of it'],
  ...[
    ' \t',
    ' \n[1]',
    '  {"a": 1}',
    ' naïve',
    '\u0001b',
    '\u0001 of some length',
    '2024/01/05',
    '20240105T101500',
  ],
  ...[
    '{"a": 1}',
    '[1, 2',
    ' x',
    '',
    'a\u0000b',
    '2024-02-29 12:30:00.1234567',
    '123456789012345678',
    '99999-9-9',
  ],
)

it('counts what the slow way counts', () => {
  const ends = fc.option(fc.integer({ min: -1, max: 62 }), { nil: null })
  const generated = fc.tuple(
    generatedTable,
    fc.array(
      fc.oneof(
        { arbitrary: words, weight: 4 },
        { arbitrary: fc.string({ unit: anyCharacter }), weight: 1 },
        { arbitrary: documentTexts, weight: 2 },
      ),
      {
        minLength: 60,
        maxLength: 60,
      },
    ),
    fc.integer({ min: 1, max: 60 }),
  )
  fc.assert(
    fc.property(generated, ends, ends, ([table, texts, distinct], after, through) => {
      const column = {
        declared: '',
        origin: table.columns[0]!.origin,
        nullable: true,
        value: fc.constant(null),
      }
      const { file } = tableOf(
        [...table.columns, column],
        table.alias,
        table.pageSize,
        table.rows.map((cells, row) => [...cells, texts[row % distinct]!]),
        table.added,
        table.encoding,
      )
      const db = openReadOnly(file)
      const [catalog] = readCatalog(db, 'a.db').tables
      db.close()
      const names = catalog!.columns.flatMap(({ name, generated: kind }) =>
        name === 'id' || kind !== null ? [] : [name],
      )
      for (const range of [
        { after: null, through: null },
        { after: bound(after), through: bound(through) },
      ]) {
        const compiled = countCompiled(file, catalog!, names, range)
        if (compiled === null) continue
        const slow = countRows(file, catalog!, names, range)
        expect(compiled.rows).toBe(slow.rows)
        expect(comparable(compiled)).toEqual(comparable(slow))
        slow.parts.forEach(({ maybeJson }, index) => {
          if (maybeJson) expect(compiled.parts[index]!.maybeJson).toBe(true)
        })
        counted += countLeaves(file, catalog!, names, range)!.rows
      }
      all += table.rows.length
    }),
    { numRuns: encodedTables },
  )
})

afterAll(() => {
  expect(counted).toBeGreaterThan(all / 2)
})
