/**
 * Databases on a real Citus cluster: moved, proven through the coordinator, a change in one shard found, killed and resumed, written
 * back, rolled back without a trace on any node. GPT_MIGRATE_CITUS names the coordinator (a URL of a superuser, with a database that has
 * the nodes); without it these tests are skipped, and say so.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { exportTarget } from '../../src/engine/run/past-runs/export-target.ts'
import { extendPartitions } from '../../src/engine/run/past-runs/extend-partitions.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { rollBackRun } from '../../src/engine/run/rollback/rollback.ts'
import { quoteIdentifier } from '../../src/engine/syntax/postgres-names.ts'
import { resolveTarget } from '../../src/engine/target/address/address.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { type CitusDatabase, citusDatabase, citusServer, query } from '../support/citus.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { runForTest, verifyForTest } from '../support/run.ts'

const context = () => ({ control: new RunControl(), emit: () => {} })

const kept = async ({ address }: CitusDatabase): Promise<Record<string, string>> => {
  const rows = await query<{ table: string; kind: string }>(
    address,
    `select c.relname as table,
            case p.partmethod when 'h' then column_to_column_name(p.logicalrelid, p.partkey)
                              else case p.repmodel when 't' then 'reference' else 'schema' end end as kind
       from pg_dist_partition p join pg_class c on c.oid = p.logicalrelid where not c.relispartition order by 1`,
  )
  return Object.fromEntries(rows.map(({ table, kind }) => [table, kind]))
}

/** What is left on a node that is not Citus's own. */
const traces = `select (select count(*)::integer from pg_dist_partition) as tables,
  (select count(*)::integer from pg_dist_shard) as shards, (select count(*)::integer from pg_dist_colocation) as groups,
  array(select nspname::text from pg_namespace
         where nspname !~ '^pg_' and nspname !~ '^citus' and nspname not in ('public', 'information_schema')) as schemas,
  array(select extname::text from pg_extension order by 1) as extensions`
const untouched = { tables: 0, shards: 0, groups: 0, schemas: [], extensions: ['citus', 'plpgsql'] }

const declare = citusServer === undefined ? describe.skip : describe
declare('Citus (skipped where GPT_MIGRATE_CITUS names no server)', { timeout: 120_000 }, () => {
  const folder = temporaryFolder()
  const sources = join(folder, 'databases')
  let database: CitusDatabase
  let connection: Connection
  let run: string
  beforeAll(async () => {
    createSampleDatabases({ folder: sources, rows: 2000, seed: 4 })
    database = await citusDatabase()
    const options = { distribute: 'auto' } as const
    const { report } = await runForTest({
      sources: [sources],
      url: database.url,
      workFolder: folder,
      options,
    })
    expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
    run = report!.run
    connection = await connect(database.address)
  }, 120_000)
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })
  const target = () => ({ target: database.url, env: {}, workFolder: folder, port: null })

  it('spreads the time series by symbol and copies the other tables to every node', async () => {
    const tables = await kept(database)
    expect(tables).toMatchObject({ feature_values: 'symbol', predictions: 'symbol', orders: 'reference' })
    expect(Object.values(tables).filter((kind) => kind === 'reference')).toHaveLength(18)
  })

  it('makes further partitions, which lie on the nodes as well', async () => {
    const request = { target: target(), run: null, ahead: 1, partman: false, dryRun: false }
    const { tables } = await extendPartitions(request, context())
    expect(tables.every(({ made }) => made.length > 0)).toBe(true)
    expect((await verifyForTest(database.url, folder, false)).ok).toBe(true)
  })

  it('finds a change in one shard, by checksum and in full, and takes nothing back over it', async () => {
    const [, worker] = database.nodes
    const shards = await query<{ name: string }>(
      database.address,
      `select shard_name as name from citus_shards
        where table_name::text like 'ml.predictions%' and nodeport = ${worker!.port} order by shardid`,
    )
    /** Changes the first row of the first shard of the worker that has one. */
    const change = async (by: string): Promise<void> => {
      const session = await connect(worker!)
      await session.execute('set citus.enable_manual_changes_to_shards to on')
      let changed = 0
      for (const { name } of shards) {
        if (changed > 0) break
        const first = `(select min(id) from ${name})`
        changed = (
          await session.query(`update ${name} set confidence = confidence ${by} where id = ${first}`)
        ).count
      }
      expect(changed).toBe(1)
      await session.end()
    }
    await change('- 0.0001')
    expect((await verifyForTest(database.url, folder, false)).ok).toBe(false)
    const request = { target: target(), run: null, level: 'full', jobs: 2, repair: false } as const
    const { differences } = await verifyAgain(request, context())
    expect(differences).toMatchObject([{ kind: 'changed', column: 'confidence' }])
    await expect(verifyForTest(database.url, folder, true)).rejects.toMatchObject({ code: 'not-repairable' })
    await expect(rollBackRun(connection, run)).rejects.toMatchObject({ code: 'target-changed' })
    await change('+ 0.0001')
    expect((await verifyForTest(database.url, folder, false)).ok).toBe(true)
  })

  it('is written back into SQLite files, and followed by nothing', async () => {
    const back = join(folder, 'back')
    await exportTarget({ target: target(), run: null, folder: back }, context())
    const count = (where: string) =>
      new Database(join(where, 'trading.db')).prepare('select count(*) from trades').pluck().get()
    expect(count(back)).toBe(count(sources))
    await expect(prepareFollowing(database.address, run, null)).rejects.toMatchObject({
      code: 'not-followable',
      message: expect.stringContaining('kept by Citus'),
    })
  })

  it('leaves nothing behind on any node after a rollback', async () => {
    await rollBackRun(connection, run)
    for (const node of database.nodes) expect(await query(node, traces)).toEqual([untouched])
  })

  it('makes ordinary tables where nothing was said of it', async () => {
    const { report } = await runForTest({ sources: [sources], url: database.url, workFolder: folder })
    expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
    expect(await kept(database)).toEqual({})
    await rollBackRun(connection, report!.run)
    expect(await query(database.nodes[1]!, traces)).toEqual([untouched])
  })

  describe("a stranger's database", () => {
    const other = join(folder, 'other')
    const mapping = join(folder, 'tenants.yaml')
    beforeAll(() => {
      mkdirSync(other)
      const db = new Database(join(other, 'shop.db'))
      db.exec(`
        create table "Tenants" ("Tenant Id" integer primary key, name text not null);
        create table invoices (tenant integer not null references "Tenants"("Tenant Id") on delete cascade,
          id integer not null, total real, doc blob, primary key (tenant, id));
        create table tags (id integer primary key, parent integer references tags(id) on delete set null, word text);
        create unique index tags_word on tags (lower(word)) where word is not null;
        create table notes (body text);
        insert into "Tenants" values (1, 'a'), (2, 'b');
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
        insert into invoices select 1 + i % 2, i, i / 3.0, x'00ff' from n;
        insert into tags values (1, null, 'x'), (2, 1, 'y');
        insert into notes values ('one'), ('one'), (null);`)
      db.close()
      writeFileSync(
        mapping,
        `databases:
  shop.db:
    tables:
      Tenants: {target: sales.tenants, distribute: {column: Tenant Id}}
      invoices: {target: sales.invoices, distribute: {column: tenant}}
      tags: {target: words.tags, distribute: schema}
`,
      )
    })

    it.each([
      ['auto', null, { Tenants: 'reference', invoices: 'tenant', tags: 'reference', notes: 'reference' }],
      ['a mapping file', { file: mapping }, { tenants: 'Tenant Id', invoices: 'tenant', tags: 'schema' }],
    ] as const)('%s', async (_how, file, expected) => {
      const { report } = await runForTest({
        sources: [other],
        url: database.url,
        workFolder: folder,
        options: file === null ? { distribute: 'auto' } : {},
        request: { verifyLevel: 'full', mapping: file },
      })
      expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
      expect(await kept(database)).toEqual(expected)
      await rollBackRun(connection, report!.run)
      for (const node of database.nodes) expect(await query(node, traces)).toEqual([untouched])
    })
  })

  it('is moved, and removed, by a role that is no superuser', async () => {
    const ordinary = await citusDatabase()
    const role = quoteIdentifier(`few_${ordinary.address.database}`)
    const name = quoteIdentifier(ordinary.address.database)
    await query(ordinary.address, `create role ${role} login`)
    await query(ordinary.address, `grant create on database ${name} to ${role}`)
    const url = new URL(ordinary.url)
    url.username = role.slice(1, -1)
    const session = await connect(resolveTarget({ target: url.href, env: {} }))
    try {
      const { report } = await runForTest({
        sources: [sources],
        url: url.href,
        workFolder: folder,
        options: { distribute: 'auto' },
      })
      expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
      await rollBackRun(session, report!.run)
      for (const node of ordinary.nodes) expect(await query(node, traces)).toEqual([untouched])
    } finally {
      await session.end()
      await ordinary.drop()
      await query(database.address, `drop role ${role}`)
    }
  })

  it('continues after kill -9, and every row is there once', async () => {
    const many = join(folder, 'many')
    createSampleDatabases({ folder: many, rows: 60_000, seed: 5 })
    const killed = await citusDatabase()
    const watching = await connect(killed.address)
    try {
      const args = ['--yes', '--source', many, '--target', killed.url, '--distribute', 'auto']
      const started = startProgram([...args, '--work-folder', join(folder, 'killed')])
      const done = `select count(*)::integer as blocks from gpt_migrate.block where done_at is not null`
      for (let blocks = 0; blocks < 3; await setTimeout(20)) {
        const answer = await watching.query<{ blocks: number }>(done).catch(() => null)
        blocks = answer?.rows[0]?.blocks ?? 0
      }
      started.child.kill('SIGKILL')
      expect(await started.ended).toMatchObject({ signal: 'SIGKILL' })
      const ended = await runProgram([
        ...args,
        ...['--work-folder', join(folder, 'killed'), '--verify', 'full'],
      ])
      expect(ended).toMatchObject({ exitCode: 0, errors: '' })
    } finally {
      await watching.end()
      await killed.drop()
    }
  })
})
