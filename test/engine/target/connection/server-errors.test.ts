/** Every error code of the table is provoked on a real server, or says why it can't be; each has a sentence and a way on. */
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type Connection, connect } from '../../../../src/engine/target/connection/connection.ts'
import { TargetError } from '../../../../src/engine/target/connection/pg-errors.ts'
import { serverErrors } from '../../../../src/engine/target/connection/server-errors.ts'
import { anyServer, freshDatabase } from '../../../support/databases.ts'

const ground = `
  create table t (id integer primary key, n numeric(3,1) not null, check (n < 50), at timestamptz, x xml, u uuid, txt varchar(3));
  create table child (t integer references t (id) on delete restrict);
  create table no_overlap (r int4range, exclude using gist (r with &&));
  create table made (a integer generated always as identity, b integer generated always as (1) stored);
  create view sums as select count(*) as n from t;
  create view small as select id, n from t where n < 5 with check option;
  create role gpt_migrate_without_rights;
  create function raises() returns trigger language plpgsql as 'begin raise exception ''not today''; end';
  create table refusing (a integer);
  create trigger no_rows before insert on refusing for each row execute function raises();
  insert into t values (1, 1);
  insert into child values (1)`

/** In the place of a statement: time passes. */
const WAIT = 'wait'

/** SQL that ends in the code; several statements go one after the other. */
const provoked: Readonly<Record<string, readonly string[]>> = {
  '0A000': ['select count(*) from t for update'],
  '21000': ['select (select 1 union all select 2)'],
  '22001': ["insert into t (id, n, txt) values (2, 1, 'long')"],
  '22003': ['insert into t (id, n) values (2, 1000)'],
  '22004': ["do 'begin execute null; end'"],
  '22007': ["select 'soon'::timestamptz"],
  '22008': ["select '2024-02-30'::date"],
  '22012': ['select 1 / 0'],
  '22021': ["select convert_from('\\xff', 'UTF8')"],
  '22023': ["select set_config('work_mem', '-1', true)"],
  '2200M': ["select xmlparse(document '<a>')"],
  '2200N': ["select xmlparse(content '<a>')"],
  '22P02': ["select 'x'::uuid"],
  '22P05': ["select convert_to('€', 'LATIN1')"],
  '23001': ['delete from t'],
  '23502': ['insert into t (id) values (2)'],
  '23503': ['insert into child values (7)'],
  '23505': ['insert into t (id, n) values (1, 1)'],
  '23514': ['insert into t (id, n) values (2, 60)'],
  '23P01': ["insert into no_overlap values ('[1,3)'), ('[2,4)')"],
  '25006': ['begin read only', 'delete from t'],
  '25P02': ['begin', 'select 1 / 0', 'select 1'],
  '25P03': ["set idle_in_transaction_session_timeout to '1ms'", 'begin', WAIT, 'select 1'],
  '26000': ['execute nothing_prepared'],
  '2BP01': ['drop table t'],
  '3F000': ['create table nowhere.t (a integer)'],
  '40001': ["do $$ begin raise sqlstate '40001'; end $$"],
  '40P01': ["do $$ begin raise sqlstate '40P01'; end $$"],
  '42501': ['set role gpt_migrate_without_rights', 'select from t'],
  '42601': ['selec 1'],
  '42602': ["select ''::regclass"],
  '42701': ['alter table t add column n integer'],
  '42702': ['select id from t, t as u'],
  '42703': ['select nothing from t'],
  '42704': ["select 'x'::nothing"],
  '42710': ['create role gpt_migrate_without_rights'],
  '42723': ["create function raises() returns trigger language plpgsql as 'begin end'"],
  '42725': ['select pg_catalog.age(null)', 'select overlaps(null, null, null, null)'],
  '42804': ['insert into t (id, n) values (2, true)'],
  '42809': [
    'alter table sums add column a integer',
    'create trigger x before insert on sums for each row execute function raises()',
    'alter sequence t increment 1',
  ],
  '42830': ['create table other (a integer references t (n))'],
  '42846': ['select true::uuid', 'select row(1)::integer'],
  '42883': ['select nothing(1)'],
  '42939': ['create schema pg_mine'],
  '428C9': ['insert into made (a) values (1)'],
  '42P01': ['select from nothing'],
  '42P04': ['create database template1'],
  '42P06': ['create schema public'],
  '42P07': ['create table t (a integer)'],
  '42P10': ['insert into t (id, n) values (1, 1) on conflict (n) do nothing'],
  '42P16': [
    'create table two_keys (a integer primary key, b integer primary key)',
    'alter view sums rename column n to m; create or replace view sums as select 1 as z',
  ],
  '42P17': ['create index on t (now())'],
  '44000': ['insert into small values (9, 9)'],
  '54000': ["select repeat('x', 1 << 30)"],
  '54001': [
    "create function deep(i integer) returns integer language plpgsql as 'begin return deep(i + 1); end'",
    'select deep(1)',
  ],
  '54011': [`create table wide (${Array.from({ length: 1601 }, (_, at) => `c${at} integer`).join(', ')})`],
  '55000': ["select currval('made_a_seq')"],
  '55006': ['drop database {database}'],
  '55P02': ['set max_connections to 5'],
  '57014': ["set statement_timeout to '1ms'", 'select pg_sleep(1)'],
  '57P01': ['select pg_terminate_backend(pg_backend_pid())'],
  '58P01': ["select pg_read_file('/nothing/here')"],
  P0001: ['insert into refusing values (1)'],
  P0004: ["do 'begin assert false; end'"],
}

/** Why it is not provoked here. */
const reasons: Readonly<Record<string, string>> = {
  '08000': 'no server sends it; the class is provoked as 57P01',
  '08003': 'no server sends it; the class is provoked as 57P01',
  '08006': 'no server sends it; the class is provoked as 57P01',
  '08P01': 'only a broken client provokes it',
  '22P03': 'only a broken copy provokes it',
  '23000': 'the class itself; its members are provoked',
  '25P04': 'from PostgreSQL 17 on, as 25P03',
  '28000': 'provoked in connection.test.ts',
  '28P01': 'provoked in connection.test.ts',
  '3D000': 'provoked in connection.test.ts',
  '53000': 'the class itself',
  '53100': 'provoked in full-disk.test.ts',
  '53200': 'a server without memory is nothing to share',
  '53300': 'a server without connections is nothing to share',
  '53400': 'temp_file_limit is read when the session begins',
  '55P03': 'provoked in privileges and run tests; needs a second session',
  '57P02': 'a crash is nothing to share',
  '57P03': 'provoked in embedded.test.ts',
  '57P04': 'needs the database of the session dropped',
  '57P05': 'needs an idle session',
  '58000': 'the class itself',
  '58030': 'a broken disk is nothing to share',
  XX000: 'a fault of the server’s own',
  XX001: 'a damaged server is nothing to share',
  XX002: 'a damaged server is nothing to share',
}

async function provoke(connection: Connection, statements: readonly string[]): Promise<TargetError | null> {
  let last: TargetError | null = null
  for (const sql of statements) {
    if (sql === WAIT) {
      await setTimeout(300)
      continue
    }
    try {
      await connection.execute(sql.replaceAll('{database}', connection.address.database))
    } catch (error) {
      expect(error).toBeInstanceOf(TargetError)
      last = error as TargetError
    }
  }
  return last
}

it('every code has a provocation or a reason', () => {
  const known = [...Object.keys(provoked), ...Object.keys(reasons)]
  expect(known.toSorted()).toEqual(Object.keys(serverErrors).toSorted())
})

it('every code that is provoked says what happened and what to do next', async () => {
  const database = await freshDatabase(anyServer().url)
  const first = await connect(database.address)
  const missed: string[] = []
  try {
    await first.execute('drop role if exists gpt_migrate_without_rights')
    await first.execute(`set search_path to public; ${ground}`)
    for (const [code, statements] of Object.entries(provoked)) {
      await using connection = await connect(database.address)
      await connection.execute('set search_path to public')
      const error = await provoke(connection, statements)
      if (error?.sqlstate !== code) {
        missed.push(`${code}: ${error?.sqlstate ?? 'no error'} ${error?.message ?? ''}`)
        continue
      }
      expect(error.message, code).toMatch(/^(?:The|Another|An|A|Other) .+\.$/s)
      expect(error.code, code).not.toBe('server-error')
      if (error.code !== 'refused-by-server') expect(error.hint, code).toBeTruthy()
    }
    expect(missed).toEqual([])
  } finally {
    await first
      .execute('drop owned by gpt_migrate_without_rights; drop role gpt_migrate_without_rights')
      .catch(() => {})
    await first.end()
    await database.drop()
  }
})

it('a statement of the run that the server does not take is not called the code of the application', async () => {
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  const codeOf = async (sql: string) =>
    connection.execute(sql).then(
      () => null,
      (error: TargetError) => error.code,
    )
  try {
    await connection.execute(`
      set search_path to public;
      create table t (a integer, b text);
      create function looks() returns trigger language plpgsql as 'begin perform nothing from missing; return new; end';
      create function adds() returns trigger language plpgsql as 'begin new.a := (select 1 union all select 2); return new; end';
      create table looking (a integer);
      create trigger looks before insert on looking for each row execute function looks();
      create table adding (a integer);
      create trigger adds before insert on adding for each row execute function adds();`)
    expect(await codeOf('alter table t add check (a > )')).toBe('statement-refused')
    expect(await codeOf('alter table t add check (a ~ b)')).toBe('statement-refused')
    expect(await codeOf('create index on t ((b::date))')).toBe('statement-refused')
    expect(await codeOf('alter table t alter column a set default true')).toBe('statement-refused')
    expect(await codeOf('select from missing')).toBe('target-changed')
    expect(await codeOf('insert into looking values (1)')).toBe('application-refused')
    expect(await codeOf('insert into adding values (1)')).toBe('application-refused')
  } finally {
    await connection.end()
    await database.drop()
  }
})
