/** What applications do to their files between two rounds: after each, the target is what a run over the sources would bring. */
import { statSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { SqliteDatabase } from '../../src/engine/source/base/sqlite.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer } from '../support/databases.ts'
import { type FollowScene, keptEntries, whileFollowing } from '../support/follow-scene.ts'

const schema = `
  create table orders(id integer primary key, code text unique, price real, note text);
  create table plain(name text, amount integer);
  create table pairs(c text, b integer, r real, a text, primary key (a, b desc)) without rowid;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 400)
    insert into orders(code, price, note) select 'c' || i, i * 1.5, printf('%.*c', i % 90 * 40, 'x') from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
    insert into plain select 'name ' || (i % 20), i % 7 from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
    insert into pairs(a, b, r, c) select 'k' || (i % 50), i, i % 3, printf('%.*c', i * 10, 'y') from n;
`

const changes: readonly (readonly [string, (db: SqliteDatabase) => void])[] = [
  ['rows that come', (db) => db.exec(`insert into orders(code, price) values ('new', 1), ('newer', 2)`)],
  ['rows that change', (db) => db.exec('update orders set price = price + 1 where id % 50 = 0')],
  ['rows that go', (db) => db.exec('delete from orders where id between 100 and 140')],
  [
    'REPLACE on a column that is unique, and not the key',
    (db) => db.exec(`replace into orders(id, code, price) values (9000, 'c7', 7), (9001, 'c8', 8)`),
  ],
  [
    'the same rowid taken again',
    (db) => db.exec(`delete from orders where id = 9; insert into orders values (9, 'again', 1, null)`),
  ],
  [
    'an update of overflow pages alone',
    (db) => {
      db.exec(`insert into orders values (5000, 'long', 1, printf('%.*c', 50000, 'a'))`)
      db.exec(`update orders set note = substr(note, 1, 49000) || printf('%.*c', 1000, 'b') where id = 5000`)
    },
  ],
  ['a transaction that is rolled back', (db) => db.exec(`begin; delete from orders; rollback`)],
  ['a table that is emptied', (db) => db.exec('delete from plain')],
  [
    'equal rows without a key',
    (db) => db.exec(`insert into plain values ('same', 1), ('same', 1), ('same', 1)`),
  ],
  [
    'one of three equal rows goes',
    (db) => db.exec(`delete from plain where rowid = (select max(rowid) from plain)`),
  ],
  [
    'rows without a rowid',
    (db) =>
      db.exec(
        `update pairs set c = 'changed' where b % 40 = 0; delete from pairs where b < 20; insert into pairs(a, b, r, c) values ('z', 1, 2, 'z')`,
      ),
  ],
  ['VACUUM', (db) => db.exec('vacuum')],
  ['an index more', (db) => db.exec('create index by_price on orders(price)')],
  ['an index less', (db) => db.exec('drop index by_price')],
  ['a checkpoint that empties the log', (db) => void db.pragma('wal_checkpoint(truncate)')],
  [
    'a table of others',
    (db) => db.exec('create table other(x); insert into other values (1); drop table other'),
  ],
  [
    'many rows',
    (db) =>
      db.exec(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) insert into orders(code, note) select 'm' || i, printf('%.*c', i % 200, 'm') from n`,
      ),
  ],
  ['most rows go', (db) => db.exec('delete from orders where id % 10 <> 0')],
]

const tables = [
  ['orders', 'id, code, price, note'],
  ['plain', 'name, amount'],
  ['pairs', 'a, b, r, c'],
] as const

/** All rows of the target, and of the source, as JSON in one order. */
async function rowsOf({ follower, open }: FollowScene): Promise<Record<'followed' | 'expected', string[]>> {
  const found = { followed: [] as string[], expected: [] as string[] }
  const db = open('app.db')
  for (const [table, columns] of tables) {
    const { rows } = await follower.connection.query<{ row: unknown }>(
      `select json_build_array(${columns}) as row from public.${table}`,
    )
    const source = db.prepare(`select ${columns} from ${table}`).raw().all()
    found.followed.push(...rows.map(({ row }) => `${table} ${JSON.stringify(row)}`).sort())
    found.expected.push(...source.map((row) => `${table} ${JSON.stringify(row)}`).sort())
  }
  db.close()
  return found
}

// By day two changes in one journal mode, the next two in the other.
for (const [turn, journalMode] of (['delete', 'wal'] as const).entries()) {
  it(`every kind of change, journal mode ${journalMode}`, { timeout: 120_000 }, async () => {
    await whileFollowing(anyServer().url, [{ name: 'app.db', sql: schema, journalMode }], async (scene) => {
      for (const [index, [what, change]] of changes.entries()) {
        if (!isNight && Math.floor(index / 2) % 2 !== turn) continue
        const db = scene.open('app.db')
        change(db)
        // Half of the changes are read while the application has the file open.
        if (what.length % 2 === 0) db.close()
        await scene.catchUp()
        const { followed, expected } = await rowsOf(scene)
        expect(followed, what).toEqual(expected)
        if (what.length % 2 !== 0) db.close()
      }
      expect(await keptEntries(scene.database)).toEqual([])
      // What a run over the sources as they are now brings, keys and all.
      const { followed, expected } = await scene.compare()
      expect(followed).toEqual(expected)
    })
  })
}

it('other pages, other modes', { timeout: 120_000 }, async () => {
  await whileFollowing(
    anyServer().url,
    [{ name: 'app.db', sql: schema, journalMode: 'delete' }],
    async (scene) => {
      const steps: readonly (readonly [string, readonly string[]])[] = [
        ['larger pages', ['pragma page_size = 16384', 'vacuum']],
        ['incremental vacuum', ['pragma auto_vacuum = 2', 'vacuum']],
        ['pages that move', ['delete from orders where id < 200', 'pragma incremental_vacuum(3)']],
        ['a log from now on', ['pragma journal_mode = wal', `insert into orders(code) values ('wal')`]],
        ['no log any more', ['pragma journal_mode = delete', `insert into orders(code) values ('delete')`]],
      ]
      for (const [what, statements] of steps) {
        const db = scene.open('app.db')
        for (const statement of statements) db.exec(statement)
        db.close()
        await scene.catchUp()
        const { followed, expected } = await rowsOf(scene)
        expect(followed, what).toEqual(expected)
      }
    },
  )
})

it('an interrupted follower continues, once', { timeout: 60_000 }, async () => {
  await whileFollowing(
    anyServer().url,
    [{ name: 'app.db', sql: schema, journalMode: 'wal' }],
    async (scene) => {
      const db = scene.open('app.db')
      for (let step = 0; step < 4; step++) {
        db.exec(`insert into orders(code) values ('step ${step}')`)
        await scene.follower.takeRound()
        // The round is in the target, and not yet in the files.
        await scene.reopen()
        db.exec(`delete from orders where code = 'step ${step - 1}'`)
      }
      await scene.catchUp()
      const { followed, expected } = await scene.compare()
      expect(followed).toEqual(expected)
      db.close()
      expect(statSync(`${scene.sources}/app.db`).size).toBeGreaterThan(0)
    },
  )
})
