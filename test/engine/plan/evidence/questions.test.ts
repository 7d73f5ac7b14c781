import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { noValues } from '../../../../src/engine/model/census.ts'
import {
  arePlainUuids,
  columnsThatVary,
  countRepeats,
  evidenceAt,
  findOrphans,
  identityPairs,
  idText,
  printable,
} from '../../../../src/engine/plan/evidence/questions.ts'
import { addMonths, instantText, monthsOf } from '../../../../src/engine/plan/evidence/time-questions.ts'
import { quoteSqlite } from '../../../../src/engine/syntax/sqlite-names.ts'
import { openQueries } from '../../../mappings/support/plan-of.ts'

const folder = mkdtempSync(join(tmpdir(), 'questions-'))
afterAll(() => rmSync(folder, { recursive: true }))
const queries = openQueries(folder)
let files = 0

function make(sql: string): string {
  const name = `q${files++}.db`
  const db = new Database(join(folder, name))
  db.exec(sql)
  db.close()
  return name
}
const utc = { zone: 'UTC', epoch: null, form: null } as const

test('ids that become the same UUID have the same text, others not', () => {
  const database = make(`create table t (v);
    insert into t values (5), (5.0), ('5'), ('05'), ('6F9619FF-8B86-D011-B42D-00C04FC964FF'), ('6f9619ff8b86d011b42d00c04fc964ff'),
      (x'6f9619ff8b86d011b42d00c04fc964ff'), ('ORD-1'), ('ord-1'), (5.5), (null)`)
  const rows = queries.rows([database], `select ${idText('v')} from t`).map(([text]) => text)
  expect(rows).toEqual([
    '5',
    '5',
    '5',
    '05',
    ...Array(3).fill('6f9619ff8b86d011b42d00c04fc964ff'),
    'ORD-1',
    'ord-1',
    '5.5',
    null,
  ])
})

test('repeats are distinguished by case whatever the collation, and nulls never repeat', () => {
  const database = make(`create table t (v text collate nocase, w);
    insert into t values ('a', 1), ('A', 1), ('a', 2), (null, 1), (null, 1)`)
  expect(countRepeats(queries, database, 't', ['"v"'])).toBe(1)
  expect(countRepeats(queries, database, 't', ['"v"', '"w"'])).toBe(0)
})

test('orphans across databases, with a null among the parents', () => {
  const parents = make(`create table p (id text); insert into p values ('a'), (null), ('b')`)
  const children = make(`create table c (ref); insert into c values ('a'), ('x'), (null), ('b'), ('x')`)
  const found = findOrphans(
    queries,
    { database: children, table: 'c', sql: '"ref"' },
    { database: parents, table: 'p', sql: '"id"' },
    'rowid',
  )
  expect(found).toEqual({
    rows: 2,
    samples: [
      { key: '2', value: "'x'" },
      { key: '5', value: "'x'" },
    ],
  })
})

test('months: epoch of each unit, before 1970, Julian days, and offsets that cross into a neighbour', () => {
  const months = (values: string, epoch: Parameters<typeof monthsOf>[1]['epoch']): readonly string[] =>
    monthsOf(
      evidenceAt(queries, {
        database: make(`create table t (v); insert into t values ${values}`),
        table: 't',
        sql: '"v"',
      }),
      { ...utc, epoch },
    )
  expect(months('(1735689599), (1735689600)', 'seconds')).toEqual(['2024-12', '2025-01'])
  expect(months('(1735689599999), (1735689600000)', 'milliseconds')).toEqual(['2024-12', '2025-01'])
  expect(months('(-1)', 'milliseconds')).toEqual(['1969-12'])
  expect(months('(1735689599999999999)', 'nanoseconds')).toEqual(['2024-12'])
  expect(months('(2460676.5)', 'julian-days')).toEqual(['2025-01'])
  expect(months("('2025-03-01 00:30:00'), ('2025-04-15'), ('nonsense'), (null)", null)).toEqual([
    '2025-03',
    '2025-04',
  ])
  expect(months("('2025-03-01T00:30:00+02:00')", null)).toEqual(['2025-02', '2025-03'])
  expect(months("('2025-03-31T23:30:00-0500')", null)).toEqual(['2025-03', '2025-04'])
  expect(addMonths('2025-11', 3)).toBe('2026-02')
  expect(addMonths('2025-01', -1)).toBe('2024-12')
})

test('two spellings of one instant are one key', () => {
  const database = make(`create table t (v);
    insert into t values ('2025-01-01 00:00:00'), ('2025-01-01T00:00:00Z'), ('2025-01-01T02:00:00.000+02:00'), ('2025-01-01T00:00:00.5')`)
  expect(countRepeats(queries, database, 't', [instantText('"v"', utc, 'texts')])).toBe(2)
})

test('numbers that round to one microsecond are one key, and no others', () => {
  const repeats = (values: string, epoch: 'seconds' | 'milliseconds' | 'nanoseconds'): number =>
    countRepeats(queries, make(`create table t (v); insert into t values ${values}`), 't', [
      instantText('"v"', { ...utc, epoch }, 'numbers'),
    ])
  expect(repeats('(1735689600), (1735689600.0), (1735689600.000001)', 'seconds')).toBe(1)
  expect(repeats('(1735689600123456789), (1735689600123457400), (1735689600123457500)', 'nanoseconds')).toBe(
    1,
  )
  expect(repeats('(1735689600123), (1735689600123.001)', 'milliseconds')).toBe(0)
})

test('columns that vary within a group: by class, by null, by value', () => {
  const database = make(`create table t (g, same, class, sometimes, value);
    insert into t values (1, 'a', 1, null, 1), (1, 'a', 1.0, 1, 2), (2, 'b', 1, 1, 3)`)
  expect(columnsThatVary(queries, database, 't', ['g'], ['same', 'class', 'sometimes', 'value'])).toEqual([
    'class',
    'sometimes',
    'value',
  ])
})

test('plain UUIDs are those that PostgreSQL writes, whether the census says so or the snapshot', () => {
  const [lower, upper] = ['6f9619ff-8b86-d011-b42d-00c04fc964ff', '6F9619FF-8B86-D011-B42D-00C04FC964FF']
  const bare = lower.replaceAll('-', '')
  const arePlain = (values: readonly (string | number | null)[]): boolean => {
    const rows = values.map((value) => `(${typeof value === 'string' ? `'${value}'` : value})`)
    const database = make(`create table t (v); insert into t values ${rows.join(', ')}`)
    const source = evidenceAt(queries, { database, table: 't', sql: '"v"' })
    const texts = values.filter((value) => typeof value === 'string')
    const integers = values.filter((value) => typeof value === 'number').length
    const totalBytes = texts.reduce((sum, { length }) => sum + length, 0)
    const census = { ...noValues, integers, texts: texts.length, totalBytes }
    const lowerUuids = texts.filter((text) => [lower, bare].includes(text)).length
    const spellings = {
      ...{ realDigits: 0, lowerUuids, upperUuids: texts.length - lowerUuids },
      ...{ jsonDocuments: 0, documents: 0, printedDocuments: 0, times: [] },
    }
    const answers = [census, { ...census, spellings }].map((one) => arePlainUuids(source, one))
    expect(answers[0]).toBe(answers[1])
    return answers[0]!
  }
  expect(arePlain([lower, null, lower])).toBe(true)
  expect(arePlain([null])).toBe(true)
  expect(arePlain([bare])).toBe(false)
  expect(arePlain([lower, upper])).toBe(false)
  expect(arePlain([lower, 'x'])).toBe(false)
  expect(arePlain([lower, 7])).toBe(false)
})

test('sql-injection: names and ids with quotes stay data', () => {
  const table = 'o"rders; drop table x'
  const database = make(`create table ${quoteSqlite(table)} (${quoteSqlite("i'd")} text, made text);
    insert into ${quoteSqlite(table)} values ('a''b', 'm')`)
  expect(identityPairs(queries, { database, table, sql: quoteSqlite("i'd") }, '"made"', 5)).toEqual([
    ["a'b", "'m'"],
  ])
  expect(printable('a\u001b[31m\n')).toBe('a?[31m?')
})
