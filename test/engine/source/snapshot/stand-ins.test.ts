/** What only the application registers, collations and functions: every value stays as it is stored, and the order of keys becomes SQLite's own. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findDamage } from '../../../../src/engine/source/base/integrity.ts'
import { openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { putStandIns } from '../../../../src/engine/source/snapshot/stand-ins.ts'
import { temporaryFolder } from '../../../support/folders.ts'

/** As an application would leave it: ordered by its own collation, which is NOCASE under another name. */
function makeDatabase(sql: string, replaced = 'collate nocase', by = 'collate icu_root'): string {
  const file = join(temporaryFolder(), 'app.db')
  const db = openWritable(file)
  db.exec(sql)
  db.unsafeMode(true)
  db.pragma('writable_schema = on')
  db.prepare('update sqlite_schema set sql = replace(sql, ?, ?)').run(replaced, by)
  db.close()
  return file
}

test('keys, indexes and tables without rowid can be read in order', () => {
  const file = makeDatabase(`
    create table items (id integer primary key, title text collate nocase, name text unique collate nocase);
    create index by_title on items (title collate nocase desc);
    create table tags (tag text collate nocase primary key, n integer not null, "true", twice integer as (n * 2)) without rowid;
    create index by_n on tags (n, tag);
    create table plain (note text default 'collate "x"', other text collate rtrim);
    create trigger no_delete before delete on tags begin select raise(abort, 'no'); end;
    insert into items values (1, 'b', 'Z'), (2, 'A', 'a'), (3, 'a', 'M');
    insert into tags (tag, n) values ('zeta', 1), ('Alpha', 2), ('beta', 3), ('Beta2', 4);
    insert into plain (other) values ('x');`)
  const findings = putStandIns(file, 'app.db')
  expect(findings.map(({ code, table }) => [code, table])).toEqual([
    ['collation-unknown', 'items'],
    ['collation-unknown', 'tags'],
  ])
  expect(findings[0]!.message).toContain('icu_root')
  const db = openReadOnly(file, { immutable: true })
  try {
    expect(findDamage(db, 10)).toEqual([])
    expect(db.prepare('select tag, n, twice from tags order by tag').raw().all()).toEqual([
      ['Alpha', 2, 4],
      ['Beta2', 4, 8],
      ['beta', 3, 6],
      ['zeta', 1, 2],
    ])
    expect(db.prepare('select title from items order by title').pluck().all()).toEqual(['A', 'a', 'b'])
    expect(db.prepare(`select id from items where name = 'M'`).pluck().all()).toEqual([3])
    expect(db.prepare(`select name from sqlite_schema where type = 'trigger'`).pluck().all()).toEqual([
      'no_delete',
    ])
    expect(db.prepare(`select sql from sqlite_schema where name = 'plain'`).pluck().get()).toContain('rtrim')
  } finally {
    db.close()
  }
  expect(putStandIns(file, 'app.db')).toEqual([])
})

test('generated columns by functions of the application: stored values stay, virtual ones become null', () => {
  const file = makeDatabase(
    `create table a (id integer primary key, t text, s text generated always as (lower(t)) stored not null,
       v text as (lower(t) || 'x'), n integer as (length(t)) stored);
     create index by_v on a (v);
     create index by_f on a (lower(t));
     insert into a (t) values ('X'), ('Yy');`,
    'lower(',
    'own_fold(',
  )
  const findings = putStandIns(file, 'app.db')
  expect(findings.map(({ code, table }) => [code, table])).toEqual([['function-unknown', 'a']])
  expect(findings[0]!.message).toContain('own_fold')
  const db = openReadOnly(file, { immutable: true })
  try {
    expect(db.prepare('select t, s, v, n from a order by id').raw().all()).toEqual([
      ['X', 'x', null, 1],
      ['Yy', 'yy', null, 2],
    ])
    expect(findDamage(db, 10)).toEqual([])
  } finally {
    db.close()
  }
  expect(putStandIns(file, 'app.db')).toEqual([])
})
