/**
 * More tables than the server has locks for in one transaction: they are created and rolled back in several, and what interrupts these
 * leaves something that the same command finishes.
 */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dropChangeCapture, dropTriggersInTurn } from '../../src/engine/journal/change-capture.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { embeddedBinaries } from '../../src/engine/target/server/embedded-binaries.ts'
import { initServer, type RunningServer, startServer } from '../../src/engine/target/server/local-server.ts'
import { runCommand } from '../support/command.ts'
import { type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'

/** More than the server has locks for when they are dropped. */
const tables = 80
/** More than it has when they are created. */
const many = 240
/** Neither the first nor the last that is created, or dropped. */
const middle = 't40'

let server: RunningServer
let source: string
let larger: string
beforeAll(async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  const start = { binaries: embeddedBinaries(), dataFolder: join(folder, 'data'), password: 'few-locks' }
  await initServer({ ...start, sync: false })
  const settings = { fsync: 'off', max_connections: '20', max_locks_per_transaction: '10' }
  server = await startServer({ ...start, port: 0, settings })
  source = join(folder, 'source.db')
  writeTables(source, tables)
  larger = join(folder, 'larger.db')
  writeTables(larger, many)
}, 60_000)
afterAll(() => server.stop())

/** Each table refers to the one before, the first two to each other. */
function writeTables(file: string, count: number): void {
  const db = new Database(file)
  db.pragma('foreign_keys = off')
  db.exec('begin')
  for (let table = 0; table < count; table++) {
    const parent = table === 0 ? 1 : table - 1
    db.exec(
      `create table t${table} (id integer primary key, x text, parent integer references t${parent} (id))`,
    )
    db.exec(`insert into t${table} values (1, 'one', 1)`)
  }
  db.exec('create view seen as select id, x from t7; create view seen_again as select x from seen')
  db.exec('commit')
  db.close()
}

describe('more tables than locks', { timeout: 120_000 }, () => {
  let database: FreshDatabase
  let work: string
  beforeEach(async () => {
    work = temporaryFolder()
    database = await freshDatabase(server.url)
    return () => database.drop()
  })

  const command = (...args: string[]) => runCommand([...args, '--target', database.url], { cwd: work })
  const run = (...args: string[]) =>
    command('run', '--yes', '--verify', 'count', '--views', '--source', source, ...args)
  const ask = async <T>(sql: string): Promise<T[]> => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  const there = async (): Promise<number> => {
    const sql = `select count(*)::int as number from pg_class where relkind in ('r', 'v') and relnamespace = 'public'::regnamespace`
    return (await ask<{ number: number }>(sql))[0]!.number
  }
  const status = async (): Promise<string | undefined> =>
    (await ask<{ status: string }>('select status from gpt_migrate.run'))[0]?.status
  const hasJournal = async (): Promise<boolean> =>
    (await ask(`select from pg_namespace where nspname = 'gpt_migrate'`)).length > 0
  /** Executes `act` in the middle of the creating, or of the dropping. */
  const interrupt = (event: 'ddl_command_end' | 'sql_drop', act: string) =>
    ask(`create function public.interrupt() returns event_trigger language plpgsql as $$ begin
           if exists (select from ${event === 'sql_drop' ? 'pg_event_trigger_dropped_objects()' : 'pg_event_trigger_ddl_commands()'}
                       where object_identity = 'public.${middle}') then
             ${act};
           end if;
         end $$;
         create event trigger interrupted on ${event} execute function public.interrupt()`)
  const uninterrupted = () => ask('drop event trigger interrupted; drop function public.interrupt()')
  const killed = 'perform pg_terminate_backend(pg_backend_pid())'

  it('a run, and a rollback that is interrupted', async () => {
    expect(await run()).toMatchObject({ exitCode: 0 })
    expect(await there()).toBe(tables + 2)

    // The triggers of a fallback go in several transactions, too.
    const fallback = ['fallback', '--to', join(work, 'back'), '--once']
    expect(await command(...fallback)).toMatchObject({ exitCode: 0 })
    expect(await command('fallback', '--end', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await command(...fallback)).toMatchObject({ exitCode: 0 })

    // What would stop the rollback is found before anything is gone, also at the table that goes last.
    await ask('create schema theirs; create view theirs.v as select x from public.t0')
    expect(await command('rollback', '--yes')).toMatchObject({
      exitCode: 4,
      errors: expect.stringMatching(/theirs\.v depends on/),
    })
    await ask('drop view theirs.v')
    await ask(`insert into t0 (x) values ('theirs')`)
    expect(await command('rollback', '--yes')).toMatchObject({
      exitCode: 4,
      errors: expect.stringMatching(/t0" has 2 rows, and the run left 1/),
    })
    await ask(`delete from t0 where x = 'theirs'`)
    expect([await there(), await status()]).toEqual([tables + 2, 'finished'])

    await interrupt('sql_drop', killed)
    expect(await command('rollback', '--yes')).toMatchObject({
      exitCode: 4,
      errors: expect.stringMatching(/connection/),
    })
    await uninterrupted()
    const left = await there()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(tables)
    expect(await status()).toBe('removing')
    for (const refused of [await run(), await command('verify')])
      expect(refused).toMatchObject({ exitCode: 4, errors: expect.stringMatching(/is being rolled back/) })

    // A name that became free is not the run's any more.
    await ask(`create table t${tables - 1} (theirs int)`)
    expect(await command('rollback', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await hasJournal()).toBe(false)
    expect(await there()).toBe(1)
  })

  it('a run that is interrupted while it creates tables, and begun again while these are removed', async () => {
    await interrupt('ddl_command_end', killed)
    expect(await run()).toMatchObject({ exitCode: 4, errors: expect.stringMatching(/connection/) })
    await uninterrupted()
    expect(await there()).toBeGreaterThan(0)
    expect(await status()).toBe('creating')

    await interrupt('sql_drop', killed)
    const { pathname } = new URL(database.url)
    // Dropping does not get as far as the table in the middle, which is not there yet.
    await ask(`create or replace function public.interrupt() returns event_trigger language plpgsql as $$ begin
      if exists (select from pg_event_trigger_dropped_objects() where object_identity = 'public.t20') then
        ${killed};
      end if;
    end $$`)
    const again = ['--start-over', pathname.slice(1)]
    expect(await run(...again)).toMatchObject({ exitCode: 4, errors: expect.stringMatching(/connection/) })
    await uninterrupted()
    expect(await status()).toBe('removing')

    await interrupt('ddl_command_end', killed)
    expect(await run(...again)).toMatchObject({ exitCode: 4, errors: expect.stringMatching(/connection/) })
    await uninterrupted()
    expect(await status()).toBe('creating')
    expect(await run()).toMatchObject({ exitCode: 0 })
    expect([await there(), await status()]).toEqual([tables + 2, 'finished'])
  })

  it('a server that refuses a table, which leaves nothing behind, and then takes even more', async () => {
    await interrupt('ddl_command_end', `raise exception 'no more tables'`)
    expect(await run()).toMatchObject({ exitCode: 4, errors: expect.stringMatching(/no more tables/) })
    expect([await hasJournal(), await there()]).toEqual([false, 0])
    await uninterrupted()
    const args = ['--yes', '--verify', 'none', '--source', larger]
    expect(await command('run', ...args)).toMatchObject({ exitCode: 0 })
    expect([await there(), await status()]).toEqual([many, 'finished'])
  })

  it('a fallback of more tables, whose triggers go', async () => {
    await ask(`create schema gpt_migrate;
      do $$ begin
        for number in 1..2000 loop
          execute format('create function gpt_migrate.changed_%s_insert() returns text return %L', number, number);
        end loop;
      end $$`)
    await using connection = await connect(database.address)
    const drop = () => connection.transaction(() => dropChangeCapture(connection))
    await expect(drop()).rejects.toMatchObject({ sqlstate: '53200' })
    await dropTriggersInTurn(connection)
    await drop()
    expect(await ask(`select from pg_proc where pronamespace = 'gpt_migrate'::regnamespace`)).toEqual([])
  })
})
