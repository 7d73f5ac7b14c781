/** What removes something shows it first: in a terminal it asks, elsewhere it needs a word, and `--dry-run` leaves everything. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { shellWord } from '../../src/engine/model/shell-word.ts'
import { runCommand } from '../support/command.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import type { Ended } from '../support/program.ts'
import { Terminal } from '../terminal/terminal.ts'

const timeout = 90_000
const folder = temporaryFolder()
const source = join(folder, 'shop.db')
const work = join(folder, 'work')
let target: FreshDatabase
let client: pg.Client

beforeAll(() => {
  const db = new Database(source)
  db.exec(`create table customer (id integer primary key, name text not null);
           create table "order" (id integer primary key, customer_id integer not null references customer, total integer);
           insert into customer values (1, 'Ann'), (2, 'Bo');
           insert into "order" values (10, 1, 5), (11, 2, 7), (12, 2, 9);`)
  db.close()
})

beforeEach(async () => {
  await end()
  target = await freshDatabase(anyServer().url)
  client = new pg.Client({ connectionString: target.url })
  await client.connect()
})
afterAll(end)

async function end(): Promise<void> {
  await client?.end()
  await target?.drop()
}

const program = (...args: readonly string[]): Promise<Ended> =>
  runCommand([...args, '--target', target.url, '--work-folder', work], { cwd: folder })
const migrate = (...args: readonly string[]): Promise<Ended> => program('--yes', '--source', source, ...args)
const count = async (table: string): Promise<number> =>
  (await client.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]!.n
const exists = async (table: string): Promise<boolean> =>
  (await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table])).rows[0]!
    .found
const terminal = (...args: readonly string[]): Terminal =>
  new Terminal({
    columns: 100,
    rows: 30,
    cwd: folder,
    args: [...args, '--target', target.url, '--work-folder', work],
  })

it.each([
  [['rollback'], '--dry-run'],
  [['follow', '--resync', 'customer'], null],
  [['fallback', '--end'], null],
] as const)(
  '%s says what to type, and names no option that it does not take',
  { timeout },
  async (args, other) => {
    const { exitCode, errors } = await runCommand([...args, '--target', 'postgres://nobody@127.0.0.1:1/x'], {
      cwd: temporaryFolder(),
    })
    expect(exitCode).toBe(2)
    expect(errors).toContain('Add --yes to do it')
    expect(errors.includes('--dry-run')).toBe(other !== null)
  },
)

describe('rollback', { timeout }, () => {
  it('without a terminal needs --yes; --dry-run shows what would go and leaves it', async () => {
    expect(await migrate()).toMatchObject({ exitCode: 0, errors: '' })
    const unasked = await program('rollback')
    expect(unasked).toMatchObject({ exitCode: 2, output: '' })
    expect(unasked.errors).toContain('--yes')
    expect(unasked.errors).toContain('--dry-run')
    const dry = await program('rollback', '--dry-run')
    expect(dry).toMatchObject({ exitCode: 0, errors: '' })
    expect(dry.output).toContain('removes 5 rows')
    expect(dry.output).toContain('2 tables that the run created')
    expect(dry.output).toMatch(/public\.order +3 rows/)
    expect(await count('"order"')).toBe(3)
    const preview = JSON.parse((await program('rollback', '--dry-run', '--json')).output) as object
    expect(preview).toMatchObject({ changes: [], tables: [{ rows: 2 }, { rows: 3 }] })
    const done = await program('rollback', '--yes')
    expect(done).toMatchObject({ exitCode: 0, errors: '' })
    expect(done.output).toContain('2 tables removed')
    expect(await exists('customer')).toBe(false)
    expect(await exists('gpt_migrate.run')).toBe(false)
  })

  it('in a terminal asks, and only "yes" removes anything', async () => {
    expect(await migrate()).toMatchObject({ exitCode: 0 })
    const declined = terminal('rollback')
    await declined.sees('removes 5 rows', 'Remove all of that? [y/N]')
    declined.type('nope')
    declined.press('enter')
    await declined.sees('Nothing was changed.')
    expect(await declined.ended()).toBe(2)
    const left = terminal('rollback')
    await left.sees('[y/N]')
    left.press('ctrl+c')
    expect(await left.ended()).toBe(130)
    expect(await count('customer')).toBe(2)
    const agreed = terminal('rollback')
    await agreed.sees('[y/N]')
    agreed.type('y')
    agreed.press('enter')
    await agreed.sees('Rolled back run')
    expect(await agreed.ended()).toBe(0)
    expect(await exists('customer')).toBe(false)
  })

  it('rows that changed since: refused, shown by --dry-run, and only the typed name removes them', async () => {
    expect(await migrate()).toMatchObject({ exitCode: 0 })
    await client.query(`insert into customer values (3, 'Cy')`)
    const dry = await program('rollback', '--dry-run')
    expect(dry.exitCode).toBe(4)
    expect(dry.output).toContain('Changed since the run')
    expect(dry.output).toContain(`--force ${target.address.database}`)
    const refused = await program('rollback', '--yes')
    expect(refused.exitCode).toBe(4)
    expect(refused.errors).toContain('has 3 rows, and the run left 2')
    const asked = terminal('rollback')
    await asked.sees(`type ${target.address.database}:`)
    asked.type('yes')
    asked.press('enter')
    expect(await asked.ended()).toBe(2)
    expect(await count('customer')).toBe(3)
    const named = terminal('rollback')
    await named.sees(`type ${target.address.database}:`)
    named.type(target.address.database)
    named.press('enter')
    expect(await named.ended()).toBe(0)
    expect(await exists('customer')).toBe(false)
  })

  it('a run that filled tables: its rows go, and those of others stay', async () => {
    await client.query(`create table customer (id bigint primary key, name text not null);
                        create table "order" (id bigint primary key, customer_id bigint not null references customer, total bigint);
                        insert into customer values (7, 'Zoe')`)
    expect(await migrate('--data-only', '--append')).toMatchObject({ exitCode: 0, errors: '' })
    expect(await count('customer')).toBe(3)
    const dry = await program('rollback', '--dry-run')
    expect(dry).toMatchObject({ exitCode: 0 })
    expect(dry.output).toContain('its rows from 2 tables that were there before it')
    expect(await count('customer')).toBe(3)
    const done = await program('rollback', '--yes')
    expect(done).toMatchObject({ exitCode: 0, errors: '' })
    expect(done.output).toContain('5 rows from tables that were there before it')
    expect((await client.query('select id::int, name from customer')).rows).toEqual([{ id: 7, name: 'Zoe' }])
    expect(await count('"order"')).toBe(0)
  })

  it('a run that filled tables, to whose rows rows of others refer: refused, whatever the key does on delete', async () => {
    for (const action of ['no action', 'cascade', 'set null']) {
      await client.query(`drop table if exists note, "order", customer;
                          create table customer (id bigint primary key, name text not null);
                          create table "order" (id bigint primary key, customer_id bigint not null references customer, total bigint);
                          create table note (customer_id bigint references customer on delete ${action})`)
      expect(await migrate('--data-only')).toMatchObject({ exitCode: 0, errors: '' })
      await client.query('insert into note values (1)')
      const refused = await program('rollback', '--yes')
      expect(refused.exitCode).toBe(4)
      expect(refused.errors).toContain('did not write refer to rows that it wrote')
      expect(await client.query('select customer_id::int from note')).toMatchObject({
        rows: [{ customer_id: 1 }],
      })
      expect(await count('customer')).toBe(2)
      await client.query('drop schema gpt_migrate cascade')
    }
  })
})

describe('verify --repair', { timeout }, () => {
  beforeEach(async () => {
    expect(await migrate()).toMatchObject({ exitCode: 0 })
    await client.query(`update customer set name = 'Mallory' where id = 2`)
  })
  const name = async (): Promise<string> =>
    (await client.query<{ name: string }>('select name from customer where id = 2')).rows[0]!.name

  it('without a terminal needs --yes; --dry-run shows what would be reloaded', async () => {
    expect(await program('verify', '--repair')).toMatchObject({ exitCode: 2, output: '' })
    const dry = await program('verify', '--repair', '--dry-run')
    expect(dry.exitCode).toBe(7)
    expect(dry.output).toContain('shop.db/customer: 1 block with 2 rows')
    expect(await name()).toBe('Mallory')
    expect(await program('verify', '--repair', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await name()).toBe('Bo')
  })

  it('in a terminal asks', async () => {
    const declined = terminal('verify', '--repair')
    await declined.sees('Reload them from the snapshots? [y/N]')
    declined.press('enter')
    expect(await declined.ended()).toBe(7)
    expect(await name()).toBe('Mallory')
    const agreed = terminal('verify', '--repair')
    await agreed.sees('[y/N]')
    agreed.type('yes')
    agreed.press('enter')
    await agreed.sees('Repaired')
    expect(await agreed.ended()).toBe(0)
    expect(await name()).toBe('Bo')
  })

  it('--yes and --dry-run mean nothing without --repair', async () => {
    expect(await program('verify', '--yes')).toMatchObject({ exitCode: 2 })
    expect(await program('verify', '--dry-run')).toMatchObject({ exitCode: 2 })
  })
})

describe('--truncate', { timeout }, () => {
  it('takes the typed name, and --dry-run shows the rows that would go', async () => {
    await client.query(`create table customer (id bigint primary key, name text not null);
                        create table "order" (id bigint primary key, customer_id bigint not null references customer, total bigint);
                        insert into customer values (7, 'Zoe')`)
    const { database } = target.address
    const dry = await program('--dry-run', '--source', source, '--data-only', '--truncate', database)
    expect(dry).toMatchObject({ exitCode: 0, errors: '' })
    expect(dry.output).toMatch(/--truncate removes 1 row:\n +public\.customer +1 row/)
    const json = await program(
      '--dry-run',
      '--json',
      '--source',
      source,
      '--data-only',
      '--truncate',
      database,
    )
    const last = JSON.parse(json.output.trimEnd().split('\n').at(-1)!) as Record<string, unknown>
    expect(last).toMatchObject({
      mapping: 'data-only',
      removes: { rollback: null, emptied: [{ schema: 'public', table: 'customer', rows: 1 }] },
    })
    expect(await migrate('--data-only', '--truncate', 'other')).toMatchObject({ exitCode: 4 })
    expect(await migrate('--data-only')).toMatchObject({ exitCode: 4 })
    expect(await count('customer')).toBe(1)
    expect(await migrate('--data-only', '--truncate', database)).toMatchObject({ exitCode: 0 })
    expect((await client.query('select id::int from customer order by id')).rows).toEqual([
      { id: 1 },
      { id: 2 },
    ])
  })
})

describe('--start-over', { timeout }, () => {
  it('takes the typed name, and --dry-run shows what would be rolled back', async () => {
    expect(await migrate()).toMatchObject({ exitCode: 0 })
    // As a run that was interrupted leaves it.
    await client.query(`update gpt_migrate.run set status = 'copying', finished_at = null`)
    const { database } = target.address
    const dry = await program('--dry-run', '--source', source, '--start-over', database)
    expect(dry).toMatchObject({ exitCode: 0, errors: '' })
    expect(dry.output).toContain('Before it begins')
    expect(dry.output).toContain('removes 5 rows')
    const wrong = await migrate('--start-over', 'other')
    expect(wrong).toMatchObject({ exitCode: 2 })
    expect(wrong.errors).toContain(`--start-over=${shellWord(database)}`)
    expect(await count('"order"')).toBe(3)
    const run = (await client.query<{ run: string }>('select run from gpt_migrate.run')).rows[0]!.run
    expect(await migrate('--start-over', database)).toMatchObject({ exitCode: 0 })
    const runs = await client.query<{ run: string }>('select run from gpt_migrate.run')
    expect(runs.rows).toHaveLength(1)
    expect(runs.rows[0]!.run).not.toBe(run)
  })
})
