import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Catalog, CatalogTable } from '../../../../src/engine/model/catalog.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { affinityOf, readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { quoteSqlite } from '../../../../src/engine/syntax/sqlite-names.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { makeDatabase, makeFolder } from '../files.ts'

function catalogOf(sql: string): Catalog {
  const file = makeDatabase(join(makeFolder(), 'a.db'), sql)
  using db = openReadOnly(file)
  return readCatalog(db, 'a.db')
}

function tableOf(sql: string, name = 't'): CatalogTable {
  return catalogOf(sql).tables.find((table) => table.name === name)!
}

test('a table with everything', () => {
  const catalog = catalogOf(`
    pragma user_version = 7; pragma application_id = 42;
    create table parent(id integer primary key, code text unique collate nocase);
    create table t(
      id integer primary key autoincrement,
      "we ""ird" VARCHAR (20) not null default 'x, y' collate nocase check ("we ""ird" <> ') collate rtrim ('),
      price decimal(10,2) default (1 + 2), -- , references nothing
      bare,
      parent references PARENT on delete cascade on update set null deferrable initially deferred,
      code text references parent(CODE) not deferrable initially deferred,
      doubled int generated always as (price * 2) stored,
      tripled generated always as (price * 3)
    );
    create index by_price on t(price desc, "we ""ird") where price > 0;
    create unique index by_lower on t(lower(bare));
    create view v as select 1;
    create trigger r after insert on t begin select 1; end;
    insert into t(id, "we ""ird") values (9007199254740993, 'a');`)
  expect(catalog).toMatchObject({
    database: 'a.db',
    encoding: 'UTF-8',
    pageSize: 4096,
    userVersion: 7,
    applicationId: 42,
  })
  expect(catalog.views).toEqual([{ name: 'v', sql: 'CREATE VIEW v as select 1', columns: ['1'] }])
  expect(catalog.triggers.map(({ name, table }) => [name, table])).toEqual([['r', 't']])
  expect(catalog.objects.map((it) => it.name)).toContain('sqlite_sequence')
  expect(catalog.tables.map((it) => it.name)).toEqual(['parent', 't'])
  const table = catalog.tables[1]!
  expect(table).toMatchObject({
    kind: 'table',
    strict: false,
    withoutRowid: false,
    primaryKey: ['id'],
    key: { kind: 'rowid', name: 'rowid', column: 'id' },
    autoincrement: true,
    sequence: '9007199254740993',
  })
  expect(
    table.columns.map((it) => [
      it.name,
      it.declaredType,
      it.affinity,
      it.collation,
      it.default,
      it.generated,
    ]),
  ).toEqual(
    [
      ['id', 'INTEGER', 'integer', 'BINARY', null, null],
      ['we "ird', 'VARCHAR (20)', 'text', 'NOCASE', "'x, y'", null],
      ['price', 'decimal(10,2)', 'numeric', 'BINARY', '1 + 2', null],
      ['bare', '', 'blob', 'BINARY', null, null],
      ['parent', '', 'blob', 'BINARY', null, null],
      ['code', 'TEXT', 'text', 'BINARY', null, null],
      ['doubled', 'INT', 'integer', 'BINARY', null, 'stored'],
      ['tripled', '', 'blob', 'BINARY', null, 'virtual'],
    ].map(([name, type, ...rest]) => [
      name,
      expect.stringMatching(new RegExp(`^${(type as string).replace(/[()]/g, '\\$&')}$`, 'i')),
      ...rest,
    ]),
  )
  expect(table.foreignKeys).toEqual([
    {
      columns: ['parent'],
      table: 'parent',
      parentColumns: ['id'],
      onDelete: 'CASCADE',
      onUpdate: 'SET NULL',
      deferred: true,
    },
    {
      columns: ['code'],
      table: 'parent',
      parentColumns: ['code'],
      onDelete: 'NO ACTION',
      onUpdate: 'NO ACTION',
      deferred: false,
    },
  ])
  expect(table.indexes).toEqual([
    {
      name: 'by_price',
      unique: false,
      origin: 'create',
      partial: true,
      sql: expect.stringContaining('where price > 0'),
      columns: [
        { name: 'price', descending: true, collation: 'BINARY' },
        { name: 'we "ird', descending: false, collation: 'NOCASE' },
      ],
    },
    {
      name: 'by_lower',
      unique: true,
      origin: 'create',
      partial: false,
      sql: expect.stringContaining('lower(bare)'),
      columns: [{ name: null, descending: false, collation: 'BINARY' }],
    },
  ])
})

test('rowid-alias: only a true INTEGER PRIMARY KEY is the rowid', () => {
  const column = (sql: string) => {
    const { key } = tableOf(`create table t(${sql}`)
    return key.kind === 'rowid' ? key.column : key.kind
  }
  expect(column('a integer primary key)')).toBe('a')
  expect(column('a "INTEGER" primary key asc)')).toBe('a')
  expect(column('a integer, primary key(a))')).toBe('a')
  expect(column('a integer, primary key(a desc))')).toBe('a')
  expect(column('a integer primary key desc)')).toBeNull()
  expect(column('a int primary key)')).toBeNull()
  expect(column('a bigint primary key)')).toBeNull()
  expect(column('a integer, b, primary key(a, b))')).toBeNull()
  expect(column('a integer unique)')).toBeNull()
  expect(column('a integer primary key) without rowid')).toBe('primary-key')
})

test('rowid-alias: it agrees with SQLite itself, whatever the declaration', () => {
  const piece = fc.constantFrom(
    'integer',
    'INTEGER',
    'Integer',
    'int',
    'bigint',
    '',
    'text',
    '"integer"',
    'unsigned integer',
    'integer(8)',
  )
  fc.assert(
    fc.property(
      piece,
      fc.constantFrom('', ' asc', ' desc'),
      fc.boolean(),
      fc.boolean(),
      (type, order, inTable, isUnique) => {
        const sql = inTable
          ? `create table t(a ${type}, b, primary key(a${order}))`
          : `create table t(a ${type} primary key${order} ${isUnique ? 'unique' : ''}, b)`
        // A rowid alias, and nothing else, turns null into a number.
        const { key } = tableOf(`${sql}; insert into t(a) values (null)`)
        const oracle = new Database(':memory:')
        oracle.exec(`${sql}; insert into t(a) values (null)`)
        const isAlias = oracle.prepare('select a = rowid from t').pluck().get() === 1
        oracle.close()
        expect(key).toEqual({ kind: 'rowid', name: 'rowid', column: isAlias ? 'a' : null })
      },
    ),
    { numRuns: propertyRuns(60) },
  )
})

test('hidden-rowid: columns named rowid, _rowid_ and oid', () => {
  expect(tableOf('create table t(RowId text)').key).toEqual({ kind: 'rowid', name: '_rowid_', column: null })
  expect(tableOf('create table t(rowid, "_ROWID_")').key).toEqual({
    kind: 'rowid',
    name: 'oid',
    column: null,
  })
  expect(tableOf('create table t(rowid, _rowid_, oid)').key).toEqual({ kind: 'none' })
  expect(tableOf('create table t(rowid integer primary key, _rowid_, oid)').key).toEqual({
    kind: 'rowid',
    name: 'rowid',
    column: 'rowid',
  })
  expect(tableOf('create table t(rowid, _rowid_ as (1), oid, id integer primary key)').key).toEqual({
    kind: 'rowid',
    name: 'id',
    column: 'id',
  })
})

test('without-rowid: the key with its directions and collations', () => {
  const table = tableOf(
    'create table t(a text collate nocase, b int, c, primary key(b desc, a, b)) without rowid',
  )
  expect(table.withoutRowid).toBe(true)
  expect(table.primaryKey).toEqual(['b', 'a'])
  expect(table.key).toEqual({
    kind: 'primary-key',
    columns: [
      { name: 'b', descending: true, collation: 'BINARY' },
      { name: 'a', descending: false, collation: 'NOCASE' },
    ],
  })
})

test('strict tables: ANY converts nothing', () => {
  const table = tableOf('create table t(a any, b int) strict')
  expect(table.strict).toBe(true)
  expect(table.columns.map((it) => it.affinity)).toEqual(['blob', 'integer'])
  expect(tableOf('create table t(a any)').columns[0]?.affinity).toBe('numeric')
})

test('virtual tables and their shadows, also when the module is missing', () => {
  const catalog = catalogOf(`
    create virtual table words using FTS5(body, tokenize = 'porter');
    create virtual table old using fts4(body);
    create virtual table boxes using rtree(id, x0, x1);
    create table words_notes(a); create table gone_config(a, b);
    create table gone_data(a); create table lonely_data(a);
    pragma writable_schema = on;`)
  const kinds = Object.fromEntries(catalog.tables.map((it) => [it.name, it.module ?? it.kind]))
  expect(kinds).toMatchObject({
    words: 'fts5',
    words_data: 'shadow',
    words_content: 'shadow',
    words_notes: 'table',
    gone_data: 'table',
    old: 'fts4',
    old_segments: 'shadow',
    boxes: 'rtree',
    boxes_node: 'shadow',
    lonely_data: 'table',
  })
  expect(catalog.tables[0]?.columns.map((it) => it.name)).toEqual(['body'])
})

test('missing-module: a virtual table of a module that is not here', () => {
  const file = join(makeFolder(), 'a.db')
  const db = new Database(file)
  db.unsafeMode(true)
  db.exec(`create table "a using b_chunks"(a); create table t(a); pragma writable_schema = on;
    insert into sqlite_schema values ('table', 'a using b', 'a using b', 0, 'CREATE VIRTUAL TABLE "a using b" USING "Vec0"(x float[3])')`)
  db.close()
  const again = openReadOnly(file)
  const { tables } = readCatalog(again, 'a.db')
  again.close()
  expect(tables.map((it) => [it.name, it.kind, it.module, it.columns.length, it.key.kind])).toEqual([
    ['a using b_chunks', 'table', null, 1, 'rowid'],
    ['t', 'table', null, 1, 'rowid'],
    ['a using b', 'virtual', 'vec0', 0, 'none'],
  ])
})

test('foreign-keys: composite, implicit, to itself, to a missing table, in declared order', () => {
  const table = tableOf(`
    create table pair(b, a, primary key(a, b));
    create table t(
      id integer primary key, x, y, up references t, gone references nowhere, gone2 references nowhere(z),
      foreign key(x, y) references PAIR deferrable initially immediate,
      constraint named foreign key(y, x) references pair(B, A) on delete set default deferrable initially deferred)`)
  expect(table.foreignKeys.map((it) => [it.columns, it.table, it.parentColumns, it.deferred])).toEqual([
    [['up'], 't', ['id'], false],
    [['gone'], 'nowhere', [], false],
    [['gone2'], 'nowhere', ['z'], false],
    [['x', 'y'], 'pair', ['a', 'b'], false],
    [['y', 'x'], 'pair', ['b', 'a'], true],
  ])
})

test('hostile-names: every identifier comes back as it was given', () => {
  const name = fc
    .string({ unit: fc.constantFrom(...'ab"\'`[] \n\t;,()-%_ü日😀'), minLength: 1, maxLength: 12 })
    .filter((it) => !/^sqlite_/i.test(it))
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 2, maxLength: 5, selector: (it) => it.toLowerCase() }),
      (names) => {
        const [table, ...columns] = names as [string, ...string[]]
        const list = columns.map(
          (it, at) => `${quoteSqlite(it)} text collate ${at % 2 ? 'rtrim' : '"NoCase"'}`,
        )
        const index = `i${randomUUID()}`
        const found = tableOf(
          `create table ${quoteSqlite(table)}(${list.join(',')}); create index ${quoteSqlite(index)} on ${quoteSqlite(table)}(${quoteSqlite(columns[0]!)})`,
          table,
        )
        expect(found.columns.map((it) => it.name)).toEqual(columns)
        expect(found.columns.map((it) => it.collation)).toEqual(
          columns.map((_, at) => (at % 2 ? 'RTRIM' : 'NOCASE')),
        )
        expect(found.indexes.map((it) => [it.name, it.columns[0]?.name, it.columns[0]?.collation])).toEqual([
          [index, columns[0], 'NOCASE'],
        ])
      },
    ),
    { numRuns: propertyRuns(60) },
  )
})

test('utf-16: text of the schema and its names', () => {
  const catalog = catalogOf(`pragma encoding = 'UTF-16le'; create table "日本"("ü" text default 'ß')`)
  expect(catalog.encoding).toBe('UTF-16le')
  expect(catalog.tables[0]).toMatchObject({ name: '日本', columns: [{ name: 'ü', default: "'ß'" }] })
})

test('altered tables: added, renamed and dropped columns', () => {
  const table = tableOf(`
    create table t(a collate nocase, b, c integer references t(a) deferrable initially deferred);
    alter table t add column d text default 'x' collate rtrim;
    alter table t rename column a to "a, z"; alter table t drop column b;`)
  expect(table.columns.map((it) => [it.name, it.collation])).toEqual([
    ['a, z', 'NOCASE'],
    ['c', 'BINARY'],
    ['d', 'RTRIM'],
  ])
  expect(table.foreignKeys[0]).toMatchObject({ columns: ['c'], parentColumns: ['a, z'], deferred: true })
})

test('affinity: it agrees with SQLite, whatever the type is called', () => {
  const db = new Database(':memory:')
  const word = fc.constantFrom(
    'INT',
    'CHAR',
    'clob',
    'Text',
    'BLOB',
    'real',
    'FLOAT',
    'DOUBLE',
    'DATE',
    'POINT',
    'STRING',
    'unsigned',
    'X',
  )
  const classes = { blob: 'text', text: 'text', numeric: 'integer', integer: 'integer', real: 'real' }
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 3 }).map((words) => words.join(' ')),
      (type) => {
        db.exec(`drop table if exists t; create table t(a ${type}); insert into t values ('1'), (1)`)
        const [first, second] = db.prepare('select typeof(a) from t').pluck().all()
        const affinity = affinityOf(type)
        expect(first).toBe(classes[affinity])
        expect(second).toBe(affinity === 'text' ? 'text' : affinity === 'real' ? 'real' : 'integer')
      },
    ),
  )
  db.close()
})

test.each([
  ['of a column', 'create table t("caf@" int, b)'],
  ['of a table', 'create table "caf@"(a int)'],
])('name-not-utf8 %s: refused, since nothing could read it', (_whose, sql) => {
  const file = makeDatabase(join(makeFolder(), 'a.db'), sql)
  const bytes = readFileSync(file)
  for (let at = bytes.indexOf('caf@'); at >= 0; at = bytes.indexOf('caf@')) bytes[at + 3] = 0xe9
  writeFileSync(file, bytes)
  using db = openReadOnly(file)
  expect(() => readCatalog(db, 'a.db')).toThrow(
    expect.objectContaining({ kind: 'source', code: 'name-not-utf8' }),
  )
})
