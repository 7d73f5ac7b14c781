import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import { storedCellOf } from '../../../../src/engine/encode/cell/stored-cell.ts'
import type { ColumnCensus, TextForm } from '../../../../src/engine/model/census.ts'
import { openMemory, openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { takeCensus } from '../../../../src/engine/source/census/census.ts'
import { ColumnCount } from '../../../../src/engine/source/census/column-count.ts'
import { type CountedTables, countTables } from '../../../../src/engine/source/census/count-tables.ts'
import { openAlone } from '../../../../src/engine/source/census/inspector.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { isNight, propertyRuns } from '../../../support/breadth.ts'
import { slowTimes } from '../../../support/slow-times.ts'
import { documentTexts } from '../../encode/json/json-texts.ts'
import { anyLiteral, anyRowid, catalogTables, copyOf, TempFolder } from '../tables.ts'

const folder = new TempFolder()
afterAll(() => folder[Symbol.dispose]())

function censusOf(file: string, counted?: CountedTables) {
  using db = openReadOnly(file)
  return takeCensus(db, readCatalog(db, 'a.db'), { counted })
}

/** What the pages tell, in one range or in as many as three hands get. */
async function countedBy(hands: 1 | 3, file: string): Promise<CountedTables> {
  const db = openReadOnly(file)
  const inspector = { ...(await openAlone()), hands }
  try {
    return await countTables(inspector, file, db, readCatalog(db, 'a.db'), async () => null)
  } finally {
    await inspector.close()
    db.close()
  }
}

const SECONDS = '(:\\d\\d([.,]\\d+)?)?'
const ZONE = '(Z|z| UTC|[+-]\\d\\d(:?\\d\\d)?)'
const forms: Readonly<Record<TextForm, RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  instant: new RegExp(`^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d${SECONDS}$`),
  'zoned-instant': new RegExp(`^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d${SECONDS} *${ZONE}$`),
  time: new RegExp(`^\\d\\d:\\d\\d${SECONDS}$`),
  whole: /^-?\d+$/,
  decimal: /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/,
  uuid: /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$/i,
  json: /^[ \t\n\r]*[[{]/,
  boolean: /^(true|false|t|f|yes|no|y|n)$/i,
  empty: /^$/,
}

function hasForm(form: TextForm, text: string): boolean {
  if (!forms[form].test(text)) return false
  if (form !== 'json') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Counts cell by cell what the census says of a column. */
function naiveColumn(name: string, cells: readonly Cell[]): ColumnCensus {
  const stored = cells.map(storedCellOf)
  const integers = stored.flatMap((cell) =>
    cell !== null && 'integer' in cell ? [BigInt(cell.integer)] : [],
  )
  const reals = stored.flatMap((cell) => (cell !== null && 'real' in cell ? [Number(cell.real)] : []))
  const finite = reals.filter(Number.isFinite)
  const bytes = (storage: number) =>
    cells.filter((cell) => cell.storage === storage).map((cell) => cell.buffer.subarray(cell.start, cell.end))
  const texts = bytes(3).map((text) => text.toString())
  const blobs = bytes(4)
  const count = new Map<string, number>()
  for (const text of [...texts, ...integers.map(String)]) count.set(text, (count.get(text) ?? 0) + 1)
  const nulls = stored.filter((cell) => cell === null).length
  const one =
    integers.length === cells.length - nulls ||
    (texts.length === cells.length - nulls &&
      texts.every((text) => [...text].length <= 32 && !text.includes('\0')))
  const sorted = [...integers].sort((a, b) => (a < b ? -1 : 1))
  const lengths = (items: readonly Buffer[]) => items.map((item) => item.length)
  const plain = texts.filter((text) => !text.includes('\0'))
  return {
    name,
    nulls,
    integers: integers.length,
    reals: reals.length,
    texts: texts.length,
    blobs: blobs.length,
    integerRange: sorted.length === 0 ? null : { min: String(sorted[0]), max: String(sorted.at(-1)) },
    realRange: finite.length === 0 ? null : { min: Math.min(...finite) + 0, max: Math.max(...finite) + 0 },
    wholeReals: finite.filter(Number.isInteger).length,
    infinities: reals.length - finite.length,
    maxCharacters: Math.max(0, ...texts.map((text) => [...text].length)),
    maxTextBytes: Math.max(0, ...lengths(bytes(3))),
    maxBlobBytes: Math.max(0, ...lengths(blobs)),
    totalBytes: [...lengths(bytes(3)), ...lengths(blobs)].reduce((a, b) => a + b, 0),
    textForms: Object.fromEntries(
      Object.keys(forms).map((form) => [
        form,
        plain.filter((text) => hasForm(form as TextForm, text)).length,
      ]),
    ) as Record<TextForm, number>,
    ...slowTimes(plain),
    hasInvalidTexts: plain.length < texts.length,
    nulTexts: texts.length - plain.length,
    values:
      one && count.size <= 12
        ? [...count]
            .map(([value, times]) => ({ value, count: times }))
            .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        : null,
  }
}

const spelled = fc.constantFrom(
  '2024-01-31',
  '2024-01-31 10:00',
  '2024-01-31T10:00:00',
  '2024-01-31T10:00:00.123456',
  '2024-01-31T10:00:00.',
  '2024-01-31T10:00:0x',
  '2024-01-31T10:00Z',
  '2024-01-31 10:00:00+00:00',
  '2024-01-31 10:00:00.5 UTC',
  '2024-01-31T10:00:00-0530',
  '2024-01-31T10:00:00+02',
  '2024-01-31T10:00:00+2',
  '10:00',
  '10:00:59.5',
  '10:0',
  '1',
  '-1',
  '-',
  '',
  ' ',
  '007',
  '1.5',
  '-1.5e-10',
  '1.',
  '.5',
  '+5',
  ' 5',
  '5 ',
  '1e5',
  '1.e5',
  '-.5',
  '1e999',
  '1-2',
  '0x10',
  '12345678901234567890123456789012',
  '1234567890123456789012345678901e',
  '123456789012345678901234567890e5',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  'A0EEBC999C0B4EF8BB6D6BB9BD380A11',
  'a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11',
  '{}',
  ' [1]',
  '\t{"a": 1}',
  '{a}',
  '[',
  'true',
  'FALSE',
  't',
  'No',
  'yes ',
  'é',
  '😀',
  'BUY',
  'SELL',
  '2024-01-31\0',
  '{}\0',
  '5\0',
  'true\0x',
)
const spelledLiteral = spelled.map((text) => `cast(x'${Buffer.from(text).toString('hex')}' as text)`)

test('the census equals a count cell by cell: classes, ranges, lengths, forms, values', async () => {
  // Valid UTF-8 only: what a "character" of other bytes is, is SQLite's matter.
  const cell = fc.oneof(
    spelledLiteral,
    anyLiteral().filter((sql) => !/text\)$/.test(sql) || isValid(sql)),
  )
  const column = fc.oneof(
    fc.array(cell, { minLength: 30, maxLength: 30 }),
    fc.array(spelledLiteral, { minLength: 30, maxLength: 30 }),
    // Mostly one spelling, and after the sampled rows another.
    fc.tuple(spelledLiteral, cell).map(([usual, last]) => [...Array(29).fill(usual), last]),
    fc.array(fc.constantFrom('null', '0', '1'), { minLength: 30, maxLength: 30 }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(column, column, column, column),
      fc.array(anyRowid(), { maxLength: 30 }),
      fc.boolean(),
      async (columns, rowids, repeated) => {
        const unique = [...new Set(rowids)]
        const file = folder.make((db) => {
          db.exec('create table t (a, "b ""," text collate nocase, c real, d integer)')
          // 120 equal rows first fill the sample with one form.
          if (repeated) {
            const first = columns.map((values) => values[0])
            db.exec(
              `with recursive g(i) as (select 1 union all select i + 1 from g where i < 120) insert into t select ${first} from g`,
            )
          }
          for (const [index, rowid] of unique.entries()) {
            db.exec(
              `insert or replace into t (rowid, a, "b "",", c, d) values (${rowid}, ${columns.map((values) => values[index])})`,
            )
          }
        })
        const [census] = censusOf(file).tables
        expect(censusOf(file, await countedBy(1, file)).tables).toEqual([census])
        const db = openReadOnly(file)
        const plan = copyOf(catalogTables(file)[0]!)
        const reader = openSqliteReader(db, plan, null)
        const cells: Cell[][] = [[], [], [], []]
        const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
        while (
          reading.advance(1000, (row) => {
            row.cells.forEach((cell, index) => {
              const kept = Object.assign(Object.create(Object.getPrototypeOf(cell)), cell)
              kept.buffer = Buffer.from(cell.buffer.subarray(cell.start, cell.end))
              kept.start = 0
              kept.end = kept.buffer.length
              cells[index]!.push(kept)
            })
          })
        );
        const columnsOf = ['a', 'b ",', 'c', 'd'].map((name, index) => naiveColumn(name, cells[index]!))
        expect(census!.rows).toBe(cells[0]!.length)
        for (const [index, expected] of columnsOf.entries()) {
          // How values are spelled is compared with what becomes of them (settled-spellings.test.ts).
          const { spellings: _, ...got } = census!.columns[index]!
          expect({
            ...got,
            realRange: got.realRange && { min: got.realRange.min + 0, max: got.realRange.max + 0 },
          }).toEqual(expected)
        }
        db.close()
      },
    ),
    { numRuns: propertyRuns(150) },
  )
})

function isValid(sql: string): boolean {
  const bytes = Buffer.from(/x'(.*)'/.exec(sql)![1]!, 'hex')
  return Buffer.from(bytes.toString()).equals(bytes)
}

test('nulls in a NOT NULL column are counted, although SQLite takes them for impossible', () => {
  const file = folder.make((db) => {
    db.exec(
      'create table t (id integer primary key, a integer); insert into t values (1, null), (2, 5), (3, null)',
    )
    db.unsafeMode()
    db.pragma('writable_schema = on')
    db.exec("update sqlite_schema set sql = 'create table t (id integer primary key, a integer not null)'")
  })
  const [table] = censusOf(file).tables
  expect(table!.columns[1]).toMatchObject({ nulls: 2, integers: 1, values: [{ value: '5', count: 1 }] })
  expect(table!.rowids).toEqual({ min: '1', max: '3' })
})

test('columns whose names SQLite changes in a subquery: true, false', () => {
  const file = folder.make((db) => {
    db.exec('create table t ("true", "false", a)')
    const insert = db.prepare("insert into t values (?, '2024-01-' || ?, ?)")
    for (let day = 10; day < 30; day++) insert.run(String(day), String(day), `x${day}`)
  })
  const [table] = censusOf(file).tables
  expect(table!.columns.map(({ name, textForms }) => [name, textForms.whole, textForms.date])).toEqual([
    ['true', 20, 0],
    ['false', 0, 20],
    ['a', 0, 0],
  ])
})

test('2,000 columns; empty tables; tables without rowid; virtual tables; no shadow tables', () => {
  const names = Array.from({ length: 2000 }, (_, index) => `c${index}`)
  const file = folder.make((db) => {
    db.exec(`create table wide (${names.join(', ')}); insert into wide (c0, c1999) values (1, 'x')`)
    db.exec('create table none (a)')
    db.exec("create table w (a primary key) without rowid; insert into w values ('x'), (2)")
    db.exec("create virtual table f using fts5(body); insert into f values ('one')")
  })
  const { tables } = censusOf(file)
  expect(tables.map(({ table, rows, rowids }) => [table, rows, rowids?.max ?? null])).toEqual([
    ['wide', 1, '1'],
    ['none', 0, null],
    ['w', 2, null],
    ['f', 1, '1'],
  ])
  expect(tables[0]!.columns[1999]).toMatchObject({
    texts: 1,
    maxCharacters: 1,
    values: [{ value: 'x', count: 1 }],
  })
  expect(tables[1]!.columns[0]).toMatchObject({ nulls: 0, texts: 0, values: [] })
})

test('beside values of megabytes the census through SQLite is that of the pages', async () => {
  const file = folder.make((db) => {
    for (const [name, end] of [
      ['paged', ''],
      ['keyed', 'without rowid'],
    ])
      db.exec(`create table ${name} (k text primary key, texts text, bytes blob, mixed, small text) ${end}`)
    const insert = db.prepare('insert into paged values (?, ?, ?, ?, ?)')
    const long = 'zwölf '.repeat(1_500_000)
    insert.run('a', long, Buffer.alloc(9 << 20, 1), 5, 'x')
    insert.run('b', 'zz', Buffer.from([2]), long, 'y')
    insert.run('c', null, null, Buffer.alloc(2000, 255), 'x')
    insert.run('d', 'a', Buffer.alloc(0), 1.5, null)
    db.exec('insert into keyed select * from paged')
  })
  const counted = await countedBy(1, file)
  expect([...counted.keys()]).toEqual(['paged'])
  const [paged, keyed] = censusOf(file, counted).tables
  expect(keyed!.columns).toEqual(paged!.columns)
  expect(keyed!.rows).toBe(4)
})

test('UTF-16: characters are counted as characters, and bytes as those of UTF-8', () => {
  const file = folder.make((db) => {
    db.pragma("encoding = 'UTF-16le'")
    db.exec(
      "create table t (a, b); insert into t values ('2024-01-31', 'é'), ('2024-02-01', 'a' || char(0) || '😀')",
    )
  })
  const [a, b] = censusOf(file).tables[0]!.columns
  expect(a).toMatchObject({ maxCharacters: 10, textForms: { date: 2 } })
  expect(b).toMatchObject({ maxCharacters: 3, nulTexts: 1, maxTextBytes: 6, totalBytes: 8 })
})

test('whichever page is damaged, the pages leave its table out, and the census names it', async () => {
  const file = folder.make((db) => {
    db.exec('create table bad (id integer primary key, a text, j text)')
    const insert = db.prepare('insert into bad values (?, ?, ?)')
    for (let row = 0; row < 400; row++) insert.run(row * 10_000, 'x'.repeat(100), `{"row": ${row}}`)
  })
  const bytes = readFileSync(file)
  let named = 0
  for (let page = 1; page < bytes.length / 4096; page++) {
    const copy = Buffer.from(bytes)
    copy.fill(0xff, page * 4096, (page + 1) * 4096)
    const damaged = folder.file()
    writeFileSync(damaged, copy)
    for (const hands of [1, 3] as const) {
      const counted = await countedBy(hands, damaged)
      expect(() => censusOf(damaged, counted)).toThrow(/Table bad of a\.db cannot be read/)
      named++
    }
  }
  expect(named).toBeGreaterThan(10)
})

test('a damaged table is named; abort ends the census', () => {
  const file = folder.make((db) => {
    db.exec('create table good (a); insert into good values (1); create table bad (a)')
    for (let row = 0; row < 2000; row++) db.prepare('insert into bad values (?)').run('x'.repeat(100))
  })
  const bytes = readFileSync(file)
  bytes.fill(0xff, bytes.length - 3 * 4096, bytes.length - 2 * 4096)
  const damaged = folder.file()
  writeFileSync(damaged, bytes)
  expect(() => censusOf(damaged)).toThrow(/Table bad of a\.db cannot be read/)
})

test('the census by pages equals the one through SQLite, few values and many, usual forms and mixed ones', async () => {
  // Texts of one form, and some of several.
  const digit = fc.integer({ min: 0, max: 9 })
  const usual: readonly fc.Arbitrary<string>[] = [
    fc.uuid(),
    fc.uuid().map((text) => text.toUpperCase()),
    fc
      .tuple(
        digit,
        fc.constantFrom(
          '',
          'Z',
          '+00:00',
          '-0530',
          '+02',
          '.5',
          ',123456',
          '.25+01:00',
          ' UTC',
          'x',
          '.',
          ':30.5Z',
        ),
      )
      .map(([n, rest]) => `2024-0${n}-31T0${n}:3${n}${rest}`),
    fc
      .tuple(digit, fc.constantFrom('', '.5', '.123456+00:00', 'Z', '.Z', ' +00', '.1234567890'))
      .map(([n, rest]) => `2024-1${n}-01 23:59:0${n}${rest}`),
    fc.tuple(digit, digit).map(([a, b]) => `0${a}:1${b}`),
    fc.tuple(digit, digit).map(([a, b]) => `0${a}:1${b}:00.${a}`),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer({ min: 0, max: 99_999 }).map((n) => `-0${n}.50`),
    fc.constantFrom('yes', 'No', 'TRUE', 'f', 'maybe', 'naïve', 'ünï'),
    fc.json(),
    fc.constantFrom('{"a": 1}', '[1, 2', '[]', '{a: 1}', ' {}'),
    fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0')),
    fc.constant(''),
  ]
  const literal = (text: string): string => `cast(x'${Buffer.from(text).toString('hex')}' as text)`
  const numbers = [
    fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(String),
    fc.integer({ min: 0, max: 15 }).map(String),
    fc.constantFrom('null', '1.5', '-0.0', '9e999', '-9e999', '1e300', '3.0', "x'00ff'"),
  ]
  const kinds = [...usual.map((texts) => texts.map(literal)), ...numbers]
  const column = fc.oneof(
    fc.constantFrom(...kinds).chain((one) => fc.array(one, { minLength: 25, maxLength: 25 })),
    fc
      .tuple(fc.constantFrom(...kinds), fc.constantFrom(...kinds))
      .chain(([one, other]) =>
        fc.array(fc.oneof({ arbitrary: one, weight: 20 }, other), { minLength: 25, maxLength: 25 }),
      ),
  )
  let byPages = 0
  await fc.assert(
    fc.asyncProperty(fc.tuple(column, column, column, column), async (columns) => {
      const file = folder.make((db) => {
        db.exec('create table t (a, b text, c real, d numeric, id integer primary key)')
        for (let row = 0; row < 25; row++) {
          db.exec(`insert into t values (${columns.map((values) => values[row])}, ${row * 10_000})`)
        }
      })
      const expected = censusOf(file)
      for (const hands of [1, 3] as const) {
        const counted = await countedBy(hands, file)
        expect(censusOf(file, counted)).toEqual(expected)
        byPages += counted.get('t')!.columns.size
      }
    }),
    { numRuns: propertyRuns(300) },
  )
  // Every column is counted by pages: else this test would compare SQLite's reading with itself.
  expect(byPages).toBe(propertyRuns(300) * 8)
})

test('a document is JSON for SQLite', () => {
  const db = openMemory()
  const isJson = db.prepare('select json_valid(?)').pluck()
  let documents = 0
  fc.assert(
    fc.property(documentTexts, (text) => {
      const column = new ColumnCount('a')
      const bytes = Buffer.from(text)
      column.seeText(bytes, 0, bytes.length, 1)
      if (column.part().spellings.jsonDocuments === 0) return
      documents++
      expect(isJson.get(text)).toBe(1)
    }),
    { numRuns: propertyRuns(4000) },
  )
  expect(documents).toBeGreaterThan(propertyRuns(4000) / 3)
  db.close()
})

test('times are counted by the calendar, the clock and their zones', async () => {
  const digits = (count: number) =>
    fc.integer({ min: 0, max: 10 ** count - 1 }).map((n) => String(n).padStart(count, '0'))
  const near = (usual: string, other: fc.Arbitrary<string>) =>
    fc.oneof({ arbitrary: fc.constant(usual), weight: 6 }, other)
  const text = fc
    .tuple(
      fc.oneof(fc.constantFrom('2024', '0000', '0001', '9999'), digits(4)),
      near('02', digits(2)),
      near('28', fc.oneof(fc.constantFrom('29', '30', '31'), digits(2))),
      fc.constantFrom('', 'T', ' '),
      near('23', digits(2)),
      near('59', digits(2)),
      near(
        ':59',
        fc.oneof(
          fc.constant(''),
          digits(2).map((two) => `:${two}`),
        ),
      ),
      fc.constantFrom(
        '',
        'Z',
        '+00:00',
        '+1459',
        '-15:00',
        '+14',
        '.5',
        '.999999+00:00',
        '+99:00',
        '+00:60',
        '.1234567',
        ',12345670Z',
      ),
    )
    .map(([year, month, day, separator, hour, minute, second, rest]) =>
      separator === ''
        ? [`${year}-${month}-${day}`, `${hour}:${minute}${second}`]
        : [`${year}-${month}-${day}${separator}${hour}:${minute}${second}${rest}`],
    )
    .chain((texts) => fc.constantFrom(...texts))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 10 }), async (texts) => {
      const file = folder.make((db) => {
        db.exec('create table t (a text)')
        for (const one of texts) db.prepare('insert into t values (?)').run(one)
      })
      expect((await countedBy(1, file)).get('t')!.columns.get('a')).toMatchObject(slowTimes(texts))
    }),
    {
      numRuns: propertyRuns(300),
      examples: [
        [['2024-02-29T23:59:59Z']],
        [['2024-02-28 23:59:59.1234567']],
        [['2023-02-29']],
        [['24:00']],
        [['0001-01-01T00:00Z', '0001-01-01', '0001-01-01T00:00+01:00', '9999-12-31T23:59:59Z']],
      ],
    },
  )
})

test.runIf(isNight)('long texts are counted in pieces as through SQLite', async () => {
  const file = folder.file('long.db')
  const db = openWritable(file)
  const long = (unit: string | Buffer): Buffer => Buffer.alloc((8 << 20) + 5, unit)
  const texts = [
    long('2026-11-29 10:00:00 a log, zwölf 🦆\n'),
    long('plain'),
    long(Buffer.from('caf\xe9 \x80\x80', 'latin1')),
    Buffer.concat([long('ends '), Buffer.from('\0é')]),
    Buffer.concat([Buffer.from(' ["'), long('a'), Buffer.from('"]')]),
    Buffer.concat([Buffer.from('{"'), long('a')]),
  ]
  db.exec('create table t (a text, b)')
  for (const text of texts) db.prepare('insert into t values (cast(? as text), ?)').run(text, text)
  db.exec("insert into t values ('short', 1)")
  db.close()
  const counted = await countedBy(1, file)
  expect([...counted.get('t')!.columns.keys()]).toEqual(['a', 'b'])
  expect(counted.get('t')!.columns.get('a')!.hasInvalidTexts).toBe(true)
  expect(censusOf(file, counted).tables).toEqual(censusOf(file).tables)
})
