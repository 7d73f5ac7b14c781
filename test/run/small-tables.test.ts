/** Tables of few rows share transactions: what one of them does keeps nothing of the others from being done. */
import { expect, it } from 'vitest'
import { anyServer } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const tables = Array.from({ length: 60 }, (_, at) => String(at).padStart(2, '0'))
const sql = tables
  .map(
    (at) =>
      `create table t${at} (id integer primary key, name text); insert into t${at} values (1, 'one'), (2, 'two')`,
  )
  .join(';')

/** A rule that the plan knows nothing of comes with the table t57. */
const adding = `
  create function adding() returns event_trigger language plpgsql as $$
    begin
      if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.t57') then
        alter table public.t57 add constraint unforeseen check (id < 2);
      end if;
    end $$;
  create event trigger adding on ddl_command_end when tag in ('CREATE TABLE') execute function adding()`

it('copies 60 tables in few transactions, also where the server refuses a row of one', async () => {
  await inScene(anyServer().url, { name: 'small.db', sql }, async ({ file, workFolder, url, connection }) => {
    await connection.execute(adding)
    const { report } = await runForTest({ sources: [file], url, workFolder })
    expect(report!.quarantine.rows).toBe(1)
    expect(report!.verify.differences).toEqual([])
    const refused = await connection.query('select table_id, code from gpt_migrate.quarantine')
    expect(refused.rows).toEqual([{ table_id: 'small.db/t57', code: 'refused-by-server' }])
    // t57 is among the last ten: those are copied one by one.
    const { rows } = await connection.query<{ blocks: number; transactions: number }>(
      `select count(*)::int as blocks, count(distinct xmin::text)::int as transactions from gpt_migrate.block`,
    )
    expect(rows).toEqual([{ blocks: 60, transactions: 11 }])
  })
})

it('builds the keys and indexes of 150 tables on several sessions', async () => {
  const many = Array.from(
    { length: 150 },
    (_, at) => `create table t${at} (id integer primary key, name text, parent integer references t0 (id));
      create index i${at} on t${at} (name); insert into t${at} values (1, 'one', null), (2, 'two', 1)`,
  )
  await inScene(
    anyServer().url,
    { name: 'many.db', sql: many.join(';') },
    async ({ file, workFolder, url, connection }) => {
      const { report } = await runForTest({ sources: [file], url, workFolder })
      expect(report?.status).toBe('ok')
      const { rows } = await connection.query(
        `select count(*)::int as indexes from pg_index i join pg_class c on c.oid = i.indrelid
          where c.relnamespace = 'public'::regnamespace and i.indisvalid`,
      )
      expect(rows).toEqual([{ indexes: 300 }])
    },
  )
})

it('cuts no block of a table for the size of another', async () => {
  const large = `create table large (id integer primary key, data blob); insert into large values (1, zeroblob(${40 << 20}));
    create table small (id integer primary key, name text); ${tables.map((at) => `insert into small values (${Number(at) + 1}, 'a')`).join(';')}`
  await inScene(
    anyServer().url,
    { name: 'two.db', sql: large },
    async ({ file, workFolder, url, connection }) => {
      const { report } = await runForTest({ sources: [file], url, workFolder })
      expect(report?.status).toBe('ok')
      const { rows } = await connection.query(
        `select table_id, count(*)::int as blocks from gpt_migrate.block group by table_id order by table_id`,
      )
      expect(rows.map(({ blocks }) => blocks)).toEqual([1, 1])
    },
  )
})
