/** Following into tables that an application has created: rows are changed where they stand, under its keys and foreign keys. */
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { resync } from '../../src/engine/run/following/resync.ts'
import type { SqliteDatabase } from '../../src/engine/source/base/sqlite.ts'
import { anyServer } from '../support/databases.ts'
import { inDatabase, whileFollowing } from '../support/follow-scene.ts'

const source = `
  create table users(id integer primary key, email text unique not null, name text);
  create table profiles(id integer primary key, user_id integer unique not null references users(id), bio text);
  create table orders(id integer primary key, code text unique, user_id integer references users(id), parent_id integer references orders(id));
  create table tags(what text, n integer);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 40) insert into users select i, 'u' || i, 'n' from n;
  insert into profiles select id, id, 'bio' from users;
  insert into orders select id, 'c' || id, id, nullif(id - 1, 0) from users;
  insert into tags select 'tag', id % 3 from users;
`

// Checked at once, with every kind of action; one column that is the application's alone.
const target = `
  create table public.users(id integer primary key, email text unique not null, name text, kept integer not null default 1);
  create table public.profiles(id integer primary key, user_id integer unique not null references public.users(id) on delete cascade deferrable, bio text, kept integer not null default 1);
  create table public.orders(id integer primary key, code varchar(20) unique, user_id integer references public.users(id) on delete restrict, parent_id integer references public.orders(id) on delete set null, kept integer not null default 1);
  create table public.tags(what text, n integer, kept integer not null default 1);
`

const steps: readonly (readonly [string, string])[] = [
  [
    'rows that change',
    `update users set name = 'other' where id < 9; update orders set code = 'x' || code where id > 30`,
  ],
  [
    'parents and children that come',
    `insert into users values (50, 'u50', 'new'); insert into profiles values (50, 50, 'new'); insert into orders values (50, 'c50', 50, 49), (49, 'c49', 50, null)`,
  ],
  [
    'unique values that are swapped',
    `update users set email = 'third' where id = 1; update users set email = 'u1' where id = 2; update users set email = 'u2' where id = 1;
     update profiles set user_id = 99 where id = 3; update profiles set user_id = 3 where id = 4; update profiles set user_id = 4 where id = 3`,
  ],
  [
    'REPLACE on a unique column, its children moved to the new row',
    `replace into users values (60, 'u7', 'replaced'); update profiles set user_id = 60 where user_id = 7; update orders set user_id = 60 where user_id = 7`,
  ],
  [
    'parents that go with their children, and children that are moved away',
    `delete from profiles where user_id = 11; update orders set user_id = 12, parent_id = null where user_id = 11; delete from users where id = 11;
     update orders set parent_id = 20 where parent_id in (21, 22); delete from orders where id in (21, 22)`,
  ],
  [
    'a chain that is turned round',
    `update orders set parent_id = null where id in (33, 34, 35); update orders set parent_id = 34 where id = 33; update orders set parent_id = 35 where id = 34`,
  ],
  ['rows without a key', `delete from tags where rowid < 10; insert into tags values ('tag', 1), ('tag', 1)`],
]

const tables = [
  ['users', 'id, email, name'],
  ['profiles', 'id, user_id, bio'],
  ['orders', 'id, code, user_id, parent_id'],
  ['tags', 'what, n'],
] as const

for (const append of [false, true]) {
  it(`rows keep their identity${append ? ', beside rows of others' : ''}`, { timeout: 120_000 }, async () => {
    const sql = append ? source.replace(/create table tags.*/, '').replace(/insert into tags.*/, '') : source
    const others = append
      ? `insert into public.users values (900, 'before', 'theirs', 5), (901, 'taken', 'theirs', 5);`
      : ''
    await whileFollowing(
      anyServer().url,
      [{ name: 'app.db', sql, journalMode: 'wal' }],
      async (scene) => {
        const db: SqliteDatabase = scene.open('app.db')
        await inDatabase(
          scene.database,
          'update public.users set kept = 2 where kept = 1; update public.orders set kept = 2',
        )
        const before = db.prepare('select id from users order by id').pluck().all() as number[]
        for (const [what, statements] of steps) {
          if (append && what.startsWith('rows without')) continue
          db.exec(`begin; ${statements}; commit`)
          await scene.catchUp()
          for (const [table, columns] of tables) {
            if (append && table === 'tags') continue
            const wanted = db.prepare(`select ${columns} from ${table} order by ${columns}`).raw().all()
            const { rows } = await scene.follower.connection.query<{ row: unknown }>(
              `select json_build_array(${columns}) as row from public.${table}
                where kept <> 5 order by ${columns}`,
            )
            expect(
              rows.map(({ row }) => row),
              `${what}: ${table}`,
            ).toEqual(wanted)
          }
        }
        if (append) {
          // Their key: the row is put aside, and theirs stays what it is, also when it goes.
          db.exec(`insert into users values (901, 'mine', 'ours')`)
          await scene.catchUp()
          db.exec('delete from users where id = 901')
          await scene.catchUp()
        }
        // Somebody else writes to the tables: put right where they stand, or refused where theirs can't be told from ours.
        await inDatabase(
          scene.database,
          `delete from public.profiles where id = 5; update public.users set name = 'theirs' where id = 6`,
        )
        await scene.follower.close()
        const work = await prepareFollowing(scene.database.address, null, null)
        const resyncing = resync(work, ['users', 'profiles'], { control: new RunControl(), emit: () => {} })
        if (append) await expect(resyncing).rejects.toMatchObject({ code: 'resync-existing' })
        else await resyncing
        await scene.restart()
        if (!append) {
          const { rows } = await scene.follower.connection.query(
            'select p.id, u.name from public.profiles p join public.users u on u.id in (p.id, 6) where p.id = 5 order by 2',
          )
          expect(rows).toEqual([
            { id: 5, name: 'other' },
            { id: 5, name: 'other' },
          ])
        }
        const { rows } = await scene.follower.connection.query<{ id: number; kept: number }>(
          'select id, kept from public.users order by id',
        )
        const now = db.prepare('select id from users order by id').pluck().all() as number[]
        const kept = now.filter((id) => before.includes(id))
        const theirs = append ? 2 : 0
        expect(rows.filter((row) => row.kept === 2).map(({ id }) => id)).toEqual(kept)
        expect(rows).toHaveLength(now.length + theirs)
        db.close()
      },
      { dataOnly: true, ...(append ? { append } : {}) },
      target + others,
    )
  })
}
