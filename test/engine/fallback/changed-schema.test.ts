/** What somebody changes in PostgreSQL after the switch: the way back names it, or brings it along; it never leaves rows behind silently. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cutBack } from '../../../src/engine/run/cut-over/cut-back.ts'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../../support/databases.ts'
import { bringBackOnce, quietly } from '../../support/fallback.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { migrateExactly } from '../export/exported.ts'

type Move = { readonly database: FreshDatabase; readonly back: string; readonly connection: Connection }

async function moved(work: (move: Move) => Promise<void>): Promise<void> {
  const folder = temporaryFolder()
  const sources = join(folder, 'sources')
  mkdirSync(sources)
  const db = openWritable(join(sources, 'app.db'))
  db.exec(`create table items (id integer primary key, name text, number integer);
    insert into items values (1, 'one', 1), (2, 'two', 2);
    create table others (id integer primary key, name text);
    insert into others values (1, 'one')`)
  db.close()
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  try {
    await migrateExactly(sources, database, folder)
    const back = join(folder, 'back')
    await bringBackOnce(database, back)
    await work({ database, back, connection })
  } finally {
    await connection.end()
    await database.drop()
  }
}

const goBack = ({ database, back }: Move) =>
  cutBack(
    {
      target: { target: database.url, env: {}, workFolder: back, port: null },
      run: null,
      folder: back,
      command: null,
      withinMs: 5_000,
      acceptAside: false,
    },
    quietly(),
  )

const rowsIn = ({ back }: Move): unknown => {
  const db = openWritable(join(back, 'app.db'))
  try {
    return db.prepare('select id, name, number from items order by id').all()
  } finally {
    db.close()
  }
}

const three = { id: 3, name: 'three', number: 3 }

it('what the files have no place for is named, and comes along once it is put right', async () => {
  await moved(async (move) => {
    const { connection, database, back } = move
    await connection.execute(`insert into public.items values (3, 'three', 3)`)
    for (const { change, undo, named } of [
      {
        change: 'alter table public.items rename to articles',
        undo: 'alter table public.articles rename to items',
        named: /"public"\."items" is no longer there/,
      },
      {
        change: 'alter table public.items rename column name to title',
        undo: 'alter table public.items rename column title to name',
        named: /"public"\."items" no longer has "name"/,
      },
      {
        change: 'alter table public.items alter column number type integer',
        undo: 'alter table public.items alter column number type bigint',
        named: /"number" of "public"\."items" is integer, and was bigint/,
      },
    ]) {
      await connection.execute(change)
      for (const going of [() => bringBackOnce(database, back), () => goBack(move)])
        await expect(going(), change).rejects.toMatchObject({
          code: 'target-changed',
          message: expect.stringMatching(named),
        })
      await connection.execute(undo)
    }
    expect(await goBack(move)).toMatchObject({ state: 'fallen back' })
    expect(rowsIn(move)).toContainEqual(three)
  })
})

it.each([
  [
    'triggers that were off for a while',
    `alter table public.items disable trigger all;
     delete from public.items where id = 1; update public.items set number = 12 where id = 2;
     alter table public.items enable trigger all`,
  ],
  [
    'a trigger that was dropped',
    `drop trigger gpt_migrate_delete on public.items; drop trigger gpt_migrate_update on public.items;
     delete from public.items where id = 1; update public.items set number = 12 where id = 2`,
  ],
])('%s: the files get what it holds', async (_, change) => {
  await moved(async (move) => {
    await move.connection.execute(change)
    expect(await goBack(move)).toMatchObject({ state: 'fallen back' })
    expect(rowsIn(move)).toEqual([{ id: 2, name: 'two', number: 12 }])
  })
})

it('a table that is rewritten while a round waits for it is not taken for an empty one', async () => {
  await moved(async (move) => {
    const { connection, database, back } = move
    await connection.execute(`insert into public.items values (3, 'three', 3)`)
    await connection.execute(
      'begin; alter table public.items add column made uuid not null default gen_random_uuid()',
    )
    const going = bringBackOnce(database, back)
    await expect
      .poll(
        async () =>
          (
            await connection.queryOne<{ waiting: boolean }>(
              `select exists (select from pg_locks where not granted and relation = 'public.items'::regclass) as waiting`,
            )
          ).waiting,
        { timeout: 30_000 },
      )
      .toBe(true)
    await connection.execute('commit')
    await going
    expect(rowsIn(move)).toEqual([
      { id: 1, name: 'one', number: 1 },
      { id: 2, name: 'two', number: 2 },
      three,
    ])
  })
})

it('columns and tables that the files lack stay behind, and everything else comes', async () => {
  await moved(async (move) => {
    await move.connection.execute(`alter table public.items add column more text not null default 'x';
      create table public.later (id integer primary key); insert into public.later values (1);
      insert into public.items values (3, 'three', 3, 'more')`)
    expect(await goBack(move)).toMatchObject({ state: 'fallen back' })
    expect(rowsIn(move)).toContainEqual(three)
  })
})
