/** Any database, through the automatic mapping and back: cells, rowids, schema, settings. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PlanOptions } from '../../../src/engine/model/plan.ts'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { quoteSqlite } from '../../../src/engine/syntax/sqlite-names.ts'
import { endOnFailure, exportedDatabases, seed } from '../../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { runForTest } from '../../support/run.ts'
import { exportFrom } from './exported.ts'
import { contentOf } from './same-databases.ts'

type Value = null | bigint | number | string | Buffer | { readonly brokenText: Buffer }

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    '1',
    '01',
    '1.50',
    '1e5',
    'true',
    'NaN',
    '{"a":1}',
    '{"b": [1, 2.50]}',
    'null',
    '"x"',
    'a\0b',
  ),
  fc.constantFrom(
    '2025-01-31',
    '2025-01-31T10:00:00Z',
    '2025-01-31 10:00:00.123456789',
    '550E8400-e29b-41d4-a716-446655440000',
  ),
)
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: -3, max: 3 }).map(BigInt),
  fc.double({ noNaN: true }),
  fc.constantFrom(0.1, -0, 5, 1e300, 5e-324, Number.POSITIVE_INFINITY, 1740830400.25),
  text,
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom({ brokenText: Buffer.from([0x61, 0xff]) }, { brokenText: Buffer.from([0xed, 0xa0, 0x80]) }),
)
const likely = fc.constantFrom<readonly Value[]>(
  [0n, 1n],
  ['yes', 'No'],
  [1.5, 2.25],
  ['2025-03-01 10:00:00', '2025-03-01T10:00'],
  [1740830400n],
  ['1.10', '2'],
  [null],
)
const column = fc.record({
  declared: fc.constantFrom(
    '',
    'integer',
    'text',
    'real',
    'blob',
    'numeric(10,2)',
    'boolean',
    'datetime',
    'date',
    'json',
    'varchar(5)',
    'bigint',
    'timestamp',
    'uuid',
    'decimal',
  ),
  usual: fc.option(likely, { nil: null }),
})
const table = fc.record({
  columns: fc.array(column, { minLength: 1, maxLength: 5 }),
  key: fc.constantFrom(
    'none',
    'none',
    'integer',
    'autoincrement',
    'text',
    'without-rowid',
    'hidden',
    'unique',
  ),
  rows: fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { maxLength: 12 }),
  gap: fc.constantFrom(0n, 0n, -5n, 1000n, 2n ** 40n),
})
const database = fc.record({
  tables: fc.array(table, { minLength: 4, maxLength: 7 }),
  encoding: fc.constantFrom('UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'),
  pageSize: fc.constantFrom(512, 4096, 16384),
  vacuum: fc.constantFrom(0, 1, 2),
})
type Description = typeof database extends fc.Arbitrary<infer T> ? T : never

function createDatabase(file: string, { tables, encoding, pageSize, vacuum }: Description): void {
  using db = openWritable(file)
  db.pragma(`encoding = '${encoding}'`)
  db.pragma(`page_size = ${pageSize}`)
  db.pragma(`auto_vacuum = ${vacuum}`)
  db.pragma('user_version = 7')
  db.pragma('application_id = 77')
  for (const [number, { columns, key, rows, gap }] of tables.entries()) {
    const name = ['plain', 'Mixed Case', 'sélect', 'with"quote', 'a.b', 'order', 'x'.repeat(70)][number]!
    const names = columns.map((_, index) =>
      key === 'hidden' && index < 3
        ? ['rowid', 'oid', '_rowid_'][index]!
        : ['id', 'b b', 'ü', 'Value', 'constructor'][index]!,
    )
    if (key === 'hidden') while (names.length < 3) names.push(['rowid', 'oid', '_rowid_'][names.length]!)
    const declared = names.map((one, index) => {
      if (index === 0 && key === 'integer') return `${quoteSqlite(one)} integer primary key`
      if (index === 0 && key === 'autoincrement')
        return `${quoteSqlite(one)} INTEGER PRIMARY KEY AUTOINCREMENT`
      const constraint =
        index === 0
          ? { text: ' primary key', 'without-rowid': ' primary key', unique: ' unique' }[key as string]
          : undefined
      // `integer primary key` would be the rowid, which takes integers only.
      const type = (columns[index]?.declared ?? '').replace(/^integer$/, key === 'text' ? 'int' : 'integer')
      return `${quoteSqlite(one)} ${type}${constraint ?? ''}`
    })
    db.exec(
      `create table ${quoteSqlite(name)} (${declared.join(', ')}) ${key === 'without-rowid' ? 'without rowid' : ''}`,
    )
    if (number % 2 === 0)
      db.exec(
        `create index ${quoteSqlite(`by ${name}`)} on ${quoteSqlite(name)} (${quoteSqlite(names.at(-1)!)} desc)`,
      )
    const isNumbered = key === 'integer' || key === 'autoincrement'
    for (const [at, row] of rows.entries()) {
      const cells = names.map((_, index): Value => {
        if (index === 0 && isNumbered) return gap + BigInt(at * 3)
        const usual = columns[index]?.usual
        return usual == null ? (row[index] ?? null) : usual[at % usual.length]!
      })
      const places = cells.map((cell) => (isBroken(cell) ? 'cast(? as text)' : '?'))
      const bound = cells.map((cell) => (isBroken(cell) ? cell.brokenText : cell))
      const hasRowid = key !== 'hidden' && key !== 'without-rowid' && !isNumbered
      db.prepare(
        `insert or ignore into ${quoteSqlite(name)} (${[...(hasRowid ? ['rowid'] : []), ...names.map(quoteSqlite)].join(', ')})
         values (${[...(hasRowid ? ['?'] : []), ...places].join(', ')})`,
      ).run(...(hasRowid ? [gap + BigInt(at * 7)] : []), ...bound)
    }
    if (key === 'autoincrement') db.exec(`delete from ${quoteSqlite(name)} where rowid % 2 = 0`)
  }
  db.exec(`create view "all of it" as select * from plain;
    create trigger noted after insert on plain begin delete from plain; end;
    create table last (a integer, twice integer generated always as (a * 2) stored, check (a > 0));
    insert into last (a) values (1), (2), (2)`)
}

const isBroken = (value: Value): value is { readonly brokenText: Buffer } =>
  value !== null && typeof value === 'object' && 'brokenText' in value

forEachServerNightly((server) => {
  const timeout = 300_000 + exportedDatabases * 5_000

  /** Moves the databases, writes them back, and compares. */
  async function expectBack(
    databases: Readonly<Record<string, Description>>,
    options: Partial<PlanOptions> = {},
  ): Promise<void> {
    const folder = temporaryFolder()
    const sources = join(folder, 'sources')
    mkdirSync(sources)
    for (const [name, description] of Object.entries(databases))
      createDatabase(join(sources, name), description)
    const target = await freshDatabase(server.url)
    try {
      const { report } = await runForTest({
        sources: [sources],
        url: target.url,
        workFolder: join(folder, 'work'),
        options: { exact: true, ...options },
        request: { mapping: 'auto' },
      })
      expect(['ok', 'quarantined']).toContain(report?.status)
      const exported = await exportFrom(target, join(folder, 'back'))
      expect(exported).toMatchObject({ unwritten: [], empty: [] })
      expect(exported.tables.filter(({ rowidsKept, stray }) => !rowidsKept || stray > 0)).toEqual([])
      expect(exported.databases).toHaveLength(Object.keys(databases).length)
      for (const { database: name, file } of exported.databases)
        expect(contentOf(file), name).toEqual(contentOf(join(sources, name)))
    } finally {
      await target.drop()
    }
  }

  it(`any database comes back as it was (seed ${seed})`, { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(database, (description) => expectBack({ 'any.db': description })),
      { numRuns: exportedDatabases, endOnFailure },
    )
  })

  it(`so do two of one shape, or nearly, that are merged into one (seed ${seed})`, { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(database, fc.nat(12), fc.boolean(), (description, kept, isOlder) => {
        const other = {
          ...description,
          tables: description.tables.map((one) => ({
            ...one,
            // An older one has a column less, whose index is then on another.
            columns: isOlder && one.columns.length > 1 ? one.columns.slice(0, -1) : one.columns,
            rows: one.rows.toReversed().slice(0, kept),
          })),
        }
        return expectBack({ 'a.db': description, 'b.db': other }, { into: 'one' })
      }),
      { numRuns: exportedDatabases, endOnFailure },
    )
  })
})
