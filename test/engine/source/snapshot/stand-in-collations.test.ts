/** Collations that only the application registers: every value stays as it is stored, and the order of keys becomes SQLite's own. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findDamage } from '../../../../src/engine/source/base/integrity.ts'
import { openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { replaceUnknownCollations } from '../../../../src/engine/source/snapshot/stand-in-collations.ts'
import { temporaryFolder } from '../../../support/folders.ts'

/** As an application would leave it: ordered by its own collation, which is NOCASE under another name. */
function makeDatabase(sql: string): string {
  const file = join(temporaryFolder(), 'app.db')
  const db = openWritable(file)
  db.exec(sql)
  db.unsafeMode(true)
  db.pragma('writable_schema = on')
  db.exec(`update sqlite_schema set sql = replace(sql, 'collate nocase', 'collate icu_root')`)
  db.close()
  return file
}

test('keys, indexes and tables without rowid can be read in order', () => {
  const file = makeDatabase(`
    create table items (id integer primary key, title text collate nocase, name text unique collate nocase);
    create index by_title on items (title collate nocase desc);
    create table tags (tag text collate nocase primary key, n integer not null, twice integer as (n * 2)) without rowid;
    create index by_n on tags (n, tag);
    create table plain (note text default 'collate "x"', other text collate rtrim);
    create trigger no_delete before delete on tags begin select raise(abort, 'no'); end;
    insert into items values (1, 'b', 'Z'), (2, 'A', 'a'), (3, 'a', 'M');
    insert into tags (tag, n) values ('zeta', 1), ('Alpha', 2), ('beta', 3), ('Beta2', 4);
    insert into plain (other) values ('x');`)
  const findings = replaceUnknownCollations(file, 'app.db')
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
  expect(replaceUnknownCollations(file, 'app.db')).toEqual([])
})
