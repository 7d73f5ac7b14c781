/** What is said before the run is what the run does: to the cell, on any database. */
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import type { PlanOptions } from '../../src/engine/model/plan.ts'
import type { Report } from '../../src/engine/model/report.ts'
import { anyDatabase, writeAnyDatabase } from '../support/any-database.ts'
import { expectAsForecast } from '../support/as-forecast.ts'
import { endOnFailure, forecastDatabases, seed } from '../support/breadth.ts'
import { anyServer, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { inScene, type Scene } from '../support/scene.ts'

/** Strict types send what does not fit to quarantine; without bounds for it, next to nothing is refused. */
const anyOptions = fc.record({
  strictTypes: fc.boolean(),
  exact: fc.boolean(),
  int4WhenFits: fc.boolean(),
  orphans: fc.constantFrom('keep' as const, 'quarantine' as const),
})

forEachServerNightly((server) => {
  it(`does what was forecast for ${forecastDatabases} generated databases (seed ${seed})`, {
    timeout: 60_000 + forecastDatabases * 20_000,
  }, async () => {
    let compared = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(anyDatabase, anyOptions, async (generated, options) => {
        const folder = temporaryFolder()
        const file = join(folder, 'any.db')
        writeAnyDatabase(file, generated)
        const target = await freshDatabase(server.url)
        try {
          const { report } = await runForTest({
            sources: [file],
            url: target.url,
            workFolder: join(folder, 'work'),
            options,
            request: { jobs: 1, mapping: 'auto' },
          })
          expectAsForecast(report!)
          compared++
          refused += report!.quarantine.rows
        } catch (error) {
          if (!(error instanceof MigrateError) || !['plan', 'source'].includes(error.kind)) throw error
        } finally {
          await target.drop()
        }
      }),
      { numRuns: forecastDatabases, endOnFailure },
    )
    expect(compared).toBeGreaterThan(forecastDatabases / 4)
    expect(refused).toBeGreaterThan(0)
  })
})

describe('foreseen', () => {
  const { url } = anyServer()
  const move = (
    name: string,
    sql: string,
    body: (scene: Scene, report: Report) => Promise<void>,
    options: Partial<PlanOptions> = {},
  ) =>
    inScene(url, { name, sql }, async (scene) => {
      const { file, workFolder } = scene
      const { report } = await runForTest({
        sources: [file],
        url: scene.url,
        workFolder,
        options,
        request: { jobs: 1, mapping: 'auto' },
      })
      expectAsForecast(report!)
      await body(scene, report!)
    })

  it('checks that rows break stay not validated, and hold for new rows', { timeout: 60_000 }, () =>
    move(
      'checks.db',
      `create table t (id integer primary key, price numeric check (price > 0), n text, constraint short check (length(n) < 3));
       pragma ignore_check_constraints = on;
       insert into t values (1, 1, 'a'), (2, -1, 'b'), (3, 0, 'long')`,
      async ({ connection }, { exitCode, forecast }) => {
        expect(exitCode).toBe(0)
        expect(
          forecast!.unvalidated.map(({ kind, name, rows, reason }) => [kind, name, rows, reason]),
        ).toEqual([
          ['check', 't_price_check', 2, 'rows-break-it'],
          ['check', 'short', 1, 'rows-break-it'],
        ])
        await expect(
          connection.execute("insert into public.t (price, n) values (-5, 'x')"),
        ).rejects.toMatchObject({ sqlstate: '23514' })
      },
    ),
  )

  it('rows that name an orphan which goes to quarantine keep their reference', { timeout: 60_000 }, () =>
    move(
      'ancestors.db',
      `create table p (id integer primary key);
       create table c (id integer primary key, p integer references p);
       create table g (id integer primary key, c integer references c);
       insert into p values (1); insert into c values (1, 1), (2, 7); insert into g values (1, 1), (2, 2), (3, 9);`,
      async (_, report) => {
        expect(report).toMatchObject({ status: 'quarantined', exitCode: 8, quarantine: { rows: 2 } })
        expect(report.forecast!.unvalidated.map(({ table, rows }) => [table, rows])).toEqual([['g', 1]])
      },
      { orphans: 'quarantine' },
    ),
  )

  it('keys at the end of their type: the next row gets a free number', { timeout: 60_000 }, () =>
    move(
      'ends.db',
      `create table t (id integer primary key, v);
       insert into t values (1, 'a'), (7, 'b'), (9223372036854775806, 'c'), (9223372036854775807, 'd');
       create table u (id integer primary key autoincrement, v);
       insert into u values (9223372036854775807, 'a')`,
      async ({ connection }, { exitCode, forecast }) => {
        expect(exitCode).toBe(0)
        expect(forecast!.sequencesAtEnd.map(({ table, next }) => [table, next])).toEqual([
          ['t', '8'],
          ['u', '1'],
        ])
        for (const [table, next] of [
          ['t', '8'],
          ['u', '1'],
        ])
          expect(
            await connection.queryOne(`insert into public.${table} (v) values ('x') returning id::text`),
          ).toEqual({
            id: next,
          })
      },
    ),
  )

  it('entries too long for an index: uniqueness by a hash, plain indexes left out', { timeout: 60_000 }, () =>
    move(
      'long.db',
      `create table t (id integer primary key, a text, b text, c text unique);
       create index composite on t (a, b); create index partial on t (c) where id > 1;
       create index expression on t (a || b); create unique index pair on t (a, b); create index fits on t (b);
       insert into t values (1, '${'a'.repeat(1400)}', '${'b'.repeat(1400)}', '${'c'.repeat(2692)}'), (2, null, 'b', 'c'), (3, null, 'b', null);
       create table k (name text primary key); insert into k values ('${'k'.repeat(2693)}')`,
      async ({ connection }, { exitCode, forecast }) => {
        expect(exitCode).toBe(0)
        expect(forecast!.longIndexes.map(({ name, fate, rows }) => [name, fate, rows])).toEqual([
          ['composite', 'left-out', 1],
          ['expression', 'left-out', 1],
          ['pair', 'hashed', 1],
          ['k_name_key', 'hashed', 1],
        ])
        const again = (sql: string) =>
          expect(connection.execute(sql)).rejects.toMatchObject({ sqlstate: '23505' })
        await again('insert into public.k select name from public.k')
        await again('insert into public.t (id, a, b) select 9, a, b from public.t where id = 1')
        await connection.execute('insert into public.t (id, a, b) select 10, a, b from public.t where id = 2')
      },
    ),
  )
})

it('times finer than the columns of an application are rounded as forecast', { timeout: 60_000 }, () =>
  inScene(
    anyServer().url,
    {
      name: 'times.db',
      sql: `create table t (id integer primary key, whole datetime, thousandths datetime, clock time);
        insert into t values
          (1, '2025-12-31 23:59:59.5', '2025-01-01T10:00:00.1234567Z', '10:00:00.49'),
          (2, '2025-01-01 00:00:00', '2025-01-01 10:00:00.123', '23:59:59.4'),
          (3, '1969-12-31 23:59:59.499999', '1969-07-20 20:17:40.0005', '10:00:00.5'),
          (4, null, null, '23:59:59.5')`,
    },
    async ({ connection, file, workFolder, url }) => {
      await connection.execute(
        'create table public.t (id bigint primary key, whole timestamp(0), thousandths timestamptz(3), clock time(0))',
      )
      const { report } = await runForTest({
        sources: [file],
        url,
        workFolder,
        options: { dataOnly: true },
        request: { jobs: 1, mapping: 'auto', verifyLevel: 'full' },
      })
      expectAsForecast(report!)
      expect(report!.exitCode).toBe(8)
      expect(report!.verify.differences).toEqual([])
      expect(report!.forecast!.tables[0]!.columns.slice(1)).toEqual([
        { target: 'whole', exact: 1, normalized: 0, rounded: 2, maxError: '0.5' },
        { target: 'thousandths', exact: 1, normalized: 0, rounded: 2, maxError: '0.0005' },
        { target: 'clock', exact: 0, normalized: 0, rounded: 3, maxError: '0.5' },
      ])
      const { rows } = await connection.query(
        'select whole::text, thousandths::text, clock::text from public.t order by id',
      )
      expect(rows).toEqual([
        {
          whole: '2026-01-01 00:00:00',
          thousandths: '2025-01-01 10:00:00.123+00',
          clock: '10:00:00',
        },
        {
          whole: '2025-01-01 00:00:00',
          thousandths: '2025-01-01 10:00:00.123+00',
          clock: '23:59:59',
        },
        {
          whole: '1969-12-31 23:59:59',
          thousandths: '1969-07-20 20:17:40.001+00',
          clock: '10:00:01',
        },
      ])
    },
  ),
)
