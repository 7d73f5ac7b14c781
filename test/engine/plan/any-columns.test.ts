import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FoldMapping, TargetMapping } from '../../../src/engine/model/mapping.ts'
import { quoteSqlite } from '../../../src/engine/syntax/sqlite-names.ts'
import { gptTrader } from '../../../src/mappings/gpt-trader/index.ts'
import { writeDatabase } from '../../mappings/dialects/write-set.ts'
import { planOf } from '../../mappings/support/plan-of.ts'
import { plannedTables } from '../../support/breadth.ts'

const cell = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 4 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.constantFrom(
    'buy',
    'SELL',
    '',
    '1',
    '1.50',
    'abc',
    '{"a":1}',
    '2025-01-01',
    '2025-03-01T10:00:00Z',
    '2025-03-01 10:00:00',
    'true',
    '6f9619ff-8b86-d011-b42d-00c04fc964ff',
    '6F9619FF8B86D011B42D00C04FC964FF',
    "o'clock \u0000 x",
    'é'.repeat(40),
  ),
  fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
)
const types = [
  '',
  'INTEGER',
  'TEXT',
  'REAL',
  'NUMERIC',
  'BLOB',
  'TIMESTAMP',
  'BOOLEAN',
  'INTEGER PRIMARY KEY',
  'TEXT PRIMARY KEY',
  'TEXT COLLATE NOCASE',
]

/** Names that the mapping knows for a table, and some that it doesn't. */
function namesFor(mapping: TargetMapping | FoldMapping): readonly string[] {
  const known =
    'fold' in mapping
      ? mapping.fold.by
      : Object.entries(mapping.columns ?? {}).flatMap(([name, { aliases = [], orElse = [] }]) => [
          name,
          ...aliases,
          ...orElse,
        ])
  const pivot = 'pivot' in mapping ? [...mapping.pivot!.name, ...mapping.pivot!.value] : []
  return [
    ...new Set([
      ...known,
      ...pivot,
      'id',
      'weight',
      'ctid',
      'SYMBOL',
      'Odd "name"',
      'source_order_id',
      'y'.repeat(64),
    ]),
  ]
}

const tables = Object.entries(gptTrader.databases).flatMap(([database, { tables: words }]) =>
  Object.entries(words).map(([table, mapping]) => ({
    database,
    table,
    names: namesFor(mapping as TargetMapping),
  })),
)
const someTable = fc.constantFrom(...tables).chain(({ database, table, names }) =>
  fc.record({
    database: fc.constant(database),
    table: fc.constant(table),
    columns: fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), type: fc.constantFrom(...types) }), {
      minLength: 1,
      maxLength: 7,
      selector: ({ name }) => name.toLowerCase(),
    }),
    rows: fc.array(fc.array(cell, { minLength: 7, maxLength: 7 }), { maxLength: 5 }),
    withoutRowid: fc.boolean(),
  }),
)

test('any columns with any values are planned with nothing forgotten, in every mode', () => {
  const options = {
    unmapped: fc.constantFrom('add' as const, 'archive' as const, 'drop' as const),
    onOverflow: fc.constantFrom('widen' as const, 'quarantine' as const),
    orphans: fc.constantFrom('keep' as const, 'quarantine' as const),
    identifiers: fc.constantFrom('keep' as const, 'snake_case' as const),
    timezone: fc.constantFrom('UTC', 'America/New_York'),
  }
  const set = fc.uniqueArray(someTable, { minLength: 1, maxLength: 6, selector: ({ table }) => table })
  fc.assert(
    fc.property(set, fc.record(options), (made, chosen) => {
      const folder = mkdtempSync(join(tmpdir(), 'any-columns-'))
      try {
        for (const database of new Set(made.map((table) => table.database))) {
          writeDatabase(join(folder, database), (db) => {
            for (const { table, columns, rows, withoutRowid } of made.filter(
              (one) => one.database === database,
            )) {
              let keys = 0
              const declared = columns.map(({ name, type }) => {
                const isKey = type.endsWith('PRIMARY KEY') && keys++ === 0
                return `${quoteSqlite(name)} ${isKey ? type : type.replace(' PRIMARY KEY', '')}`
              })
              db.exec(
                `create table ${table} (${declared.join(', ')})${withoutRowid && keys > 0 ? ' without rowid' : ''}`,
              )
              const insert = db.prepare(
                `insert or ignore into ${table} values (${columns.map(() => '?').join()})`,
              )
              for (const row of rows) {
                try {
                  insert.run(...row.slice(0, columns.length))
                } catch (error) {
                  // A text in an INTEGER PRIMARY KEY is the one thing that SQLite refuses here.
                  if (!String(error).includes('datatype mismatch') && !String(error).includes('NOT NULL'))
                    throw error
                }
              }
            }
          })
        }
        const plan = planOf(folder, { options: { ...chosen, allowMissing: true } })
        expect(plan.tables).toHaveLength(made.length)
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }),
    { numRuns: plannedTables },
  )
})
