/** Which columns of JSON are copied without being read again. */
import { expect, it } from 'vitest'
import { noValues } from '../../../../src/engine/model/census.ts'
import type { Conversion } from '../../../../src/engine/model/conversion.ts'
import type { Plan } from '../../../../src/engine/model/plan.ts'
import type { Snapshot } from '../../../../src/engine/model/snapshot.ts'
import { findUnchangedJson, unchangedJsonOf } from '../../../../src/engine/plan/base/unchanged-json.ts'
import { ColumnCount } from '../../../../src/engine/source/census/column-count.ts'

const jsonb = { kind: 'json', text: 'document', storage: 'jsonb' } as const
const json = { ...jsonb, storage: 'json' } as const
const printed = '{"a": 1, "bb": [1.50, "x"]}'

function isUnchanged(conversion: Conversion, ...texts: readonly string[]): boolean {
  const column = new ColumnCount('features')
  for (const text of texts) {
    const bytes = Buffer.from(text, 'utf8')
    column.seeText(bytes, 0, bytes.length, 1)
  }
  const columns = [
    { target: 'id', from: { kind: 'rowid', conversion: { kind: 'integer', bytes: 8, form: 'integer' } } },
    { target: 'f', from: { kind: 'column', column: 'features', conversion } },
  ]
  const tables = [{ id: 'a.db/t', fate: { kind: 'copy', copy: { columns } } }]
  const census = {
    table: 't',
    rows: texts.length,
    rowids: null,
    columns: [{ ...column.settle(), texts: texts.length }],
  }
  const found = findUnchangedJson({ tables } as unknown as Plan, new Map([['a.db/t', census]]))
  return found['a.db/t']?.includes('features') === true
}

it.each([
  ['documents as jsonb prints them', [printed, '[]', '{"naïve": "\\n"}'], true, true],
  ['another order of keys', [printed, '{"bb": 1, "a": 2}'], false, true],
  ['no blank after a comma', [printed, '[1,2]'], false, true],
  ['a blank more', [printed, '[1,  2]'], false, true],
  ['an exponent', [printed, '[1e2]'], false, true],
  ['a slash with an escape', [printed, '["\\/"]'], false, true],
  ['a negative zero', [printed, '[-0]'], false, true],
  ['equal keys', [printed, '{"a": 1, "a": 2}'], false, true],
  ['half of a surrogate pair', [printed, '["\\ud800"]'], false, true],
  ['an escaped U+0000', [printed, '["\\u0000"]'], false, true],
  ['a number that numeric cannot hold', [printed, '[1e999999]'], false, true],
  ['a text that is a string', [printed, '"text"'], false, false],
  ['a text that is no JSON', [printed, 'text'], false, false],
  ['an object that represents a BLOB', [printed, '{"$blob": "AA=="}'], false, false],
  ['no text at all', [], false, false],
])('%s', (_, texts, asJsonb, asJson) => {
  expect([isUnchanged(jsonb, ...texts), isUnchanged(json, ...texts)]).toEqual([asJsonb, asJson])
  const onlyDocuments = { text: 'only-documents' } as const
  expect(isUnchanged({ ...jsonb, ...onlyDocuments }, ...texts)).toBe(asJsonb)
  expect(isUnchanged({ ...jsonb, text: 'string' }, ...texts)).toBe(false)
  expect(isUnchanged({ kind: 'text', maxCharacters: null }, ...texts)).toBe(false)
})

it('has no column without a census of its values', () => {
  const columns = [{ target: 'f', from: { kind: 'column', column: 'features', conversion: jsonb } }]
  const plan = { tables: [{ id: 'a.db/t', fate: { kind: 'copy', copy: { columns } } }] } as unknown as Plan
  const { spellings: _, ...unexamined } = { ...noValues, name: 'features', texts: 1 }
  const census = { table: 't', rows: 1, rowids: null, columns: [unexamined] }
  expect(findUnchangedJson(plan, new Map())).toEqual({})
  expect(findUnchangedJson(plan, new Map([['a.db/t', census]]))).toEqual({})
})

it('holds for the snapshot that was counted, and no later state', () => {
  const plan = {
    sources: [{ database: 'a.db', role: null, sha256: 'ab', bytes: 1 }],
    unchangedJson: { 'a.db/t': ['features'] },
  } as unknown as Plan
  const snapshot = { database: 'a.db', sha256: 'ab' } as Snapshot
  expect([...unchangedJsonOf(plan, 'a.db/t', snapshot)]).toEqual(['features'])
  expect([...unchangedJsonOf(plan, 'a.db/other', snapshot)]).toEqual([])
  expect([...unchangedJsonOf(plan, 'a.db/t', { ...snapshot, sha256: 'cd' })]).toEqual([])
  expect([...unchangedJsonOf({ ...plan, sources: [] }, 'a.db/t', snapshot)]).toEqual([])
})
