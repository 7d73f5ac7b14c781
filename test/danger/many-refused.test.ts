/** Thousands of rows that the server refuses are found and put aside, whatever refuses them, and all others are loaded. */
import { expect, it } from 'vitest'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const rows = 12_000
const source = `
  create table people (id integer primary key, name text, code text, note text);
  with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
    insert into people select i, 'Name ' || i, case when i % 3 = 0 then null else 'c' || i end, 'x' from n`

forEachServerNightly((server) => {
  it('keys that are taken: by the primary key, an expression, a part of the rows', {
    timeout: 60_000,
  }, async () => {
    await inScene(
      server.url,
      { name: 'app.db', sql: source },
      async ({ file, url, workFolder, connection }) => {
        await connection.execute(`
        create table public.people (id bigint primary key, name text, code text, note text default 'none');
        create unique index people_name on public.people (lower(name));
        create unique index people_code on public.people (code) where note = 'x';
        insert into public.people select i * 2, 'there ' || i from generate_series(1, 3000) i;
        insert into public.people select -i, 'NAME ' || (6000 + i * 2) from generate_series(1, 1000) i;
        insert into public.people select -10000 - i, 'code ' || i, 'c' || i, case when i % 2 = 1 then 'x' end
          from generate_series(1, 101) i`)
        const { report } = await runForTest({
          sources: [file],
          url,
          workFolder,
          options: { dataOnly: true, append: true },
          request: { verifyLevel: 'full' },
        })
        expect(report?.verify.differences).toEqual([])
        const { rows: found } = await connection.query<{ reason: string; rows: number }>(
          `select reason, count(*)::int as rows from gpt_migrate.quarantine group by reason order by reason`,
        )
        // Codes are taken where the row that is there has the note: of odd number, and every third row has no code.
        expect(found).toEqual([
          { reason: 'duplicate key value violates unique constraint "people_code"', rows: 34 },
          { reason: 'duplicate key value violates unique constraint "people_name"', rows: 1000 },
          { reason: 'duplicate key value violates unique constraint "people_pkey"', rows: 3000 },
        ])
        expect(report).toMatchObject({ status: 'quarantined', quarantine: { rows: 4034 } })
      },
    )
  })

  it('rows that break a check, between all others', { timeout: 120_000 }, async () => {
    await inScene(
      server.url,
      { name: 'app.db', sql: source },
      async ({ file, url, workFolder, connection }) => {
        await connection.execute(
          `create table public.people (id bigint primary key check (id % 6 <> 1), name text, code text unique, note text)`,
        )
        const { report } = await runForTest({
          sources: [file],
          url,
          workFolder,
          options: { dataOnly: true },
          request: { verifyLevel: 'full' },
        })
        expect(report?.verify.differences).toEqual([])
        expect(report).toMatchObject({ status: 'quarantined', quarantine: { rows: rows / 6 } })
      },
    )
  })
})
