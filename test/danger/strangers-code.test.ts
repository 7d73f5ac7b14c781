/** Code of another role that is reached through types, statistics, rules, settings, rights on the journal or a table handed over: none of it runs with our rights. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { refuseForeignNames } from '../../src/engine/target/guards/foreign-names.ts'
import { runCommand } from '../support/command.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { bringBackOnce } from '../support/fallback.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { asRole, createStranger, dropStranger, hasCaught, TRAPS } from '../support/strangers.ts'

const folder = temporaryFolder()
const sources = join(folder, 'sources')
mkdirSync(sources)
const source = join(sources, 'shop.db')
const db = openWritable(source)
db.exec(
  "create table orders (id text primary key, v text) strict; insert into orders values ('a', 'x'), ('b', 'y')",
)
db.close()

forEachServerNightly((server) => {
  const mallory = `mallory_code_${process.pid}_${server.major}`
  let target: FreshDatabase
  const as = (role: string | null, sql: string): ReturnType<typeof asRole> => asRole(target.url, role, sql)
  const run = (...args: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand([...args, '--target', target.url, '--work-folder', join(folder, 'work')], { cwd: folder })
  const move = (options: object = {}): ReturnType<typeof runForTest> =>
    runForTest({ sources: [source], url: target.url, workFolder: join(folder, 'work'), options })

  beforeAll(async () => {
    target = await freshDatabase(server.url)
    await createStranger(target.url, target.address.database, mallory)
  })
  afterAll(async () => {
    await dropStranger(target.url, mallory)
    await target.drop()
  })

  const members = 'id text primary key, v text'
  describe.each([
    [
      'a member of a composite type of ours',
      'create domain mine.d as text check (mine.caught() = 1)',
      `create type app.place as (street mine.d); create table app.orders (${members}, w app.place)`,
    ],
    [
      'what a range of ours ranges over',
      'create domain mine.n as integer check (mine.caught() = 1)',
      `create type app.span as range (subtype = mine.n); create table app.orders (${members}, w app.span)`,
    ],
    [
      'a check of what an array of a composite type of ours holds',
      'create domain mine.d as text check (mine.caught() = 1)',
      `create type app.inner as (d mine.d[]); create type app.outer as (i app.inner);
       create table app.orders (${members}, w app.outer[])`,
    ],
    [
      'extended statistics',
      'select 1',
      `create table app.orders (${members}); create statistics app.s on (mine.catch(v)) from app.orders`,
    ],
    [
      'a body of SQL of a function of ours',
      'select 1',
      `create function app.ours(text) returns integer immutable language sql begin atomic select mine.catch($1); end;
       create table app.orders (id text primary key, v text check (app.ours(v) = 1))`,
    ],
    [
      'the server of a foreign table that is a partition of ours',
      'select 1',
      `create foreign data wrapper nowhere; create server elsewhere foreign data wrapper nowhere;
       grant usage on foreign data wrapper nowhere to ${mallory}; alter server elsewhere owner to ${mallory};
       create table app.orders (id text, v text) partition by list (id);
       create foreign table app.part partition of app.orders default server elsewhere`,
    ],
    [
      'the table that a rule of ours writes to',
      `create table mine.log (v text); create trigger t before insert on mine.log for each row execute function mine.catches()`,
      `create table app.orders (${members}); create rule r as on insert to app.orders do also insert into mine.log values (new.v)`,
    ],
  ])("a superuser's table with, of another role, %s", (_what, theirs, ours) => {
    it('is refused, and what is there is not called', async () => {
      await as(mallory, `${TRAPS} ${theirs}`)
      await as(null, `create schema app; ${ours}`)
      await expect(move({ dataOnly: true, schema: 'app' })).rejects.toMatchObject({
        code: 'target-of-another-role',
        message: expect.stringContaining(mallory),
      })
      expect(await hasCaught(target.url)).toBe(false)
      await as(null, 'drop schema app cascade; drop schema mine cascade')
    })
  })

  it.each([
    ['its default calls', 'v integer default mine.caught()'],
    ['its check calls', 'v text check (mine.catch(v) = 1)'],
    ["its default calls, of PostgreSQL's own,", "v text default pg_read_file('PG_VERSION')"],
  ])("statements of an application find no table of another role's with what %s", async (_what, column) => {
    await as(mallory, TRAPS)
    await as(null, `create schema app; grant create, usage on schema app to ${mallory}`)
    const own = await connect(target.address)
    await as(
      mallory,
      'create table app.plain (id serial, at timestamptz default now(), n integer check (n > 0))',
    )
    await refuseForeignNames(own, ['app'])
    await as(mallory, `create table app.log (id integer, ${column})`)
    await expect(refuseForeignNames(own, ['app'])).rejects.toMatchObject({
      message: expect.stringMatching(/table app.log .*mallory/),
    })
    await own.end()
    await as(null, 'drop schema app cascade; drop schema mine cascade')
  })

  it('a database whose owner has sessions work as another role: refused, and nothing is made for that role', async () => {
    const { database } = target.address
    await as(null, `alter database ${database} owner to ${mallory}`)
    await as(mallory, `alter database ${database} set role to ${mallory}`)
    const refused = await run('--yes', '--source', source)
    const status = await run('status')
    const asked = await run('status', '--role', mallory)
    await as(
      null,
      `set role none; alter database ${database} reset role; alter database ${database} owner to current_user`,
    )
    await as(null, `grant create on database ${database} to ${mallory}`)
    for (const { exitCode, errors } of [refused, status]) {
      expect(exitCode).toBe(4)
      expect(errors).toContain(`--role ${mallory}`)
      expect(errors).toContain(`set role none; alter database ${database} reset role`)
    }
    expect(asked).toMatchObject({ exitCode: 0, errors: '' })
    const { rows } = await as(null, "select 1 from pg_class where relname in ('orders', 'run')")
    expect(rows).toEqual([])
  })

  it('default privileges give nobody a right to write the journal; one that was given is named, and can be taken back', async () => {
    await as(
      null,
      `alter default privileges grant all on tables to ${mallory}; alter default privileges grant all on schemas to ${mallory}`,
    )
    await move()
    await as(
      null,
      `alter default privileges revoke all on tables from ${mallory}; alter default privileges revoke all on schemas from ${mallory}`,
    )
    expect(await run('status')).toMatchObject({ exitCode: 0, errors: '' })
    for (const right of ['update', 'update (plan)']) {
      await as(null, `grant ${right} on gpt_migrate.run to ${mallory}`)
      const { exitCode, errors } = await run('status')
      expect({ exitCode, errors }).toMatchObject({ exitCode: 4, errors: expect.stringContaining(mallory) })
      const [revocation] = /revoke [^)]*/.exec(errors.replace(/\s+/g, ' ')) ?? []
      await as(null, revocation!)
      expect(await run('status')).toMatchObject({ exitCode: 0, errors: '' })
    }
    await as(null, `grant create, usage on schema gpt_migrate to ${mallory}`)
    await as(
      mallory,
      "create function gpt_migrate.changed_1_insert() returns trigger language plpgsql as 'begin return null; end'",
    )
    expect(await run('status')).toMatchObject({ exitCode: 4, errors: expect.stringContaining(mallory) })
    await as(null, 'drop table public.orders; drop schema gpt_migrate cascade')
  })

  it('a table handed over while its changes are noted: the casts of its new types are not called', async () => {
    await move()
    await bringBackOnce(target, join(folder, `back-${server.major}`))
    await as(
      mallory,
      `${TRAPS} create type mine.t as enum ('a', 'b', 'c');
       create function mine.told(mine.t) returns json language sql as $$ select to_json(mine.caught()) $$;
       create cast (mine.t as json) with function mine.told(mine.t)`,
    )
    await as(
      null,
      `grant usage on schema public to ${mallory}; alter table public.orders owner to ${mallory}`,
    )
    await as(
      mallory,
      `alter table public.orders alter id type mine.t using id::mine.t; insert into public.orders values ('c', 'z');
       update public.orders set v = 'w'; delete from public.orders where id = 'c'`,
    )
    expect(await hasCaught(target.url)).toBe(false)
    const { rows } = await as(null, 'select distinct key from gpt_migrate.changed')
    expect(rows).toEqual([{ key: null }])
    await as(null, 'drop table public.orders; drop schema gpt_migrate cascade; drop schema mine cascade')
  })
})
