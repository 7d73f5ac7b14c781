import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { Connection } from '../../src/engine/target/connection/connection.ts'
import { expectAsForecast } from '../support/as-forecast.ts'
import { cutSmallBlocks } from '../support/block-size.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

cutSmallBlocks()

/** 3 collides with a row that is there. Larger than one block, so that a run can be stopped between two. */
const source = `
  create table users (id integer primary key, name text, unique_code text);
  insert into users values (2, 'Ann', 'a'), (3, 'Bob', 'b'), (4, 'Cyd', 'taken'), (10, 'Dan', 'd');
  create table notes (user_id integer, text text);
  insert into notes values (2, 'same'), (2, 'same'), (10, 'other');
  create table numbers (id integer primary key, square integer);
  with recursive n(value) as (select 1 union all select value + 1 from n where value < 12000)
    insert into numbers select value, value * value from n;`

const target = `
  create table public.users (id serial primary key, name text, unique_code text unique, at timestamptz default now());
  create table public.notes (user_id integer, text text);
  create table public.numbers (id bigint primary key, square bigint);
  insert into public.users (id, name, unique_code) values (1, 'there', 'taken'), (3, 'first', 'x'), (7, 'last', 'z');
  select setval('public.users_id_seq', 7);
  insert into public.notes values (2, 'same'), (1, 'own');
  insert into public.numbers values (0, 0), (-1, 1);`

type Filling = {
  readonly connection: Connection
  run(wishes?: Partial<Parameters<typeof runForTest>[0]>): ReturnType<typeof runForTest>
}

async function inApplication(url: string, body: (filling: Filling) => Promise<void>): Promise<void> {
  await inScene(
    url,
    { name: 'app.db', sql: source },
    async ({ file, workFolder, url: database, connection }) => {
      await connection.execute(target)
      await body({
        connection,
        run: (wishes = {}) =>
          runForTest({
            sources: [file],
            url: database,
            workFolder,
            options: { dataOnly: true, append: true },
            request: { verifyLevel: 'full' },
            ...wishes,
          }),
      })
    },
  )
}

const failedChecks = (report: Awaited<ReturnType<typeof runForTest>>['report']) =>
  report!.verify.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)

forEachServerNightly((server) => {
  it('rows are added beside those that are there, which stay as they were; taken keys go to quarantine', async () => {
    await inApplication(server.url, async ({ connection, run }) => {
      const { report } = await run()
      expect(failedChecks(report)).toEqual([])
      expect(report!.verify.differences).toEqual([])
      expect(report!.exitCode).toBe(8)
      expectAsForecast(report!)
      const users = await connection.query('select id, name from public.users order by id')
      expect(users.rows).toEqual([
        { id: 1, name: 'there' },
        { id: 2, name: 'Ann' },
        { id: 3, name: 'first' },
        { id: 7, name: 'last' },
        { id: 10, name: 'Dan' },
      ])
      const notes = await connection.query('select user_id, text from public.notes order by 1, 2')
      expect(notes.rows.map(({ text }) => text)).toEqual(['own', 'same', 'same', 'same', 'other'])
      const { rows } = await connection.query<{ key: unknown; code: string }>(
        'select key, code from gpt_migrate.quarantine order by ordinal',
      )
      expect(rows.map(({ key, code }) => [JSON.stringify(key), code])).toEqual([
        ['[{"integer":"3"}]', 'refused-by-server'],
        ['[{"integer":"4"}]', 'refused-by-server'],
      ])
      const next = await connection.queryOne<{ id: number }>(
        "insert into public.users (name) values ('new') returning id",
      )
      expect(next.id).toBe(11)
    })
  })

  it('an interrupted run continues, and knows what was there before its first row', async () => {
    await inApplication(server.url, async ({ connection, run }) => {
      const control = new RunControl()
      const stopped = await run({
        control,
        onEvent: (event) => {
          if (event.type === 'table-progress') control.stop('SIGINT')
        },
      })
      expect(stopped.report?.status).toBe('stopped')
      const { report } = await run()
      expect(failedChecks(report)).toEqual([])
      expect(report!.verify.differences).toEqual([])
      expect(report!.run).toBe(stopped.report!.run)
      const { rows } = await connection.query<{ rows: number }>(
        'select "rows"::integer as rows from gpt_migrate.earlier order by target',
      )
      expect(rows.map((row) => row.rows)).toEqual([2, 2, 3])
    })
  })

  it('a changed row of others is a failed check, a changed row of the run a difference that is named', async () => {
    for (const level of ['checksum', 'full'] as const) {
      await inApplication(server.url, async ({ connection, run }) => {
        await connection.execute(`
          create function public.meddle() returns trigger language plpgsql as $$ begin
            if new.text = 'other' then
              update public.users set name = 'changed' where id = 1;
              new.text := 'altered';
            end if;
            return new; end $$;
          create trigger meddle before insert on public.notes for each row execute function public.meddle()`)
        const { report } = await run({ request: { verifyLevel: level } })
        expect(report!.exitCode).toBe(7)
        expect(failedChecks(report)).toEqual([
          'earlier rows public.users: There were 3 rows before the run, and 2 that are not its own now.',
        ])
        const found = report!.verify.differences.filter(({ table }) => table.endsWith('/notes'))
        expect(found.map(({ kind }) => kind)).toContain('missing-row')
      })
    }
  })

  it('without it, tables that hold rows are refused, and nothing is written', async () => {
    await inApplication(server.url, async ({ connection, run }) => {
      await expect(run({ options: { dataOnly: true } })).rejects.toMatchObject({
        code: 'table-not-empty',
        hint: expect.stringContaining('--append'),
      })
      const { found } = await connection.queryOne<{ found: number }>(
        'select count(*)::integer as found from public.users',
      )
      expect(found).toBe(3)
    })
  })
})
