/** Damaged databases: what can be read comes out as it was, what cannot is told, and the result is sound. */
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MigrateError } from '../../../../src/engine/model/errors.ts'
import { ROWS_NOT_READABLE } from '../../../../src/engine/model/finding.ts'
import { findDamage } from '../../../../src/engine/source/base/integrity.ts'
import { createObject, openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { takeSnapshots } from '../../../../src/engine/source/snapshot/snapshot.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { temporaryFolder } from '../../../support/folders.ts'

const PAGE = 1024
const tables = ['plain', 'keyed', 'sparse', 'counted']

function createDatabase(file: string, encoding: string): void {
  const db = openWritable(file)
  db.pragma('synchronous = off')
  db.pragma(`page_size = ${PAGE}`)
  db.pragma(`encoding = '${encoding}'`)
  db.pragma('user_version = 9')
  db.exec(`
    create table plain (id integer primary key, a text, b blob, twice integer generated always as (id * 2));
    create table keyed (k text, n integer, v real, primary key (k, n desc)) without rowid;
    create table sparse (a, b);
    create table counted (id integer primary key autoincrement, a text unique);
    create index "by a" on plain (a desc);
    create view seen as select a from plain;
    create trigger noted after insert on plain begin delete from sparse; end`)
  db.exec('drop trigger noted')
  db.exec(`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 400)
      insert into plain (id, a, b) select i, 'text ' || i, zeroblob(i % 7 * 700) from n;
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 300)
      insert into keyed select 'key ' || (i % 17), i, i / 3.0 from n;
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 200)
      insert into sparse (rowid, a, b) select (i - 100) * 90000000000001, i, cast(x'ff41' as text) from n;
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 200)
      insert into counted (a) select printf('%050d', i) from n;
    delete from counted where id > 150;
    create trigger noted after insert on plain begin delete from sparse; end`)
  db.close()
}

/** Every row as text, in no order. */
function rowsOf(file: string, table: string): Set<string> {
  const db = openReadOnly(file, { immutable: true })
  const rowid = table === 'keyed' ? '' : 'rowid, '
  const names = { plain: ['a', 'b'], keyed: ['k', 'n', 'v'], sparse: ['a', 'b'], counted: ['a'] }[table]!
  const cells = names.flatMap((name) => [`typeof(${name})`, `hex(cast(${name} as blob))`])
  const rows = db
    .prepare(`select ${rowid}${cells.join(', ')} from ${table} not indexed`)
    .raw()
    .safeIntegers()
    .all()
  db.close()
  return new Set(rows.map(String))
}

/** Of a file's pages, from 0 to 1. */
const place = fc.integer({ min: 0, max: 9_999 }).map((n) => n / 10_000)
const damage = fc.record({
  kind: fc.constantFrom('zeroed', 'cut', 'noise'),
  places: fc.array(place, { minLength: 1, maxLength: 4 }),
})

test('any damage: a sound database of rows that were there, and a word about what may be missing', async () => {
  const folder = temporaryFolder()
  await fc.assert(
    fc.asyncProperty(
      damage,
      fc.constantFrom('UTF-8', 'UTF-16le'),
      fc.nat(),
      async ({ kind, places }, encoding, seed) => {
        const file = join(folder, 'a.db')
        rmSync(file, { force: true })
        createDatabase(file, encoding)
        const whole = new Map(tables.map((table) => [table, rowsOf(file, table)]))
        const bytes = readFileSync(file)
        const pages = bytes.length / PAGE
        // Not the first page, without which there is no database.
        for (const place of places) {
          const at = (1 + Math.floor(place * (pages - 1))) * PAGE
          if (kind === 'cut') bytes.fill(0, at)
          else
            for (let i = at; i < at + PAGE; i++)
              bytes[i] = kind === 'zeroed' ? 0 : (i * 2654435761 + seed) >>> 11
        }
        writeFileSync(file, bytes)
        if (kind === 'cut') truncateSync(file, (1 + Math.floor(places[0]! * (pages - 1))) * PAGE)

        const taken = await takeSnapshots([{ database: 'a.db', path: file }], temporaryFolder(), {
          salvage: true,
        }).catch((error: unknown) => error)
        if (taken instanceof Error) {
          expect(taken).toBeInstanceOf(MigrateError)
          expect(taken).toMatchObject({ kind: 'source', code: 'database-corrupt' })
          return
        }
        const [snapshot] = taken as Awaited<ReturnType<typeof takeSnapshots>>
        const db = openReadOnly(snapshot!.file, { immutable: true })
        expect(findDamage(db, 5)).toEqual([])
        expect(db.pragma('user_version', { simple: true })).toBe(9)
        db.close()
        const isTold = (table: string) =>
          snapshot!.lost.some((one) => one.code === ROWS_NOT_READABLE && (one.table ?? table) === table) ||
          snapshot!.lost.some((one) => one.code === 'object-not-readable' && one.table === table)
        for (const table of tables) {
          if (snapshot!.lost.some((one) => one.code === 'object-not-readable' && one.table === table))
            continue
          const found = rowsOf(snapshot!.file, table)
          const rows = whole.get(table)!
          // Noise can look like rows.
          if (kind !== 'noise') expect([...found].filter((row) => !rows.has(row))).toEqual([])
          if (found.size < rows.size) expect([table, kind, isTold(table)]).toEqual([table, kind, true])
        }
      },
    ),
    { numRuns: propertyRuns(60) },
  )
})

test('the schema of a file is a stranger’s word: nothing but one CREATE is carried out', () => {
  const db = openWritable(join(temporaryFolder(), 'own.db'))
  const other = join(temporaryFolder(), 'other.db')
  try {
    for (const sql of [
      `create table t (a); attach '${other}' as other; create table other.t (a)`,
      `attach '${other}' as other`,
      'pragma user_version = 5',
      'create table',
      '',
    ])
      expect(() => createObject(db, sql), sql).toThrow(expect.objectContaining({ name: 'SqliteError' }))
    expect(existsSync(other)).toBe(false)
    createObject(db, 'create table t (a) -- and a comment; of two parts')
    expect(db.prepare('select count(*) from t').pluck().get()).toBe(0)
  } finally {
    db.close()
  }
})
