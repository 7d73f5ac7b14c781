/** The judge of the other tests has teeth: each way of losing or changing a row is complained of. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Plan } from '../../src/engine/model/plan.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { judge } from '../support/outside-checker.ts'
import { runForTest } from '../support/run.ts'

const folder = temporaryFolder()
const file = join(folder, 'judged.db')
let target: FreshDatabase
let client: pg.Client
let plan: Plan

beforeAll(async () => {
  const db = new Database(file)
  db.exec(`create table t (id integer primary key, a text, r real, b blob, n numeric, at datetime, j json);
    insert into t values (1, 'x', 0.1, x'00ff', 1.5, '2025-01-01 10:00:00', '{"a":1}'), (2, null, -0.0, null, 2, null, null),
      (3, 'a' || char(0), 1, null, 1, null, null)`)
  db.close()
  target = await freshDatabase(anyServer().url)
  client = new pg.Client({ connectionString: target.url })
  await client.connect()
  const answer = await runForTest({ sources: [file], url: target.url, workFolder: join(folder, 'work') })
  plan = answer.plan
})
afterAll(async () => {
  await client.end()
  await target.drop()
})

it('an undisturbed run is without complaint', async () => {
  expect(await judge(file, 'judged.db', target.url, plan)).toMatchObject({
    complaints: [],
    rows: 3,
    quarantined: 1,
  })
})

it.each([
  'delete from t where id = 1',
  'insert into t (id) values (9)',
  'insert into t select 9, a, r, b, n, at, j from t where id = 1',
  "update t set a = 'X' where id = 1",
  "update t set a = '' where id = 2",
  'update t set r = 0.10000000000000002 where id = 1',
  "update t set b = '\\x00fe' where id = 1",
  'update t set n = 1.50000001 where id = 1',
  "update t set at = at + interval '1 microsecond' where id = 1",
  `update t set j = '{"a":2}' where id = 1`,
  'delete from gpt_migrate.quarantine',
  `update gpt_migrate.quarantine set cells = replace(cells::text, '"integer":"3"', '"integer":"4"')::json`,
])('is found: %s', async (sql) => {
  await client.query('create table kept as table t')
  await client.query('create table gpt_migrate.kept as table gpt_migrate.quarantine')
  try {
    expect((await client.query(sql)).rowCount).toBe(1)
    expect((await judge(file, 'judged.db', target.url, plan)).complaints.length).toBeGreaterThan(0)
  } finally {
    await client.query(`truncate t; insert into t table kept; drop table kept;
      truncate gpt_migrate.quarantine; insert into gpt_migrate.quarantine table gpt_migrate.kept; drop table gpt_migrate.kept`)
  }
})
