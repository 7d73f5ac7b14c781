/** The planner has statistics of every table, and of the expressions by which it is indexed. */
import { expect, it } from 'vitest'
import { anyServer } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const sql = `
  create table plain (id integer primary key, name text);
  create table folded (id integer primary key, name text);
  create index plain_name on plain (name);
  create index folded_name on folded (lower(name));
  with recursive n (value) as (select 1 union all select value + 1 from n where value < 500)
    insert into plain select value, 'name ' || (value % 7) from n;
  insert into folded select * from plain;`

it('analyzes a table before its indexes are built, and after them where they are of expressions', async () => {
  await inScene(anyServer().url, { name: 'shop.db', sql }, async ({ file, workFolder, url, connection }) => {
    const { report } = await runForTest({ sources: [file], url, workFolder })
    expect(report?.status).toBe('ok')
    const { rows } = await connection.query<{ place: string }>(
      `select tablename || '.' || attname as place from pg_catalog.pg_stats where schemaname = 'public' order by 1`,
    )
    expect(rows.map(({ place }) => place)).toEqual([
      'folded.id',
      'folded.name',
      'folded_name.lower',
      'plain.id',
      'plain.name',
    ])
  })
})
