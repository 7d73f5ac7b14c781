/** Generated databases of one table "t", with all that a reader of SQLite's pages has to get right. */
import type Database from 'better-sqlite3'
import fc from 'fast-check'
import type { Catalog } from '../../../../src/engine/model/catalog.ts'
import { integers, type Value, values } from './arbitrary.ts'
import { createDatabase } from './support.ts'

const types = ['integer', 'text', '', 'real', 'numeric', 'blob', 'double', 'varchar(20)', 'datetime']
/** Whose defaults every reader knows. */
export const addedColumns = [
  'integer default 7',
  'integer default -9223372036854775808',
  "text default 'it''s'",
  "text default ''",
  'text default 12',
  'real default 3',
  'real default 1.25',
  'numeric default 2.0',
  "integer default '42'",
  "integer default 'pending'",
  "blob default x'00ff'",
  'text',
  'default true',
  'integer default false',
  'datetime default null',
  'text default "undefined"',
  "text default 'naïve 🙂'",
  'integer not null default (5)',
  'default -1.5',
]

export const generated = fc
  .constantFrom(512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
  .chain((pageSize) => {
    const row = fc.record({
      rowid: integers,
      cells: fc.array(values(pageSize), { minLength: 12, maxLength: 12 }),
    })
    return fc.record({
      pageSize: fc.constant(pageSize),
      autoVacuum: fc.constantFrom(0, 1, 2),
      encoding: fc.constantFrom<Catalog['encoding'][]>('UTF-8', 'UTF-16le', 'UTF-16be'),
      reserved: fc.constantFrom(0, 0, 1, 8, 32),
      columns: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 12 }),
      alias: fc.option(fc.nat({ max: 12 }), { nil: null }),
      before: fc.array(row, { maxLength: 60 }),
      added: fc.array(fc.constantFrom(...addedColumns), { maxLength: 3 }),
      after: fc.array(row, { maxLength: 20 }),
      deleteEvery: fc.constantFrom(0, 2, 3),
      vacuum: fc.boolean(),
      cuts: fc.array(integers, { maxLength: 6 }),
      longFrom: fc.constantFrom(1, 100, 1000, pageSize),
    })
  })

type Generated = typeof generated extends fc.Arbitrary<infer T> ? T : never

/** The columns' names, and which of them is the INTEGER PRIMARY KEY. The database is the caller's to close. */
export function createGenerated(
  file: string,
  made: Generated,
): { db: Database.Database; names: string[]; alias: string | null } {
  const db = createDatabase(file, made)
  const names = made.columns.map((_, index) => `c${index}`)
  const declared = made.columns.map((type, index) => `c${index} ${type}`)
  const alias = made.alias === null ? null : 'id'
  if (made.alias !== null) {
    const at = made.alias % (names.length + 1)
    names.splice(at, 0, 'id')
    declared.splice(at, 0, 'id integer primary key')
  }
  db.exec(`create table t(${declared.join(', ')})`)
  insertRows(db, made.columns.length, made.before)
  if (made.deleteEvery > 0) db.exec(`delete from t where abs(rowid % ${made.deleteEvery}) = 1`)
  made.added.forEach((type, index) => {
    db.exec(`alter table t add column a${index} ${type}`)
    names.push(`a${index}`)
  })
  insertRows(db, made.columns.length, made.after)
  if (made.vacuum) db.exec('vacuum')
  return { db, names, alias }
}

function insertRows(
  db: Database.Database,
  columns: number,
  rows: readonly { rowid: bigint; cells: readonly Value[] }[],
) {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`)
  db.transaction(() => {
    for (const { rowid, cells } of rows) {
      const shown = cells.slice(0, columns)
      const parameters = shown.map((cell) => (isInvalidText(cell) ? cell.invalidText : cell))
      const places = shown.map((cell) => (isInvalidText(cell) ? 'cast(? as text)' : '?'))
      db.prepare(`insert or replace into t(rowid, ${names.join(', ')}) values (?, ${places.join(', ')})`).run(
        rowid,
        ...parameters,
      )
    }
  })()
}

function isInvalidText(value: Value | undefined): value is { readonly invalidText: Buffer } {
  return typeof value === 'object' && value !== null && 'invalidText' in value
}
