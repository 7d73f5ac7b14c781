import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import type { Connection } from '../../src/engine/target/connection/connection.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const source = `
  create table users (id integer primary key, fullName text, is_admin integer, created integer);
  create table posts (id integer primary key, author integer references users (id), reply_to integer references posts (id),
    title text, score real, meta text);
  create table tags (post_id integer, tag text, primary key (post_id, tag)) without rowid;
  insert into users values (1, 'Ann', 1, 1700000000), (5, 'Bob', 0, 1700000001);
  insert into posts values (1, 5, 3, 'reply first', 1.25, '{"b":1,"a":2}'), (2, 1, null, 'x', 2, null), (3, 1, null, 'y', null, '[]');
  insert into tags values (1, 'red'), (1, 'blue'), (3, 'red');`

/** As an application's own migrations would make it, names in its own style, children before parents. */
const target = `
  create table public.users (
    id serial primary key, full_name varchar(40) not null, is_admin boolean not null, created timestamptz,
    language text not null default 'en', shout text generated always as (upper(full_name)) stored);
  create table public.posts (
    id bigserial primary key, author integer not null references public.users (id),
    reply_to bigint references public.posts (id), title text, score numeric(10,4), meta jsonb);
  create table public."Tags" (post_id bigint references public.posts (id), tag varchar(10), primary key (post_id, tag));
  create table public.untouched (id integer);
  insert into public.untouched values (1);`

type Filling = {
  readonly connection: Connection
  readonly name: string
  run(wishes?: { truncate?: string; exclude?: string[] }): ReturnType<typeof runForTest>
}

async function inApplication(
  url: string,
  body: (filling: Filling) => Promise<void>,
  sql = source,
): Promise<void> {
  await inScene(url, { name: 'app.db', sql }, async ({ file, workFolder, url: database, connection }) => {
    await connection.execute(target)
    const { name } = await connection.queryOne<{ name: string }>('select current_database() as name')
    await body({
      connection,
      name,
      run: ({ truncate, exclude = [] } = {}) =>
        runForTest({
          sources: [file],
          url: database,
          workFolder,
          options: { dataOnly: true, exclude },
          request: { verifyLevel: 'full', ...(truncate === undefined ? {} : { truncate }) },
        }),
    })
  })
}

async function refusal(work: Promise<unknown>): Promise<MigrateError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MigrateError)) throw error ?? new Error('nothing was refused')
  return error
}

forEachServerNightly((server) => {
  it('fills the tables of an application, in the order of its foreign keys, and moves its sequences', async () => {
    await inApplication(server.url, async ({ connection, run }) => {
      const { report } = await run()
      expect(report?.verify.differences).toEqual([])
      expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(report?.status).toBe('ok')
      const users = await connection.query(
        'select id, full_name, is_admin, created::text, language, shout from public.users order by id',
      )
      expect(users.rows).toEqual([
        {
          id: 1,
          full_name: 'Ann',
          is_admin: true,
          created: '2023-11-14 22:13:20+00',
          language: 'en',
          shout: 'ANN',
        },
        {
          id: 5,
          full_name: 'Bob',
          is_admin: false,
          created: '2023-11-14 22:13:21+00',
          language: 'en',
          shout: 'BOB',
        },
      ])
      const { tags } = await connection.queryOne<{ tags: string }>(
        'select count(*)::text as tags from public."Tags"',
      )
      expect(tags).toBe('3')
      const next = await connection.queryOne<{ id: number }>(
        "insert into public.users (full_name, is_admin) values ('new', false) returning id",
      )
      expect(next.id).toBe(6)
    })
  })

  it('refuses tables that hold rows, unless their database is named', async () => {
    await inApplication(server.url, async ({ connection, name, run }) => {
      await connection.execute("insert into public.users (id, full_name, is_admin) values (1, 'there', true)")
      const refused = await refusal(run())
      expect(refused).toMatchObject({ kind: 'target', code: 'table-not-empty' })
      expect(refused.message).toContain('public.users')
      expect(refused.hint).toContain(`--truncate ${name}`)
      expect(await refusal(run({ truncate: 'public' }))).toMatchObject({ code: 'truncate-not-confirmed' })
      const kept = await connection.query('select full_name from public.users')
      expect(kept.rows).toEqual([{ full_name: 'there' }])
      const { report } = await run({ truncate: name })
      expect(report?.status).toBe('ok')
      expect((await connection.query('select id from public.untouched')).rows).toEqual([{ id: 1 }])
    })
  })

  it('what has no home is an error of the plan, and what does not fit goes to quarantine', async () => {
    const extra = `${source}
      alter table users add column nickname text;
      create table log (line text);
      insert into log values ('x');`
    await inApplication(
      server.url,
      async ({ run }) => {
        expect(await refusal(run())).toMatchObject({ kind: 'plan' })
        expect((await refusal(run({ exclude: ['log'] }))).message).toContain('users.nickname')
      },
      extra,
    )
    const long = `${source} insert into users values (9, '${'x'.repeat(41)}', 1, 1700000002), (10, 'ok', 1, 1700000003), (11, null, 0, 1700000004);
      insert into posts values (20, 99, null, 'orphan', 1, null);`
    await inApplication(
      server.url,
      async ({ run, connection }) => {
        const { report } = await run()
        expect(report?.verify.differences).toEqual([])
        expect(report?.status).toBe('quarantined')
        expect(report?.quarantine.rows).toBe(3)
        const { rows } = await connection.query<{ id: number }>('select id from public.users order by id')
        expect(rows.map(({ id }) => id)).toEqual([1, 5, 10])
      },
      long,
    )
  })
})
