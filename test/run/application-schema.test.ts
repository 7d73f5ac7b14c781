/** Data-only into a schema with rules of its own: cycles of references, referring tables, triggers, roles with few rights. */
import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import type { Report } from '../../src/engine/model/report.ts'
import type { Connection } from '../../src/engine/target/connection/connection.ts'
import { expectAsForecast } from '../support/as-forecast.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

type Scene = {
  readonly connection: Connection
  readonly name: string
  run(more?: { readonly truncate?: string; readonly url?: URL }): Promise<Report>
}

async function inApplication(
  server: string,
  { source, target }: { readonly source: string; readonly target: string },
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  await inScene(server, { name: 'app.db', sql: source }, async ({ file, workFolder, url, connection }) => {
    await connection.execute(target)
    const { name } = await connection.queryOne<{ name: string }>('select current_database() as name')
    await body({
      connection,
      name,
      async run({ truncate, url: other } = {}) {
        const { report } = await runForTest({
          sources: [file],
          url: other?.href ?? url,
          workFolder,
          options: { dataOnly: true },
          request: { verifyLevel: 'full', ...(truncate === undefined ? {} : { truncate }) },
        })
        if (report === null) throw new Error('no report')
        return report
      },
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

const cycle = `
  create table a (id integer primary key, b_id integer, v text);
  create table b (id integer primary key, c_id integer not null, v text);
  create table c (id integer primary key, a_id integer not null, v text);
  insert into a values (1, 2, 'x'), (2, null, 'y'), (3, 99, 'orphan');
  insert into b values (1, 1, 'x'), (2, 2, 'y');
  insert into c values (1, 1, 'x'), (2, 2, 'y');`

forEachServerNightly((server) => {
  it('fills a cycle of references whose key may be null', async () => {
    const target = `
      create table public.a (id integer primary key, b_id integer, v text);
      create table public.b (id integer primary key, c_id integer not null, v text);
      create table public.c (id integer primary key, a_id integer not null references public.a, v text);
      alter table public.a add constraint a_b foreign key (b_id) references public.b;
      alter table public.b add constraint b_c foreign key (c_id) references public.c;`
    await inApplication(server.url, { source: cycle, target }, async ({ connection, run }) => {
      const report = await run()
      expect(report.error ?? null).toBeNull()
      expect(report.verify.differences).toEqual([])
      expect(report.status).toBe('quarantined')
      const { rows } = await connection.query('select id, b_id from public.a order by id')
      expect(rows).toEqual([
        { id: 1, b_id: 2 },
        { id: 2, b_id: null },
      ])
      const { left } = await connection.queryOne<{ left: number }>(
        `select count(*)::int as left from pg_class where relname like '%gpt_migrate_references'`,
      )
      expect(left).toBe(0)
    })
  })

  it('names the keys of a cycle that nothing breaks, before anything is written', async () => {
    const target = `
      create table public.a (id integer primary key, b_id integer not null, v text);
      create table public.b (id integer primary key, c_id integer not null, v text);
      create table public.c (id integer primary key, a_id integer not null constraint c_a references public.a, v text);
      alter table public.a add constraint a_b foreign key (b_id) references public.b;
      alter table public.b add constraint b_c foreign key (c_id) references public.c;`
    await inApplication(server.url, { source: cycle, target }, async ({ run }) => {
      const error = await refusal(run())
      expect(error).toMatchObject({ kind: 'plan', code: 'foreign-key-cycle' })
      for (const name of ['a_b', 'b_c', 'c_a']) expect(error.message).toContain(name)
    })
  })

  it('fills a cycle whose keys can wait for the end of a transaction, without the rows that name a refused one', async () => {
    const source = `
      create table a (id integer primary key, b_id integer, v text);
      create table b (id integer primary key, a_id integer, v text);
      create table after (id integer primary key, a_id integer);
      insert into a values (1, 2, 'x'), (2, 1, 'x'), (3, 3, 'names a row that a check refuses'), (4, 4, 'names one that is too long');
      insert into b values (1, 2, 'x'), (2, 1, 'x'), (3, 3, 'bad'), (4, 4, 'longer than it may be'), (5, 1, 'x');
      insert into after values (1, 1), (2, 3);`
    const target = `
      create table public.a (id integer primary key, b_id integer not null, v text);
      create table public.b (id integer primary key, a_id integer not null references public.a deferrable,
        v varchar(10) check (v <> 'bad'));
      alter table public.a add foreign key (b_id) references public.b deferrable initially deferred;
      create table public.after (id integer primary key, a_id integer references public.a);`
    await inApplication(server.url, { source, target }, async ({ connection, run }) => {
      const report = await run()
      expect(report.error ?? null).toBeNull()
      expectAsForecast(report)
      expect(report.status).toBe('quarantined')
      const { rows } = await connection.query(
        `select (select string_agg(id || '-' || b_id, ' ' order by id) from public.a) as a,
                (select string_agg(id || '-' || a_id, ' ' order by id) from public.b) as b,
                (select string_agg(id || '-' || a_id, ' ' order by id) from public.after) as after,
                (select count(*)::int from gpt_migrate.quarantine) as refused`,
      )
      expect(rows).toEqual([{ a: '1-2 2-1', b: '1-2 2-1 5-1', after: '1-1', refused: 5 }])
    })
  })

  it('keeps out rows whose key is filled last and names a refused one, and those that name them, as was forecast', async () => {
    const source = `
      create table a (id integer primary key, b_id, v text);
      create table b (id integer primary key, a_id integer, v);
      create table after (id integer primary key, a_id integer);
      insert into a values (1, 1, 'x'), (2, 2, 'names one that its type refuses'), (3, 3, 'names one that goes with 2'),
        (4, null, 'x'), (5, 5, 'names one that a check refuses'), (6, 1, 'repeats what is unique'), (7, 'no number', 'x');
      insert into b values (1, 1, 7), (2, 1, 'no number'), (3, 2, 8), (4, 4, 9), (5, 1, 13), (6, 7, 1);
      insert into after values (1, 1), (2, 3), (3, 5);`
    const target = `
      create table public.a (id integer primary key, b_id integer unique, v text);
      create table public.b (id integer primary key, a_id integer references public.a, v integer check (v <> 13));
      alter table public.a add constraint a_b foreign key (b_id) references public.b;
      create table public.after (id integer primary key, a_id integer not null references public.a on delete cascade);`
    await inApplication(server.url, { source, target }, async ({ connection, run }) => {
      const report = await run()
      expect(report.error ?? null).toBeNull()
      expectAsForecast(report)
      expect(report.exitCode).toBe(8)
      const { rows } = await connection.query(
        `select (select string_agg(id || '-' || coalesce(b_id::text, ''), ' ' order by id) from public.a) as a,
                (select string_agg(id || '-' || a_id, ' ' order by id) from public.b) as b,
                (select string_agg(id || '-' || a_id, ' ' order by id) from public.after) as after,
                (select count(*)::int from gpt_migrate.quarantine) as refused`,
      )
      expect(rows).toEqual([{ a: '1-1 4-', b: '1-1 4-4', after: '1-1', refused: 11 }])
    })
  })

  it('refuses in the plan a key that is filled last and names a refused row where triggers hide which rows there will be', async () => {
    const source = (named: number) => `
      create table a (id integer primary key, b_id integer);
      create table b (id integer primary key, a_id integer, v text);
      insert into a values (1, 1), (2, ${named});
      insert into b values (1, 1, '7'), (2, 2, 'no number'), (3, 2, '13');`
    const target = `
      create table public.a (id integer primary key, b_id integer);
      create table public.b (id integer primary key, a_id integer references public.a, v integer check (v <> 13));
      alter table public.a add constraint a_b foreign key (b_id) references public.b;
      create function public.note() returns trigger language plpgsql as $$ begin return new; end $$;
      create trigger note before insert on public.b for each row execute function public.note();`
    for (const named of [2, 3])
      await inApplication(server.url, { source: source(named), target }, async ({ connection, run }) => {
        const error = await refusal(run())
        expect(error).toMatchObject({ kind: 'plan', code: 'cycle-names-refused' })
        expect(error.message).toContain('1 row')
        const { rows } = await connection.query('select count(*)::int as rows from public.a')
        expect(rows).toEqual([{ rows: 0 }])
        await connection.execute(`alter table "public"."b" disable trigger user`)
        const report = await run()
        expectAsForecast(report)
        expect(report.exitCode).toBe(8)
      })
    await inApplication(server.url, { source: source(1), target }, async ({ run }) => {
      const report = await run()
      expect(report.error ?? null).toBeNull()
      expect(report.exitCode).toBe(8)
    })
  })

  it('names the triggers where one leaves out a row that a key filled last names, and continues without the key', async () => {
    const source = `
      create table a (id integer primary key, b_id integer);
      create table b (id integer primary key, a_id integer);
      insert into a values (1, 1), (2, 2);
      insert into b values (1, 1), (2, 2);`
    const target = `
      create table public.a (id integer primary key, b_id integer);
      create table public.b (id integer primary key, a_id integer references public.a);
      alter table public.a add constraint a_b foreign key (b_id) references public.b;
      create function public.guard() returns trigger language plpgsql as $$ begin return case when new.id <> 2 then new end; end $$;
      create trigger guard_rows before insert on public.b for each row execute function public.guard();`
    await inApplication(server.url, { source, target }, async ({ connection, run }) => {
      const stopped = await run()
      expect(stopped.exitCode).toBe(6)
      expect(stopped.error?.hint).toContain('guard_rows of public.b')
      await connection.execute('alter table "public"."a" drop constraint "a_b"')
      const report = await run()
      expect(report.error ?? null).toBeNull()
      expect(report.exitCode).toBe(8)
      const { rows } = await connection.query(
        `select string_agg(id || '-' || b_id, ' ' order by id) as a from public.a`,
      )
      expect(rows).toEqual([{ a: '1-1 2-2' }])
    })
  })

  it('empties tables that only empty ones refer to, and names the one that holds rows', async () => {
    const source = `create table users (id integer primary key); insert into users values (1), (2);`
    const target = `
      create table public.users (id bigint primary key);
      create table public.audit (id bigint primary key, user_id bigint references public.users);
      create table public.audit_detail (audit_id bigint constraint detail_audit references public.audit);
      insert into public.users values (7);`
    await inApplication(server.url, { source, target }, async ({ connection, name, run }) => {
      await connection.execute('insert into public.audit values (1, 7)')
      const error = await refusal(run({ truncate: name }))
      expect(error).toMatchObject({ kind: 'target', code: 'truncate-referenced' })
      expect(error.message).toContain('public.audit')
      const { rows } = await connection.query('select id::int from public.users')
      expect(rows).toEqual([{ id: 7 }])
      await connection.execute('delete from public.audit')
      const report = await run({ truncate: name })
      expect(report.status).toBe('ok')
      const users = await connection.query('select id::int from public.users order by id')
      expect(users.rows).toEqual([{ id: 1 }, { id: 2 }])
    })
  })

  it("runs triggers and defaults under the application's search path, and names the triggers", async () => {
    const source = `create table note (id integer primary key, body text); insert into note values (1, 'a'), (2, 'b');
      create table other (id integer primary key); insert into other values (70);`
    const target = `
      create sequence public.numbers;
      create table public.other (id bigint primary key default nextval('public.numbers'));
      create table public.note (id integer primary key default nextval('public.numbers'), body text, stamp integer default 0);
      create table public.log (note_id integer, path text);
      create function public.write_log() returns trigger language plpgsql as
        $$ begin insert into log values (new.id, current_setting('search_path') || ' · ' || current_schema); return new; end $$;
      create function public.shout() returns trigger language plpgsql as
        $$ begin new.body := upper(new.body); return new; end $$;
      create trigger write_log after insert on public.note for each row execute function public.write_log();
      create trigger shout before insert on public.note for each row execute function public.shout();
      alter table public.note disable trigger shout;`
    await inApplication(server.url, { source, target }, async ({ connection, run }) => {
      const report = await run()
      expect(report.status).toBe('ok')
      const told = report.findings.find(({ code }) => code === 'triggers-run')
      expect(told?.message).toContain('write_log')
      expect(told?.message).not.toContain('shout')
      const { rows } = await connection.query('select note_id, path from public.log order by note_id')
      // Of the server's path, what others could put names into is left out for a superuser.
      expect(rows).toEqual([
        { note_id: 1, path: '"public" · public' },
        { note_id: 2, path: '"public" · public' },
      ])
      // Both tables take their numbers from one sequence, which neither owns.
      const { next } = await connection.queryOne<{ next: number }>(
        `select nextval('public.numbers')::int as next`,
      )
      expect(next).toBe(71)
    })
  })

  it('refuses the rows that rules and triggers refuse, and no other row of a table that names itself', async () => {
    const source = `
      create table staff (id integer primary key, boss integer, pay integer);
      insert into staff values (1, 4, 1), (2, 1, -5), (3, 2, 1), (4, null, 1), (5, 4, 666);
      create table gone (id integer primary key, v text);
      insert into gone values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');`
    const target = `
      create table public.staff (id integer primary key, boss integer references public.staff, pay integer check (pay > 0));
      create table public.gone (id integer primary key, v text);
      create function public.skip() returns trigger language plpgsql as $$ begin
        if new.id = 2 then return null; end if;
        if new.id = 4 then raise exception 'no more than three'; end if;
        return new; end $$;
      create trigger skip before insert on public.gone for each row execute function public.skip()`
    await inApplication(server.url, { source, target }, async ({ connection, run }) => {
      const report = await run()
      expect(report.error ?? null).toBeNull()
      expect(report.exitCode).toBe(8)
      const { rows: staff } = await connection.query('select id from public.staff order by id')
      expect(staff.map(({ id }) => id)).toEqual([1, 4, 5])
      const { rows: gone } = await connection.query('select id from public.gone order by id')
      expect(gone.map(({ id }) => id)).toEqual([1, 3])
      expect(report.forecast!.quarantine).toEqual({ rows: 2, byCode: { 'refused-by-server': 2 } })
      expect(report.forecast!.judgedByServer.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
        'unique gone_pkey',
        'trigger skip',
      ])
      expect(report.forecast!.deviations).toEqual([])
    })
  })

  it('names every right that a role lacks, with statements that give them', async () => {
    const source = `create table todo (id integer primary key, title text); insert into todo values (1, 'a'), (2, 'b');`
    const target = `create table public.todo (id bigserial primary key, title text)`
    await inApplication(server.url, { source, target }, async ({ connection, name, run }) => {
      const role = `writer_${name}`
      await connection.execute(`create role ${role} login password 'secret'`)
      try {
        const url = new URL(server.url)
        url.pathname = `/${name}`
        url.username = role
        url.password = 'secret'
        const error = await refusal(run({ url }))
        expect(error).toMatchObject({ kind: 'target', code: 'insufficient-privilege' })
        const grants = [...(error.hint ?? '').matchAll(/grant [^;]+;/g)].map(([grant]) => grant)
        expect(grants.map((grant) => grant.replace(/ to .*/, ''))).toEqual([
          `grant create on database "${name}"`,
          'grant select, insert, update on "public"."todo"',
          'grant usage, select, update on sequence public.todo_id_seq',
        ])
        await connection.execute(grants.join(' '))
        const report = await run({ url })
        expect(report.status).toBe('ok')
      } finally {
        await connection.execute(`drop owned by ${role} cascade; drop role ${role}`)
      }
    })
  })
})
