/** A run that finds its tables in the target already. */
import { expect, it } from 'vitest'
import { anyServer } from '../../../support/databases.ts'
import { runForTest } from '../../../support/run.ts'
import { inScene } from '../../../support/scene.ts'

it('a run that is repeated is refused before anything is copied or inspected', async () => {
  const tables = Array.from({ length: 12 }, (_, at) => `create table t${at} (id integer primary key);`)
  await inScene(anyServer().url, { name: 'app.db', sql: tables.join('\n') }, async (scene) => {
    const phases: string[] = []
    const run = (options = {}) => {
      phases.length = 0
      return runForTest({
        ...scene,
        sources: [scene.file],
        options,
        onEvent: (event) => {
          if (event.type === 'phase-started') phases.push(event.phase)
        },
      })
    }
    await run()
    await expect(run()).rejects.toMatchObject({
      code: 'target-not-empty',
      message: expect.stringMatching(/already holds public\.t0, .* and 4 others\.$/),
    })
    expect(phases).toEqual(['connect'])

    // As it was not asked for before, what is there is left to the plan.
    expect((await run({ schema: 'elsewhere' })).report!.status).toBe('ok')
    await scene.connection.query('drop table public.t11')
    await expect(run({ exclude: ['t0'] })).rejects.toMatchObject({ code: 'target-not-empty' })
    expect(phases).toContain('inspect')
  })
})

const shop = `
  create table t (id integer primary key, a integer, b text unique);
  create index ix on t (a);
  create view v as select a from t;
  insert into t values (1, 2, 'x')`

it('names that indexes and sequences of other tables have: ours get others, and the plan says so', async () => {
  await inScene(anyServer().url, { name: 'shop.db', sql: shop }, async (scene) => {
    await scene.connection.query(`
      create table public.others (a integer constraint t_b_key unique);
      create index ix on public.others (a);
      create index t_pkey on public.others (a);
      create sequence public.t_id_seq`)
    const { report, plan } = await runForTest({ ...scene, sources: [scene.file] })
    expect(report!.status).toBe('ok')
    expect(plan.findings.map(({ code, message }) => `${code}: ${message}`)).toContainEqual(
      expect.stringMatching(/^renamed: .*"ix_2"/),
    )
    const { rows } = await scene.connection.query<{ name: string; of: string }>(
      `select c.relname as name, t.relname as of
         from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace order by 2, 1`,
    )
    expect(rows.map(({ of, name }) => `${of} ${name}`)).toEqual([
      'others ix',
      'others t_b_key',
      'others t_pkey',
      't ix_2',
      't t_b_key_2',
      't t_pkey_2',
    ])
  })
})

it.each([
  ['create view public.t as select 1 as a', 'public.t (view)', 'target-not-empty'],
  ['create materialized view public.v as select 1 as a', 'public.v (materialized view)', 'target-not-empty'],
  ['create sequence public.t', 'public.t (sequence)', 'target-not-empty'],
  [
    'create table public.x (a integer); create index t on public.x (a)',
    'public.t (index)',
    'target-not-empty',
  ],
  [`create type public.t as enum ('a')`, 'public.t (type)', 'name-taken'],
  ['create type public.v as (a integer)', 'public.v (type)', 'name-taken'],
])('%s: foretold, and refused before anything is written', async (sql, name, code) => {
  await inScene(anyServer().url, { name: 'shop.db', sql: shop }, async (scene) => {
    await scene.connection.query(sql)
    const request = { ...scene, sources: [scene.file], options: { views: true } }
    const { plan } = await runForTest({ ...request, request: { dryRun: true } })
    expect(plan.findings).toContainEqual(
      expect.objectContaining({ code: 'target-not-empty', message: expect.stringContaining(name) }),
    )
    await expect(runForTest(request)).rejects.toMatchObject({ code })
  })
})
