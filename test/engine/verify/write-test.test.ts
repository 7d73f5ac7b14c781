import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Plan } from '../../../src/engine/model/plan.ts'
import type { TargetColumn, TargetTable } from '../../../src/engine/model/target-schema.ts'
import { writeDdl } from '../../../src/engine/plan/ddl/ddl.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { testWrites } from '../../../src/engine/verify/write-test.ts'
import { type FreshDatabase, forEachServer, freshDatabase } from '../../support/databases.ts'
import { emptyRun } from '../journal/runs.ts'
import { targetColumn, targetTable } from '../plan/target-samples.ts'

const key = targetColumn('id', 'bigint', { nullable: false, sequence: 'bigserial' })
const needed = (name: string, type: string) => targetColumn(name, type, { nullable: false })

const numbered = targetTable('app', 'numbered', {
  columns: [
    key,
    needed('code', 'character varying(10)'),
    needed('side', 'text'),
    needed('price', 'numeric(20,8)'),
    needed('ref', 'uuid'),
    needed('at', 'timestamp with time zone'),
    targetColumn('double', 'numeric', { generated: 'price * 2' }),
    targetColumn('made', 'timestamp with time zone', { nullable: false, default: 'now()' }),
  ],
  primaryKey: { name: 'numbered_pkey', columns: ['id'] },
  uniques: [{ name: 'numbered_code_key', columns: ['code'] }],
  checks: [
    { name: 'numbered_side', expression: `side in ('buy', 'it''s')` },
    { name: 'numbered_price', expression: 'price > 0' },
  ],
})
const child = targetTable('app', 'child', {
  columns: [
    targetColumn('id', 'integer', { nullable: false, sequence: 'identity' }),
    needed('parent', 'bigint'),
  ],
  primaryKey: { name: 'child_pkey', columns: ['id'] },
  uniques: [{ name: 'child_parent_key', columns: ['parent'] }],
  foreignKeys: [
    {
      name: 'child_parent_fkey',
      columns: ['parent'],
      references: { schema: 'app', table: 'numbered', columns: ['id'] },
      onDelete: null,
      onUpdate: null,
      deferrable: false,
      validated: true,
    },
  ],
})
const monthly = targetTable('app', 'monthly', {
  columns: [key, needed('at', 'timestamp with time zone'), needed('data', 'jsonb')],
  primaryKey: { name: 'monthly_pkey', columns: ['id', 'at'] },
  partitioning: {
    kind: 'months',
    column: 'at',
    months: [{ name: 'monthly_1', from: '2024-01-01 00:00:00+00', to: '2024-02-01 00:00:00+00' }],
    defaultName: 'monthly_rest',
  },
})
const everyType = targetTable('app', 'every_type', {
  columns: [
    'smallint',
    'integer',
    'bigint',
    'numeric(3,3)',
    'double precision',
    'boolean',
    'text',
    'character varying(3)',
    'uuid',
    'date',
    'time without time zone',
    'timestamp without time zone',
    'json',
    'jsonb',
    'bytea',
    'text[]',
  ].map((type, index) => needed(`c${index}`, type)),
  primaryKey: {
    name: 'every_type_pkey',
    columns: ['c0', 'c6', 'c8', 'c12', 'c14'].filter((name) => name !== 'c12'),
  },
})
const picky = targetTable('app', 'picky', {
  columns: [key, needed('code', 'text')],
  primaryKey: { name: 'picky_pkey', columns: ['id'] },
  checks: [{ name: 'picky_check', expression: `code ~ '^[0-9]{9}$'` }],
})
const pairs = targetTable('app', 'pairs', {
  columns: [needed('parent', 'bigint'), needed('day', 'date'), needed('name', 'text')],
  primaryKey: { name: 'pairs_pkey', columns: ['parent', 'day', 'name'] },
  foreignKeys: [{ ...child.foreignKeys[0]!, name: 'pairs_parent_fkey' }],
})
const tables = [numbered, child, monthly, everyType, picky, pairs]

function planOf(some: readonly TargetTable[]): Plan {
  return { ...emptyRun('').plan, schema: { extensions: [], schemas: ['app'], tables: some } }
}

forEachServer((server) => {
  let database: FreshDatabase
  let connection: Connection
  const write = async (...some: readonly TargetTable[]) => testWrites(connection, planOf(some))
  const state = async () => {
    const { rows } = await connection.query(`select sequencename, last_value from pg_sequences order by 1`)
    const counts = await connection.queryOne(
      `select ${tables.map(({ table }) => `(select count(*)::int from app.${table}) as ${table}`).join(', ')}`,
    )
    return { rows, counts }
  }

  beforeAll(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
    const { beforeLoad, afterLoad } = writeDdl(planOf(tables).schema, connection.major)
    for (const { sql } of [...beforeLoad, ...afterLoad]) await connection.execute(sql)
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  test('into empty tables: rows are made up, and nothing of them stays', async () => {
    const before = await state()
    const checks = await write(...tables)
    expect(checks.map(({ name, ok }) => `${name} ${ok}`)).toEqual(
      tables.map(({ table }) => `write app.${table} true`),
    )
    const said = Object.fromEntries(checks.map(({ name, detail }) => [name.slice(10), detail]))
    for (const table of ['numbered', 'monthly', 'every_type'])
      expect(said[table]).toMatch(/could be inserted/)
    // Without a parent row, and with a check that nothing made up passes.
    expect(said.child).toMatch(/^Checked by the next number only/)
    expect(said.picky).toMatch(/^Checked by the next number only.*picky_check/)
    expect(await state()).toEqual(before)
  })

  test('into tables with rows: like them', async () => {
    await connection.execute(`
      insert into app.numbered (id, code, side, price, ref, at) values
        (1, 'A', 'buy', 1, gen_random_uuid(), now()), (2, 'B', 'buy', 1, gen_random_uuid(), now());
      insert into app.child values (1, 1);
      insert into app.monthly values (1, '2024-01-05', '{}');
      insert into app.picky values (1, '123456789');
      insert into app.pairs values (1, '2024-01-01', 'x'), (2, '2024-01-01', 'x');
      select setval('app.numbered_id_seq', 2), setval('app.child_id_seq', 1), setval('app.monthly_id_seq', 1),
             setval('app.picky_id_seq', 1)`)
    const before = await state()
    const checks = await write(...tables)
    for (const check of checks)
      expect(check).toMatchObject({ ok: true, detail: /could be inserted/ as never })
    expect(await state()).toEqual(before)
  })

  test.each([
    ['app.numbered_id_seq', numbered],
    ['app.child_id_seq', child],
    ['app.monthly_id_seq', monthly],
    ['app.picky_id_seq', picky],
  ] as const)('a sequence that was left behind: %s', async (sequence, table) => {
    const { value } = await connection.queryOne<{ value: string }>(
      `select last_value::text as value from ${sequence}`,
    )
    await connection.query('select setval($1, 1, false)', [sequence])
    const before = await state()
    const bad = (await write(...tables)).filter(({ ok }) => !ok)
    expect(bad.map(({ name }) => name)).toEqual([`write app.${table.table}`])
    expect(bad[0]!.detail).toMatch(/^The number that id gets by default.* is taken/)
    expect(await state()).toEqual(before)
    await connection.query('select setval($1, $2::bigint)', [sequence, value])
  })

  test('a table that takes no row: no partition, no right, no table', async () => {
    await connection.execute('alter table app.monthly detach partition app.monthly_rest')
    await connection.execute('delete from app.monthly')
    const [monthlyCheck] = await write(monthly)
    expect(monthlyCheck).toMatchObject({ ok: false })
    expect(monthlyCheck!.detail).toMatch(/no partition of relation/)
    await connection.execute(`alter table app.monthly attach partition app.monthly_rest default`)

    for (const raised of ["insufficient_privilege using message = 'not you'", "exception 'not you'"]) {
      await connection.execute(`create or replace function app.refuse() returns trigger language plpgsql as
        $$ begin raise ${raised}; end $$;
        create trigger refuse before insert on app.picky for each row execute function app.refuse()`)
      const before = await state()
      const [refused, ...more] = (await write(...tables)).filter(({ ok }) => !ok)
      expect(refused!.name).toBe('write app.picky')
      expect(refused!.detail).toMatch(/A row could not be inserted/)
      expect(more).toEqual([])
      expect(await state()).toEqual(before)
      await connection.execute('drop trigger refuse on app.picky')
    }

    const [missing] = await write(targetTable('app', 'missing', { columns: [key] }))
    expect(missing).toMatchObject({ ok: false })
    expect(missing!.detail).toMatch(/^This could not be checked: /)
  })

  test('an array of an enum, and types that refuse what is made up', async () => {
    await connection.execute(`
      create extension hstore with schema app;
      create type app.mood as enum ('calm');
      create table app.odd (moods app.mood[] not null, pairs app.hstore not null, class regclass not null)`)
    const moods = {
      ...needed('moods', 'app.mood[]'),
      written: { type: 'text[]', element: { type: 'text', labels: ['calm'], oid: 0 } },
    } as const
    const odd = (...columns: readonly TargetColumn[]) =>
      write(targetTable('app', 'odd', { columns, existing: true }))
    expect(await odd(moods, needed('pairs', 'app.hstore'), needed('class', 'regclass'))).toEqual([
      {
        name: 'write app.odd',
        ok: true,
        detail: expect.stringMatching(/^Nothing was inserted, since no plausible row could be made up/),
      },
    ])
    await connection.execute('alter table app.odd drop column pairs, drop column class')
    expect(await odd(moods)).toMatchObject([{ ok: true, detail: /could be inserted/ }])
    await connection.execute('drop table app.odd; drop type app.mood; drop extension hstore')
  })

  test('a rule that inserts elsewhere, or nowhere', async () => {
    await connection.execute(`
      create table app.ruled (a integer); create rule elsewhere as on insert to app.ruled do instead nothing`)
    const ruled = targetTable('app', 'ruled', { columns: [targetColumn('a', 'integer')], existing: true })
    expect(await write(ruled)).toMatchObject([{ ok: true, detail: /^Nothing was inserted/ }])
    await connection.execute('drop table app.ruled')
  })

  test('others who write meanwhile keep their numbers', async () => {
    await using other = await connect(database.address)
    await other.execute('begin; lock table app.picky in row exclusive mode')
    const taken = await other.queryOne<{ number: string }>(
      `select nextval('app.picky_id_seq')::text as number`,
    )
    const checks = await write(...tables)
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    const next = await other.queryOne<{ number: string }>(
      `select nextval('app.picky_id_seq')::text as number`,
    )
    expect(Number(next.number)).toBeGreaterThan(Number(taken.number))
    await other.execute('rollback')
  })
})
