import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Cell, type SourceRow } from '../../../../src/engine/encode/cell/cell.ts'
import type { CatalogColumn } from '../../../../src/engine/model/catalog.ts'
import { addedColumnValue } from '../../../../src/engine/source/pages/added-column.ts'
import { PageError } from '../../../../src/engine/source/pages/page-error.ts'
import {
  openPageReader,
  pageReaderRefusal,
  recordReaderRefusal,
} from '../../../../src/engine/source/pages/page-reader.ts'
import { RecordDecoder } from '../../../../src/engine/source/pages/record.ts'
import { Varint } from '../../../../src/engine/source/pages/varint.ts'
import { isRewritable } from '../../../../src/engine/source/readers/rewritten-rows.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { temporaryFile } from '../../../support/folders.ts'
import {
  affinityOf,
  cellText,
  copyPlanOf,
  createDatabase,
  lineOf,
  overwrite,
  partition,
  readByPages,
  readRange,
  readRewritten,
  readSlowly,
} from './support.ts'

const whole = { after: null, through: null }

test('varints: any nine bytes mean the same as by bigint arithmetic', () => {
  const varint = new Varint()
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 9, maxLength: 9 }), fc.nat({ max: 9 }), (bytes, continued) => {
      for (let index = 0; index < continued; index++) bytes[index]! |= 0x80
      let value = 0n
      let end = 0
      while (end < 8) {
        value = (value << 7n) | BigInt(bytes[end]! & 0x7f)
        if (bytes[end++]! < 0x80) break
      }
      if (end === 8 && bytes[7]! >= 0x80) value = (value << 8n) | BigInt(bytes[end++]!)
      varint.read(bytes, 0)
      expect(varint.end).toBe(end)
      expect(varint.rowid()).toBe(BigInt.asIntN(64, value))
    }),
    { numRuns: propertyRuns(2000) },
  )
})

test('integer-primary-key: the alias is the rowid, anywhere in the row; the DESC quirk is no alias', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a, id integer primary key, b); create table quirk(id integer primary key desc, a)')
  db.exec("insert into t values (1, -9223372036854775808, 'x'), (2, 9223372036854775807, 'y'), (3, 5, 'z')")
  db.exec('insert into quirk(rowid, id, a) values (7, 70, 1), (8, null, 2)')
  const expected = readSlowly(db, 't', ['a', 'id', 'b'])
  const expectedQuirk = readSlowly(db, 'quirk', ['id', 'a'])
  const copy = copyPlanOf(db, 't', 'id')
  const quirk = copyPlanOf(db, 'quirk')
  db.close()
  expect(readByPages(file, copy)).toEqual(expected)
  expect(readByPages(file, quirk)).toEqual(expectedQuirk)
})

test('hidden-rowid: a table without a name for its rowid shows none', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec("create table t(rowid, oid, _rowid_); insert into t values ('a', 2, 3.5)")
  const copy = { ...copyPlanOf(db, 't'), key: { kind: 'none' } as const }
  db.close()
  const shown: string[] = []
  readRange(file, copy, whole, (row) => shown.push([row.rowid, ...row.cells].map(cellText).join(', ')))
  expect(shown).toEqual(['null null, text 61, integer 2, real 400c000000000000'])
})

test('generated-columns: stored ones are read, virtual ones take no place', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec(
    `create table t(a integer, v text as (a || 'v'), s real as (a * 2) stored, b, w as (b) virtual, u text as (a || b) stored)`,
  )
  db.exec("insert into t(a, b) values (1, 'x'), (null, x'00'), (1 << 60, 2.5)")
  db.exec('alter table t add column late integer default 9')
  const columns = ['a', 'v', 's', 'b', 'w', 'u', 'late']
  const expected = readSlowly(db, 't', ['a', 's', 'b', 'u', 'late'])
  const computed = readSlowly(db, 't', columns)
  const copy = copyPlanOf(db, 't')
  db.close()
  expect(readByPages(file, copy)).toEqual(expected)
  const everything = { ...copy, read: { ...copy.read, columns } }
  expect([isRewritable(everything, 100), readRewritten(file, everything)]).toEqual([true, computed])
  expect(pageReaderRefusal({ ...copy, read: { ...copy.read, columns: ['a', 'v'] } })).toBe(
    'its generated column v is not stored',
  )
})

test('sqlite_schema: a tree that begins on page 1, small and grown over many pages', () => {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize: 512 })
  const columns = ['type', 'name', 'tbl_name', 'rootpage', 'sql']
  for (const tables of [0, 1, 200]) {
    for (let k = 0; k < tables; k++) db.exec(`create table t${tables}_${k}(a, b default 'something long')`)
    expect(readByPages(file, copyPlanOf(db, 'sqlite_schema'))).toEqual(
      readSlowly(db, 'sqlite_schema', columns),
    )
  }
  db.close()
})

test('empty-table: no rows, in any range', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a); insert into t values (1); delete from t')
  const copy = copyPlanOf(db, 't')
  db.close()
  expect(partition([0n, 5n]).flatMap((range) => readByPages(file, copy, range))).toEqual([])
})

test('ranges: inverted, empty, of one row; the ordinals continue from the rows before', () => {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize: 512 })
  db.exec('create table t(a)')
  db.exec(
    'with recursive n(i) as (select 1 union all select i + 1 from n where i < 999) insert into t select i from n',
  )
  const copy = copyPlanOf(db, 't')
  db.close()
  const bound = (value: number) => [{ integer: String(value) }]
  expect(readByPages(file, copy, { after: bound(500), through: bound(400) })).toEqual([])
  expect(readByPages(file, copy, { after: bound(500), through: bound(500) })).toEqual([])
  expect(readByPages(file, copy, { after: bound(499), through: bound(500) })).toEqual(['500 | integer 500'])
  const reader = openPageReader(file, copy)
  const earlier = reader.open({ range: { after: bound(10), through: bound(20) }, rowsBefore: 10 })
  const later = reader.open({ range: { after: bound(700), through: null }, rowsBefore: 700 })
  expect(() => earlier.advance(1, () => {})).toThrow('gone on')
  const seen: string[] = []
  while (later.advance(100, (row) => seen.push(`${row.ordinal} ${row.rowid.number}`)));
  expect(seen[0]).toBe('701 701')
  expect(seen).toHaveLength(299)
  expect(later.advance(100, () => seen.push('more'))).toBe(false)
  expect(seen.at(-1)).toBe('999 999')
  reader.close()
})

test('forgotten rows: those after a large one whose memory was given back are whole', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a, b)')
  const insert = db.prepare('insert into t values (?, ?)')
  const sizes = [5_000_000, 10, 9_000, 5_000_001, 6_000_000, 0]
  for (const [row, size] of sizes.entries()) insert.run(Buffer.alloc(size, `row ${row}`), row)
  const copy = copyPlanOf(db, 't')
  db.close()
  const reader = openPageReader(file, copy)
  const seen: unknown[] = []
  const reading = reader.open({ range: whole, rowsBefore: 0 })
  while (
    reading.advance(10, (row) => {
      const [{ buffer, start, end }, { number }] = row.cells as [Cell, Cell]
      seen.push([
        number,
        buffer.subarray(start, end).equals(Buffer.alloc(end - start, `row ${number}`)),
        end - start,
      ])
      row.forget()
      if (sizes[number]! > 4 << 20) expect(buffer).toHaveLength(0)
    })
  );
  reader.close()
  expect(seen).toEqual(sizes.map((size, row) => [row, true, size]))
})

test('batches: of about as many rows as asked for, and of less than 16 MB', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a)')
  db.exec(
    'with recursive n(i) as (select 1 union all select i + 1 from n where i < 30) insert into t select zeroblob(1000000) from n',
  )
  const copy = copyPlanOf(db, 't')
  db.close()
  const reader = openPageReader(file, copy)
  const reading = reader.open({ range: whole, rowsBefore: 0 })
  const batches: number[] = []
  for (let more = true; more; ) {
    let rows = 0
    more = reading.advance(20, () => rows++)
    batches.push(rows)
  }
  reader.close()
  expect(batches).toEqual([9, 9, 9, 3])
})

test('added-column: every default is as SQLite gives it to old rows, or unknown', () => {
  const literals = [
    ...[
      'null',
      '5',
      '-5',
      '+5',
      '0',
      '007',
      '9223372036854775807',
      '-9223372036854775808',
      '99999999999999999999',
    ],
    ...['1.5', '-1.5', '2.0', '-0.0', '0.1', '1e3', '1.50', '123456789012345.5', '.5', '5.', '0x10', '-0x10'],
    ...[
      "'5'",
      "' 5'",
      "'5.0'",
      "'-7'",
      "'+7'",
      "'1e2'",
      "'abc'",
      "''",
      "'it''s'",
      "'inf'",
      "'nan'",
      "'0x10'",
      "'2024-01-01'",
      "'2024-01-01 00:00:00'",
      "'12:30'",
      "'1-'",
      "'1_0'",
      "'{}'",
      "'[]'",
    ],
    ...[
      '"quoted"',
      '"5"',
      'true',
      'FALSE',
      "x''",
      "X'0aFf'",
      '(5)',
      "('a' || 'b')",
      "(cast('5' as int))",
      "'é🙂'",
    ],
  ]
  const types = ['integer', 'text', 'real', 'numeric', 'blob', '']
  let known = 0
  for (const literal of literals) {
    for (const type of types) {
      const file = temporaryFile()
      const db = createDatabase(file)
      db.exec('create table t(a); insert into t values (1)')
      try {
        db.exec(`alter table t add column b ${type} default ${literal}`)
      } catch {
        db.close()
        continue
      }
      const expected = readSlowly(db, 't', ['a', 'b'])
      const copy = copyPlanOf(db, 't')
      db.close()
      if (addedColumnValue(copy.read.table.columns[1]!) === null) {
        expect(() => readByPages(file, copy)).toThrow(PageError)
      } else {
        known++
        expect([literal, type, ...readByPages(file, copy)]).toEqual([literal, type, ...expected])
      }
    }
  }
  expect(known).toBeGreaterThan(100)
})

test('added-column: text beside numbers becomes one where SQLite makes it one', () => {
  const db = createDatabase(temporaryFile())
  const near = fc.array(fc.constantFrom(...'00123456789-+.eE: xT/_é\u00a0'), { maxLength: 8 })
  fc.assert(
    fc.property(near, fc.constantFrom('integer', 'real', 'datetime'), (characters, type) => {
      const text = characters.join('')
      db.exec('drop table if exists t; create table t(a); insert into t values (1)')
      db.exec(`alter table t add column b ${type} default '${text}'`)
      const cell = addedColumnValue(copyPlanOf(db, 't').read.table.columns[1]!)
      if (cell !== null) expect(`1 | ${cellText(cell)}`).toEqual(readSlowly(db, 't', ['b'])[0])
    }),
    { numRuns: propertyRuns(2000) },
  )
  db.close()
})

test('added-column: a default that is not a literal only matters to a row that lacks the column', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a, b default current_timestamp, c default (1 + 1)); insert into t(a) values (1)')
  const expected = readSlowly(db, 't', ['a', 'b', 'c'])
  const copy = copyPlanOf(db, 't')
  db.close()
  expect(readByPages(file, copy)).toEqual(expected)
})

const column = (declaredType: string): CatalogColumn => ({
  name: 'c',
  declaredType,
  affinity: affinityOf(declaredType),
  notNull: false,
  default: null,
  generated: null,
  collation: 'BINARY',
})

test('records: unneeded varint bytes are read, impossible ones refused', () => {
  const cells = [new Cell(), new Cell()]
  const decoder = new RecordDecoder(
    cells.map((cell) => ({ name: 'c', cell, real: false, added: addedColumnValue(column('text')) })),
  )
  const decode = (...bytes: number[]) => {
    const memory = Buffer.from(bytes)
    decoder.decode(
      { bytes: memory, view: new DataView(memory.buffer, memory.byteOffset) },
      0,
      bytes.length,
      3,
    )
    return cells.map(cellText)
  }
  expect(decode(3, 9, 8)).toEqual(['integer 1', 'integer 0'])
  expect(decode(0x80, 5, 0x80, 15, 1, 0x41, 0xff)).toEqual(['text 41', 'integer -1'])
  expect(decode(1)).toEqual(['null null', 'null null'])
  for (const wrong of [
    [],
    [0],
    [2, 10],
    [2, 11],
    [2, 1],
    [2, 7, 1, 2],
    [2, 1, 5, 5],
    [4, 0, 0, 0],
    [5, 0, 0],
    [2, 0x80, 0x00],
    [11, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [8, 0x90, 0x80, 0x80, 0x80, 0x80, 0x0c, 0],
  ]) {
    expect(() => decode(...wrong), String(wrong)).toThrow(PageError)
  }
})

test('refusals: what is not for this reader is refused with a reason', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a)')
  const copy = copyPlanOf(db, 't')
  db.close()
  const table = { ...copy.read.table, withoutRowid: true }
  expect(pageReaderRefusal(copy)).toBeNull()
  expect(recordReaderRefusal(copy, { encoding: 'UTF-16le' })).toMatch('UTF-16le')
  expect(pageReaderRefusal({ ...copy, read: { ...copy.read, table } })).toMatch('WITHOUT ROWID')
  expect(pageReaderRefusal({ ...copy, read: { ...copy.read, filter: 'a > 1' } })).toMatch('filtered')
  expect(pageReaderRefusal({ ...copy, read: { ...copy.read, expressions: ['1'] } })).toMatch('SQL')
  expect(() => openPageReader(file, { ...copy, read: { ...copy.read, filter: 'a' } })).toThrow('refuses')
})

test('headers: a file that is not a complete database in rollback mode is refused', () => {
  const wrongs: [number, number[]][] = [
    [0, [0x73]],
    [16, [3, 0]],
    [16, [0, 0]],
    [19, [2]],
    [20, [200]],
    [21, [1]],
    [28, [0, 0, 9, 9]],
    [56, [0, 0, 0, 4]],
  ]
  for (const [at, bytes] of wrongs) {
    const file = temporaryFile()
    const db = createDatabase(file, { pageSize: 512 })
    db.exec('create table t(a)')
    const copy = copyPlanOf(db, 't')
    db.close()
    overwrite(file, at, Buffer.from(bytes))
    expect(() => openPageReader(file, copy), `${at}`).toThrow(PageError)
  }
})

test('rows stay as they were while they are shown, and cells own no bytes', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec("create table t(a, b); insert into t values ('x', 1), ('y', 2)")
  const copy = copyPlanOf(db, 't')
  db.close()
  const rows = new Set<SourceRow>()
  const buffers = new Set<Buffer>()
  const lines: string[] = []
  readRange(file, copy, whole, (row) => {
    rows.add(row)
    buffers.add(row.cells[0]!.buffer)
    lines.push(lineOf(row))
  })
  expect([rows.size, buffers.size]).toEqual([1, 1])
  expect(lines).toEqual(['1 | text 78 | integer 1', '2 | text 79 | integer 2'])
})
