import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findRenamed,
  fitIdentifier,
  NamePool,
  resolveNames,
  resolveSchemaNames,
  schemaNameOf,
  toSnakeCase,
} from '../../../src/engine/syntax/target-names.ts'
import { anyCharacter } from '../../support/any-character.ts'

const keep = { identifiers: 'keep', of: 'columns' } as const
const snake = { identifiers: 'snake_case', of: 'columns' } as const

it('63 bytes are kept as they are, and longer names stay apart', () => {
  const short = 'a'.repeat(63)
  expect(fitIdentifier(short)).toBe(short)
  const first = fitIdentifier(`${short}b`)
  const second = fitIdentifier(`${short}c`)
  expect(first).not.toBe(second)
  expect(Buffer.byteLength(first)).toBeLessThanOrEqual(63)
  expect(first.startsWith('a'.repeat(54))).toBe(true)
})

it('a cut never splits a character', () => {
  const cut = fitIdentifier('😀ü'.repeat(30))
  expect(cut.isWellFormed()).toBe(true)
  expect(cut).not.toContain('\ufffd')
})

describe('names that SQLite allows and PostgreSQL does not', () => {
  it('system columns get an underscore, as far as it is free', () => {
    expect(Object.fromEntries(resolveNames(['xmin', 'xmin_', 'tableoid', 'CTID'], keep))).toEqual({
      xmin: 'xmin__2',
      xmin_: 'xmin_',
      tableoid: 'tableoid_',
      CTID: 'CTID',
    })
    expect(resolveNames(['xmin'], { ...keep, of: 'tables' }).get('xmin')).toBe('xmin')
  })
  it('the empty name gets one', () => {
    expect(resolveNames(['', 'unnamed'], keep).get('')).toBe('unnamed_2')
  })
  it('reserved words, quotes, spaces, case and unicode stay', () => {
    const names = ['select', 'a"b', 'a b', 'A', 'a', 'Größe', "'; drop table x; --"]
    for (const [from, to] of resolveNames(names, keep)) expect(to).toBe(from)
  })
})

it.each([
  ['orderID', 'order_id'],
  ['HTTPServer2', 'http_server2'],
  ['Order Details', 'order_details'],
  ['ZPRIMARYKEY', 'zprimarykey'],
  ['a-b.c', 'a_b_c'],
  ['GrößeÄndern', 'größe_ändern'],
])('%s in snake case is %s', (name, expected) => {
  expect(toSnakeCase(name)).toBe(expected)
})

it('names that snake case makes equal are numbered, the unchanged one first', () => {
  expect(Object.fromEntries(resolveNames(['OrderId', 'order_id', 'orderID'], snake))).toEqual({
    order_id: 'order_id',
    OrderId: 'order_id_2',
    orderID: 'order_id_3',
  })
})

it.each([
  ['live_trading.db', 'live_trading'],
  ['bots/a/tradesv3.dryrun.sqlite', 'bots_a_tradesv3_dryrun'],
  ['pg_data.db', 'db_pg_data'],
  ['.db', 'db'],
  ['My File.SQLite3', 'my_file'],
  ['gpt_migrate.db', 'db_gpt_migrate'],
])('the schema of %s is %s', (database, schema) => {
  expect(schemaNameOf(database)).toBe(schema)
})

it('two files never share a schema', () => {
  expect([...resolveSchemaNames(['a.db', 'a.sqlite', 'A.db'], ['a_2']).values()]).toEqual(['a', 'a_3', 'a_4'])
})

it('every change is a finding with its reason', () => {
  const findings = findRenamed(resolveNames(['xmin', 'ok'], keep), keep, { table: 't' })
  expect(findings).toEqual([
    {
      severity: 'notice',
      code: 'renamed',
      message: 'Column "xmin" of "t" is named "xmin_": PostgreSQL keeps that name for itself.',
      table: 't',
      column: 'xmin',
    },
  ])
})

it('different names never become one, and all fit (property)', () => {
  const name = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 90 }),
    fc.string({ unit: fc.constantFrom('a', 'A', '_', '2', ' ', 'é'), maxLength: 70, minLength: 0 }),
    fc.constantFrom('xmin', 'xmin_', 'XMIN', 'ctid'),
  )
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 12 }),
      fc.constantFrom('keep' as const, 'snake_case' as const),
      (names, identifiers) => {
        const resolved = [...resolveNames(names, { identifiers, of: 'columns' }).values()]
        expect(new Set(resolved).size).toBe(names.length)
        for (const one of resolved) {
          expect(one).not.toBe('')
          expect(one).not.toContain('\0')
          expect(Buffer.byteLength(one)).toBeLessThanOrEqual(63)
          expect(one.isWellFormed()).toBe(true)
        }
      },
    ),
  )
})

it('a pool numbers within 63 bytes', () => {
  const pool = new NamePool()
  const long = 'x'.repeat(63)
  expect(pool.claim(long)).toBe(long)
  expect(pool.claim(long)).toBe(`${'x'.repeat(61)}_2`)
})
