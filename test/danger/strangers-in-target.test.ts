/** State that another role of the server prepared: an administrator's command runs none of that role's code, and says whose it is. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JOURNAL_DDL } from '../../src/engine/journal/ddl.ts'
import { rollBackTarget } from '../../src/engine/run/past-runs/rollback-target.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import {
  holdCreatedTables,
  readObjectIds,
  refuseReplaced,
} from '../../src/engine/target/guards/created-tables.ts'
import { holdTrustedTable, refuseForeignNames } from '../../src/engine/target/guards/foreign-names.ts'
import { isNight } from '../support/breadth.ts'
import { runCommand } from '../support/command.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import type { Ended } from '../support/program.ts'
import { runForTest } from '../support/run.ts'
import { asRole, createStranger, dropStranger, hasCaught, TRAPS } from '../support/strangers.ts'

const folder = temporaryFolder()
const source = join(folder, 'shop.db')
const db = openWritable(source)
db.exec("create table orders (id integer primary key, v text); insert into orders (v) values ('a'), ('b')")
db.close()

/** What takes over the server when an administrator runs it. */
const takeOver = (schema: string, mallory: string) => `
  create function ${schema}.take_over() returns trigger language plpgsql as
    $$ begin execute 'alter role ${mallory} superuser'; return new; end $$;
  create function ${schema}.taken() returns integer language plpgsql as
    $$ begin execute 'alter role ${mallory} superuser'; return 2; end $$;`

forEachServerNightly((server) => {
  const mallory = `mallory_${process.pid}_${server.major}`
  let target: FreshDatabase

  const as = (role: string | null, sql: string): ReturnType<typeof asRole> => asRole(target.url, role, sql)
  const expectNothingChangedHands = async (): Promise<void> => {
    const { rows } = await as(null, `select rolsuper from pg_roles where rolname = '${mallory}'`)
    expect(rows).toEqual([{ rolsuper: false }])
  }
  const expectRefused = ({ exitCode, errors }: Ended): void => {
    expect({ exitCode, errors }).toMatchObject({ exitCode: 4, errors: expect.stringContaining(mallory) })
    expect(errors).toContain('--role')
  }
  const run = (args: readonly string[]): Promise<Ended> =>
    runCommand([...args, '--target', target.url, '--work-folder', join(folder, 'work')], { cwd: folder })

  const rollBack = (role: string | null): ReturnType<typeof rollBackTarget> =>
    rollBackTarget({
      target: { target: target.url, env: {}, workFolder: join(folder, 'work'), port: null, role },
      run: null,
      force: null,
    })

  beforeAll(async () => {
    target = await freshDatabase(server.url)
    await createStranger(target.url, target.address.database, mallory)
  })
  afterAll(async () => {
    await dropStranger(target.url, mallory)
    await target.drop()
  })

  const plants: Readonly<Record<string, () => string>> = {
    'the journal with a trigger': () => `${JOURNAL_DDL}${takeOver('gpt_migrate', mallory)}
      create trigger t before insert or update on gpt_migrate.run for each row execute function gpt_migrate.take_over()`,
    'a view in place of its version': () => `create schema gpt_migrate; ${takeOver('gpt_migrate', mallory)}
      create view gpt_migrate.version as select gpt_migrate.taken() as number`,
    'a policy on its version': () => `${JOURNAL_DDL}${takeOver('gpt_migrate', mallory)}
      alter table gpt_migrate.version enable row level security, force row level security;
      create policy p on gpt_migrate.version using (gpt_migrate.taken() = 2)`,
  }

  const commands = [
    ['--yes', '--dry-run', '--source', source],
    ['status'],
    ['--yes', '--source', source],
    ['plan', '--source', source],
    ['verify'],
    ['rejects', 'list'],
    ['rejects', 'retry'],
    ['export', '--to-sqlite', join(folder, 'exported')],
  ]

  describe.each(Object.keys(plants))('%s', (name) => {
    beforeAll(() => as(mallory, plants[name]!()))
    afterAll(() => as(null, 'drop schema gpt_migrate cascade'))

    it('refuses rollback', async () => {
      await expect(rollBack(null)).rejects.toMatchObject({ code: 'journal-of-another-role', kind: 'target' })
      await expectNothingChangedHands()
    })

    it.each(isNight || name === 'the journal with a trigger' ? commands : commands.slice(0, 2))(
      'refuses %s %s',
      async (...args) => {
        expectRefused(await run(args))
        await expectNothingChangedHands()
      },
    )
  })

  describe.each([
    [
      'a trigger',
      (c: string) =>
        `create trigger t before insert on gpt_migrate.run for each row execute function ${c}.take_over()`,
    ],
    [
      'a foreign default',
      (c: string) =>
        `alter table gpt_migrate.run alter finished_at set default now() + ${c}.taken() * interval '1 s'`,
    ],
    ['a rule', (_: string) => 'create rule r as on insert to gpt_migrate.writer do also notify stranger'],
    ['row security', (_: string) => 'alter table gpt_migrate.run enable row level security'],
    ['a child', (_: string) => 'create table public.child () inherits (gpt_migrate.block)'],
    ['the right to create triggers', (_: string) => `grant trigger on gpt_migrate.run to ${mallory}`],
  ])('a journal of ours with %s', (_name, plant) => {
    it('is not read', async () => {
      await as(mallory, `create schema mine; ${takeOver('mine', mallory)}`)
      await as(null, `${JOURNAL_DDL}${plant('mine')}`)
      const { exitCode, errors } = await run(['status'])
      await as(null, 'drop schema gpt_migrate cascade; drop schema mine cascade')
      expect({ exitCode, errors }).toMatchObject({
        exitCode: 4,
        errors: expect.stringContaining('gpt_migrate'),
      })
      await expectNothingChangedHands()
    })
  })

  it('a schema of another role: refused with the way out, which then works', async () => {
    await as(mallory, 'create schema app')
    expectRefused(await run(['--yes', '--schema', 'app', '--source', source]))
    expectRefused(await run(['--yes', '--dry-run', '--schema', 'app', '--source', source]))
    const moved = await run(['--yes', '--schema', 'app', '--source', source, '--role', mallory])
    expect(moved).toMatchObject({ exitCode: 0, errors: '' })
    expect(moved.output).toContain(`--role ${mallory}`)
    const { rows } = await as(
      null,
      "select tableowner from pg_tables where schemaname in ('app', 'gpt_migrate')",
    )
    expect(new Set(rows.map(({ tableowner }) => tableowner))).toEqual(new Set([mallory]))
    expectRefused(await run(['status']))
    expect(await run(['verify', '--role', mallory])).toMatchObject({ exitCode: 0, errors: '' })
    await rollBack(mallory)
    await as(null, 'drop schema app')
  })

  it('a table of another role, to be filled: refused; with --role its trigger runs with its rights only', async () => {
    await as(
      mallory,
      `create schema app; ${takeOver('app', mallory)}
       create table app.orders (id bigint primary key, v text);
       create trigger t before insert on app.orders for each row execute function app.take_over()`,
    )
    const args = ['--yes', '--data-only', '--schema', 'app', '--source', source]
    expectRefused(await run(args))
    await expectNothingChangedHands()
    const tried = await run([...args, '--role', mallory])
    expect(tried.exitCode).not.toBe(0)
    await expectNothingChangedHands()
    await as(null, 'drop schema app cascade; drop schema if exists gpt_migrate cascade')
  })

  const expectNoCalls = async (): Promise<void> => expect(await hasCaught(target.url)).toBe(false)

  describe.each<[string, { readonly ours: string; readonly theirs?: string; readonly isEmptied?: true }]>([
    [
      'a trigger',
      {
        ours: `create table app.orders (id bigint primary key, v text);
          create trigger t before insert on app.orders for each row execute function mine.catches()`,
      },
    ],
    [
      'a check',
      { ours: 'create table app.orders (id bigint primary key, v text check (mine.catch(v) = 1))' },
    ],
    [
      'the type of a column',
      {
        ours: `create domain mine.d as text check (mine.caught() = 1); alter domain mine.d owner to ${mallory};
          create table app.orders (id bigint primary key, v mine.d)`,
      },
    ],
    [
      'the check of a domain of ours, of which a column is an array',
      {
        ours: `create domain app.d as text check (mine.catch(value) = 1); create domain app.e as app.d;
          create table app.orders (id bigint primary key, v text, w app.e[])`,
      },
    ],
    [
      'the function of an operator of ours',
      {
        ours: `create operator app.=== (procedure = mine.same, leftarg = text, rightarg = text);
          create table app.orders (id bigint primary key, v text check (v operator(app.===) 'a'))`,
      },
    ],
    [
      'a table whose rows go with those of ours',
      {
        ours: `create table app.orders (id bigint primary key, v text); grant references on app.orders to ${mallory}`,
        theirs: `create table mine.child (id bigint references app.orders on delete cascade);
          create trigger t after delete on mine.child execute function mine.catches()`,
      },
    ],
    [
      'a table that would be emptied, too',
      {
        ours: `create table app.orders (id bigint primary key, v text); insert into app.orders values (9, 'old');
          grant references on app.orders to ${mallory}`,
        theirs: `create table mine.child (id bigint references app.orders);
          create trigger t before truncate on mine.child execute function mine.catches()`,
        isEmptied: true,
      },
    ],
    [
      "a name that a trigger of ours finds in the table's schema",
      {
        ours: `create table app.orders (id bigint primary key, v varchar);
          create function app.ours() returns trigger language plpgsql as $$ begin new.v := lower(new.v); return new; end $$;
          create trigger t before insert on app.orders for each row execute function app.ours();
          grant create on schema app to ${mallory}`,
        theirs: `create function app.lower(varchar) returns varchar language sql as $$ select mine.caught()::varchar $$`,
      },
    ],
  ])("a superuser's table with, of another role, %s", (_what, { ours, theirs, isEmptied = false }) => {
    it('is refused, and what is there is not called', async () => {
      await as(mallory, TRAPS)
      await as(null, `create schema app; grant usage on schema app to ${mallory}; ${ours}`)
      if (theirs !== undefined) await as(mallory, theirs)
      const moving = runForTest({
        sources: [source],
        url: target.url,
        workFolder: join(folder, 'work'),
        options: { dataOnly: true, schema: 'app' },
        request: isEmptied ? { truncate: target.address.database } : {},
      })
      await expect(moving).rejects.toMatchObject({
        code: 'target-of-another-role',
        message: expect.stringContaining(mallory),
      })
      await expectNoCalls()
      await as(null, 'drop schema app cascade; drop schema mine cascade')
    })
  })

  it('a database of another role, whose search_path leads to names of that role', async () => {
    const { database } = target.address
    await as(
      mallory,
      `${TRAPS} create function mine.version() returns text language sql as $$ select mine.caught()::text $$;
       create function mine.set_config(text, text, boolean) returns text language sql as $$ select mine.caught()::text $$;
       create function mine.current_setting(text) returns text language sql as $$ select mine.caught()::text $$;
       create operator mine.= (procedure = mine.same, leftarg = text, rightarg = text)`,
    )
    await as(null, `alter database ${database} owner to ${mallory}`)
    await as(mallory, `alter database ${database} set search_path = mine, pg_catalog`)
    const asked = await run(['status'])
    await as(
      null,
      `alter database ${database} reset search_path; alter database ${database} owner to current_user;
       grant create on database ${database} to ${mallory}`,
    )
    expect(asked).toMatchObject({ exitCode: 0, errors: '' })
    await expectNoCalls()
    await as(null, 'drop schema mine cascade')
  })

  it("a superuser's event trigger that calls a function of another role's", async () => {
    await as(
      mallory,
      `${TRAPS} create function mine.event() returns event_trigger language plpgsql as $$ begin perform mine.caught(); end $$`,
    )
    await as(null, 'create event trigger planted on ddl_command_end execute function mine.event()')
    const [planned, asked] = [await run(['plan', '--source', source]), await run(['status'])]
    await as(null, 'drop event trigger planted')
    expectRefused(planned)
    expectRefused(asked)
    expect(asked.errors).toContain('alter event trigger "planted" disable')
    await expectNoCalls()
    await as(null, 'drop schema mine cascade')
  })

  it("statements of an application find no name of another role's in a superuser's session", async () => {
    await as(mallory, TRAPS)
    await as(null, `create schema app; grant create on schema app to ${mallory}`)
    const own = await connect(target.address)
    await refuseForeignNames(own, ['app'])
    await as(mallory, 'create view app.orders as select mine.caught() as id')
    await expect(refuseForeignNames(own, ['app'])).rejects.toMatchObject({
      code: 'target-of-another-role',
      message: expect.stringMatching(/view app.orders .*mallory/),
    })
    await own.end()
    await as(null, 'drop schema app cascade; drop schema mine cascade')
  })

  it('an ordinary role fills a table that it was given, whose owner the plan names', async () => {
    await as(
      null,
      `create role ${mallory}_owner; create schema app authorization ${mallory}_owner;
       grant usage on schema app to ${mallory}`,
    )
    await as(
      `${mallory}_owner`,
      `create table app.orders (id bigint primary key, v text); grant all on app.orders to ${mallory}`,
    )
    const own = new URL(target.url)
    const password = 'known'
    await as(null, `alter role ${mallory} password '${password}'`)
    own.username = mallory
    own.password = password
    const args = ['--data-only', '--schema', 'app', '--source', source, '--target', own.href]
    const work = ['--work-folder', join(folder, 'ordinary')]
    const planned = await runCommand(['plan', ...args, ...work], { cwd: folder })
    expect(planned.output).toContain(`${mallory}_owner`)
    expect(await runCommand(['--yes', ...args, ...work], { cwd: folder })).toMatchObject({ exitCode: 0 })
    await as(
      null,
      `drop schema gpt_migrate cascade; drop owned by ${mallory}_owner cascade; drop role ${mallory}_owner`,
    )
  })

  it('a table replaced while the run was stopped is not written to', async () => {
    const { RunControl } = await import('../../src/engine/events/control.ts')
    const control = new RunControl()
    const request = { sources: [source], url: target.url, workFolder: join(folder, 'stopped') }
    const { report } = await runForTest({
      ...request,
      control,
      onEvent: (event) => {
        if (event.type === 'phase-started' && event.phase === 'create') control.stop('SIGINT')
      },
    })
    expect(report?.status).toBe('stopped')
    await as(null, `drop table public.orders; create table public.orders (id bigint, v text)`)
    await expect(runForTest(request)).rejects.toMatchObject({ code: 'table-replaced' })
    await as(null, 'drop schema gpt_migrate cascade; drop table public.orders')
  })
})

forEachServerNightly((server) => {
  let target: FreshDatabase
  beforeAll(async () => {
    target = await freshDatabase(server.url)
  })
  afterAll(() => target.drop())

  it('a table that was created is held until its rows are committed, and refused when it is another', async () => {
    const mallory = `swapper_${process.pid}_${server.major}`
    const connection = await connect(target.address)
    const table = { schema: 'public', table: 'orders' }
    await connection.execute(`create role ${mallory}; create table public.orders (id bigint)`)
    const [oid] = await readObjectIds(connection, [table])
    await connection.transaction(() => holdCreatedTables(connection, [{ ...table, oid: oid! }]))
    await connection.execute(
      `create schema theirs; create function theirs.f() returns trigger language plpgsql as 'begin return new; end';
       alter function theirs.f() owner to ${mallory};
       create trigger t before insert on public.orders for each row execute function theirs.f()`,
    )
    await expect(
      connection.transaction(() => holdCreatedTables(connection, [{ ...table, oid: oid! }])),
    ).rejects.toMatchObject({ code: 'table-runs-foreign-code', message: expect.stringContaining(mallory) })
    await connection.execute('drop table public.orders; create table public.orders (id bigint)')
    await expect(
      connection.transaction(() => holdCreatedTables(connection, [{ ...table, oid: oid! }])),
    ).rejects.toMatchObject({ code: 'table-replaced' })
    await expect(refuseReplaced(connection, [{ ...table, oid: oid! }])).rejects.toMatchObject({
      code: 'table-replaced',
    })
    await connection.transaction(() => holdTrustedTable(connection, table))
    await connection.execute(`alter table public.orders owner to ${mallory}`)
    await expect(connection.transaction(() => holdTrustedTable(connection, table))).rejects.toMatchObject({
      code: 'target-of-another-role',
      message: expect.stringContaining(mallory),
    })
    await connection.execute(`drop table public.orders; drop schema theirs cascade; drop role ${mallory}`)
    await connection.end()
  })
})
