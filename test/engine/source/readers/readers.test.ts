import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { quoteSqlite } from '../../../../src/engine/syntax/sqlite-names.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { anyLiteral, anyRowid, catalogTables, copyOf, slowWords, TempFolder } from '../tables.ts'
import { readAll } from './read-all.ts'

const folder = new TempFolder()
afterAll(() => folder[Symbol.dispose]())

const encodings = ['UTF-8', 'UTF-16le', 'UTF-16be'] as const

test('any value at any rowid is read as it is stored, whole or in blocks, in each affinity', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyRowid(), fc.array(anyLiteral(), { minLength: 6, maxLength: 6 })), {
        maxLength: 30,
      }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(1, 2, 5),
      (rows, size, longFrom) => {
        const file = folder.make((db) => {
          db.exec(
            'create table "t ""x" (a, "b c" text collate nocase, c integer, d real, e numeric, f blob not null default 1)',
          )
          for (const [rowid, values] of rows) {
            values[5] = values[5] === 'null' ? '0' : values[5]!
            db.exec(
              `insert or replace into "t ""x" (rowid, a, "b c", c, d, e, f) values (${rowid}, ${values.join(', ')})`,
            )
          }
        })
        const db = openReadOnly(file)
        const [table] = catalogTables(file)
        const read = readAll(db, table!, size)
        const columns = table!.columns.map(({ name }) => quoteSqlite(name))
        expect(read.rows).toEqual(slowWords(db, table!.name, 'order by rowid', columns))
        expect(read.rowids).toEqual(slowWords(db, table!.name, 'order by rowid', ['rowid']).flat())
        const long = { columns: [0, 1, 2, 3, 4, 5], bytes: longFrom }
        expect(readAll(db, table!, size, {}, long).rows).toEqual(read.rows)
        db.close()
      },
    ),
    { numRuns: propertyRuns(100) },
  )
})

test('without rowid: composite keys, descending, with collations, with hostile values', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        'a, b, c',
        'a desc, b, c desc',
        'a collate nocase, b desc, c',
        'c desc',
        'b collate rtrim desc, a',
        'a collate binary, b',
      ),
      fc.array(
        fc.tuple(
          fc.oneof(fc.constantFrom("'a'", "'A'", "'b'"), anyLiteral()),
          fc.oneof(fc.constantFrom('1', "'1'", "'x '"), anyLiteral()),
          anyLiteral(),
        ),
        {
          maxLength: 60,
        },
      ),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(...encodings),
      (key, rows, size, encoding) => {
        const file = folder.make((db) => {
          db.pragma(`encoding = '${encoding}'`)
          db.exec(`create table t (a text collate nocase, b, c numeric, primary key (${key})) without rowid`)
          for (const values of rows) {
            if (!values.includes('null')) db.exec(`insert or ignore into t values (${values.join(', ')})`)
          }
        })
        const db = openReadOnly(file)
        const [table] = catalogTables(file)
        const read = readAll(db, table!, size)
        const slow = slowWords(db, 't', `order by ${key}`, ['a', 'b', 'c'])
        if (encoding === 'UTF-8') expect(read.rows).toEqual(slow)
        else expect(read.rows.length).toBe(slow.length)
        expect(new Set(read.rows.map(String)).size).toBe(read.rows.length)
        const others = [0, 1, 2].filter((index) => !key.includes('abc'[index]!))
        expect(readAll(db, table!, size, {}, { columns: others, bytes: 1 }).rows).toEqual(read.rows)
        db.close()
      },
    ),
    { numRuns: propertyRuns(200) },
  )
})

test('columns that hide every name of the rowid: one block, all rows, repeated rows too', () => {
  const file = folder.make((db) => {
    db.exec('create table t (rowid, oid, _rowid_)')
    db.exec(
      "insert into t values (1, 2, 3), (1, 2, 3), (null, cast(x'ff' as text), x''), (0.5, 'x', 9007199254740993)",
    )
    db.exec('create index i on t(rowid desc, oid, _rowid_)')
  })
  const db = openReadOnly(file)
  const { rows, blocks } = readAll(db, catalogTables(file)[0]!, 2)
  expect(blocks.length).toBe(1)
  expect(rows).toEqual([
    ['integer:1', 'integer:2', 'integer:3'],
    ['integer:1', 'integer:2', 'integer:3'],
    ['null:', 'text:ff', 'blob:'],
    ['real:0.5', 'text:78', 'integer:9007199254740993'],
  ])
  db.close()
})

test('filter and expressions: excluded rows are shown as such, comments and null conditions included', () => {
  const file = folder.make((db) => {
    db.exec(
      "create table t (id integer primary key, a); insert into t values (1, 'x'), (2, null), (3, 'y'), (4, x'00')",
    )
  })
  const db = openReadOnly(file)
  const { rows, wanted } = readAll(db, catalogTables(file)[0]!, 3, {
    filter: "a <> 'x' -- not x",
    expressions: ["a || '-' || id -- both", "cast(x'ff' as text)"],
  })
  expect(wanted).toEqual([false, false, true, true])
  expect(rows[2]).toEqual(['integer:3', 'text:79', 'text:792d33', 'text:ff'])
  db.close()
})

test('2,000 columns', () => {
  const names = Array.from({ length: 2000 }, (_, index) => `c${index}`)
  const file = folder.make((db) => {
    db.exec(`create table t (${names.join(', ')})`)
    db.exec(`insert into t values (${names.map((_, index) => index).join(', ')})`)
    db.exec(`insert into t (c1999, c0) values (cast(x'ff' as text), 'a')`)
  })
  const db = openReadOnly(file)
  const { rows } = readAll(db, catalogTables(file)[0]!, 10)
  expect(rows[0]).toEqual(names.map((_, index) => `integer:${index}`))
  expect([rows[1]![0], rows[1]![1], rows[1]![1999]]).toEqual(['text:61', 'null:', 'text:ff'])
  db.close()
})

test('generated columns, added columns with defaults, virtual tables', () => {
  const file = folder.make((db) => {
    db.exec(
      'create table t (a integer, g as (a * 2), h real as (a + 1) stored); insert into t (a) values (1), (2)',
    )
    db.exec("alter table t add column late text default 'old'")
    db.exec("create virtual table f using fts5(body); insert into f values ('one'), ('two')")
  })
  const db = openReadOnly(file)
  const tables = catalogTables(file)
  const t = tables.find(({ name }) => name === 't')!
  expect(readAll(db, t, 1).rows).toEqual([
    ['integer:1', 'integer:2', 'real:2', 'text:6f6c64'],
    ['integer:2', 'integer:4', 'real:3', 'text:6f6c64'],
  ])
  const f = tables.find(({ name }) => name === 'f')!
  expect(readAll(db, f, 1).rows.map((row) => row[0])).toEqual(['text:6f6e65', 'text:74776f'])
  db.close()
})

test('large rows are read a few at a time, whatever the caller asks for', () => {
  const file = folder.make((db) => {
    db.exec('create table t (a)')
    for (let row = 0; row < 8; row++) db.prepare('insert into t values (zeroblob(?))').run(row * 1_500_000)
  })
  const db = openReadOnly(file)
  const plan = copyOf(catalogTables(file)[0]!)
  const reader = openSqliteReader(db, plan, null)
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
  const batches: number[] = []
  for (let more = true; more; ) {
    let rows = 0
    more = reading.advance(1000, (row) => {
      expect(row.cells[0]!.end - row.cells[0]!.start).toBe((row.ordinal - 1) * 1_500_000)
      rows++
    })
    batches.push(rows)
  }
  expect(batches.reduce((a, b) => a + b)).toBe(8)
  expect(Math.max(...batches)).toBeLessThanOrEqual(3)
  reader.close()
  db.close()
})

test('dense rowids are cut by arithmetic, others by steps: into the same blocks', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -20n, max: 20n }),
      fc.integer({ min: 0, max: 40 }),
      fc.option(fc.nat(39), { nil: null }),
      fc.integer({ min: 1, max: 12 }),
      (first, count, missing, size) => {
        const file = folder.make((db) => {
          db.exec('create table t (id integer primary key, a)')
          const insert = db.prepare('insert into t values (?, 1)')
          for (let i = 0; i < count; i++) if (i !== missing) insert.run(first + BigInt(i))
        })
        const db = openReadOnly(file)
        readAll(db, catalogTables(file)[0]!, size)
        db.close()
      },
    ),
    { numRuns: propertyRuns(150) },
  )
})
