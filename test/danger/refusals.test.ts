/** What a run must not do: continue beside another, over others' tables, with another plan, from other files; and what rollback may not take. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { rollBackTarget } from '../../src/engine/run/past-runs/rollback-target.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { cutSmallBlocks, fewRows } from '../support/block-size.ts'
import { type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, type TestRun } from '../support/run.ts'
import { writeTroubledSource } from '../support/troubled-source.ts'

cutSmallBlocks()

const folder = temporaryFolder()
const source = writeTroubledSource(folder, fewRows)
/** The machine's own server where there is one: its pg_dump fits it. */
const server = inject('servers').at(-1)!
let target: FreshDatabase
let client: pg.Client
let work: string
let number = 0

beforeEach(async () => {
  target = await freshDatabase(server.url)
  client = new pg.Client({ connectionString: target.url })
  await client.connect()
  work = join(folder, `work-${number++}`)
})
afterEach(async () => {
  await client.end()
  await target.drop()
})

const run = (more: Partial<TestRun> = {}) =>
  runForTest({
    sources: [source],
    url: target.url,
    workFolder: work,
    ...more,
    request: { jobs: 1, ...more.request },
  })

/** A run that stops after its first block. */
async function unfinishedRun(): Promise<void> {
  const control = new RunControl()
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'table-started') control.stop('SIGINT')
  }
  expect((await run({ control, onEvent })).report?.status).toBe('stopped')
}

const rollback = (force: string | null = null) =>
  rollBackTarget({ target: { target: target.url, env: {}, workFolder: work, port: null }, run: null, force })

it('two runs at once: the second is refused, as is taking the first one back', {
  timeout: 60_000,
}, async () => {
  const control = new RunControl()
  let started: () => void
  const underWay = new Promise<void>((resolve) => {
    started = resolve
  })
  let isPaused = false
  const onEvent = (event: RunEvent): void => {
    if (event.type !== 'table-started' || isPaused) return
    isPaused = true
    control.pause()
    started()
  }
  const first = run({ control, onEvent })
  await underWay
  const refusal = { kind: 'target', code: 'another-run', message: expect.stringContaining('server process') }
  await Promise.all([
    expect(run()).rejects.toMatchObject(refusal),
    expect(run({ request: { startOver: target.address.database } })).rejects.toMatchObject(refusal),
    expect(rollback()).rejects.toMatchObject(refusal),
  ])
  control.unpause()
  expect((await first).report?.status).toBe('quarantined')
})

it('a target that holds a table of the name', async () => {
  await client.query('create table public.orders (mine text)')
  await expect(run()).rejects.toMatchObject({
    kind: 'target',
    code: 'target-not-empty',
    message: expect.stringContaining('public.orders'),
  })
  const { rows } = await client.query(
    "select to_regclass('public.many') as made, to_regnamespace('gpt_migrate') as journal",
  )
  expect(rows).toEqual([{ made: null, journal: null }])
})

it('another plan than the unfinished one, naming what differs', { timeout: 60_000 }, async () => {
  await unfinishedRun()
  await expect(run({ options: { timezone: 'Europe/Berlin' } })).rejects.toMatchObject({
    kind: 'target',
    code: 'plan-changed',
    message: expect.stringMatching(/timezone was "UTC"/),
  })
  await expect(run({ request: { mapping: 'gpt-trader' } })).rejects.toMatchObject({
    code: 'plan-changed',
    message: expect.stringContaining('mapping is auto'),
  })
  await expect(run({ sources: [temporaryFolder()] })).rejects.toMatchObject({
    code: 'plan-changed',
    message: expect.stringContaining(source),
  })
})

it('rows of the target edited between crash and resume are found', { timeout: 60_000 }, async () => {
  await unfinishedRun()
  const { rowCount } = await client.query(
    "update many set note = 'mine' where ctid = (select max(ctid) from many)",
  )
  expect(rowCount).toBe(1)
  const { report } = await run()
  expect(report).toMatchObject({ status: 'mismatch', exitCode: 7 })
  expect(report?.verify.differences.length).toBeGreaterThan(0)
})

it('rows deleted between crash and resume are found', { timeout: 60_000 }, async () => {
  await unfinishedRun()
  await client.query('delete from many where ctid = (select max(ctid) from many)')
  expect((await run()).report).toMatchObject({ status: 'mismatch', exitCode: 7 })
})

it.each([
  ['updated', "update customers set name = 'other' where id = 1"],
  ['inserted', "insert into customers (name) values ('new')"],
  ['deleted', 'delete from pairs'],
  ['replaced', "delete from pairs where b = 1; insert into pairs values ('p', 1), ('q', 1)"],
])('rollback after rows were %s needs the database named', { timeout: 60_000 }, async (_what, sql) => {
  await run()
  await client.query(sql)
  await expect(rollback()).rejects.toMatchObject({ kind: 'target', code: 'target-changed' })
  await expect(rollback('other')).rejects.toMatchObject({ kind: 'usage', code: 'force-name-differs' })
  const { rows } = await client.query('select count(*)::int as n from customers')
  expect(rows[0].n).toBeGreaterThan(0)
  await rollback(target.address.database)
  expect((await client.query("select to_regclass('customers') as t")).rows).toEqual([{ t: null }])
})

it('rollback needs no more after a repair of our own', { timeout: 60_000 }, async () => {
  await run()
  await client.query("update customers set name = 'other' where id = 1; delete from pairs where b = 1")
  const place = { target: target.url, env: {}, workFolder: work, port: null }
  const request = { target: place, run: null, level: 'checksum', jobs: 1, repair: true } as const
  await verifyAgain(request, { control: new RunControl(), emit: () => {} })
  await rollback()
  expect((await client.query("select to_regclass('customers') as t")).rows).toEqual([{ t: null }])
})

it('rollback leaves what it found, and what others made', { timeout: 60_000 }, async () => {
  await client.query(`create schema mine; create table mine.kept (a int primary key); insert into mine.kept values (1);
    create table public.other (b text default 'x'); create view mine.seen as select * from mine.kept;
    create function mine.f() returns int language sql as 'select 1'; comment on schema mine is 'mine'`)
  const before = schemaOf(target)
  await run()
  expect(schemaOf(target)).not.toBe(before)
  await rollback()
  expect(schemaOf(target)).toBe(before)
  expect((await client.query('select * from mine.kept')).rows).toEqual([{ a: 1 }])
})

it('rollback refuses when a view of others shows a table of the run', { timeout: 60_000 }, async () => {
  await run()
  await client.query('create view public.report as select id from orders')
  await expect(rollback()).rejects.toMatchObject({
    code: 'others-depend',
    message: expect.stringContaining('report'),
  })
  expect((await client.query('select count(*)::int as n from report')).rows).toEqual([{ n: 3 }])
})

it('a rollback that is killed has done nothing, and can be done again', { timeout: 60_000 }, async () => {
  const before = schemaOf(target)
  await run()
  const after = schemaOf(target)
  await client.query('begin')
  await client.query('select * from pairs limit 1')
  const rolling = rollback()
  const failed = expect(rolling).rejects.toMatchObject({ code: 'connection-lost' })
  const killer = new pg.Client({ connectionString: server.url })
  await killer.connect()
  for (let killed = 0; killed === 0; ) {
    const { rowCount } = await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = $1 and application_name = 'gpt-migrate' and wait_event_type = 'Lock'`,
      [target.address.database],
    )
    killed = rowCount ?? 0
  }
  await killer.end()
  await failed
  await client.query('commit')
  expect(schemaOf(target)).toBe(after)
  await rollback()
  expect(schemaOf(target)).toBe(before)
})

it('an unfinished run can be taken back', { timeout: 60_000 }, async () => {
  const before = schemaOf(target)
  await unfinishedRun()
  await rollback()
  expect(schemaOf(target)).toBe(before)
})

/** By pg_dump, which knows nothing of us; of a machine without one, the catalogs. */
function schemaOf({ url }: FreshDatabase): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .sort((a, b) => b - a)
    : []
  const folders = versions.map((version) => join(root, String(version), 'bin'))
  for (const program of [...folders.map((one) => join(one, 'pg_dump')), 'pg_dump']) {
    const { status, stdout } = spawnSync(program, [url], { encoding: 'utf8', maxBuffer: 1 << 28 })
    // Newer versions wrap the dump in a key that differs each time.
    if (status === 0) return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '')
  }
  return catalogOf(url)
}

function catalogOf(url: string): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import pg from 'pg'
       const client = new pg.Client({ connectionString: process.argv[1] })
       await client.connect()
       const { rows } = await client.query(\`
         select 'column' as kind, attrelid::regclass::text as name, attname || ' ' || format_type(atttypid, atttypmod) as what
           from pg_attribute join pg_class c on c.oid = attrelid
          where relnamespace::regnamespace::text !~ '^(pg_|information_schema)' and attnum > 0
         union all select 'constraint', conrelid::regclass::text, conname || pg_get_constraintdef(oid) from pg_constraint where connamespace::regnamespace::text !~ '^(pg_|information_schema)'
         union all select 'schema', nspname, coalesce(obj_description(oid), '') from pg_namespace where nspname !~ '^pg_'
         union all select 'function', proname, prosrc from pg_proc where pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
         union all select 'extension', extname, extversion from pg_extension
         order by 1, 2, 3\`)
       console.log(JSON.stringify(rows))
       await client.end()`,
      url,
    ],
    { encoding: 'utf8', cwd: process.cwd() },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout
}
