/**
 * The six databases on a real TimescaleDB: moved, proven before and after the columnstore, a planted change found, rolled back without a
 * trace. GPT_MIGRATE_TIMESCALEDB names the server (a URL of a superuser); without it these tests are skipped, and say so.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import { createChangeCapture, startChangeCapture } from '../../src/engine/journal/change-capture.ts'
import { readRun } from '../../src/engine/journal/journal.ts'
import { refuseUnfollowable } from '../../src/engine/run/following/followable.ts'
import {
  addForeignKeys,
  dropForeignKeys,
  validateForeignKeys,
} from '../../src/engine/run/following/foreign-keys.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { rollBackRun } from '../../src/engine/run/rollback/rollback.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { isAtLeast } from '../../src/engine/target/extensions/extension-version.ts'
import { readTimescale } from '../../src/engine/target/extensions/timescale.ts'
import { verifyLines } from '../../src/faces/verify-lines.ts'
import { type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, verifyForTest } from '../support/run.ts'

const server = process.env.GPT_MIGRATE_TIMESCALEDB

const declare = server === undefined ? describe.skip : describe
declare('TimescaleDB (skipped where GPT_MIGRATE_TIMESCALEDB names no server)', () => {
  const folder = temporaryFolder()
  let database: FreshDatabase
  let connection: Connection
  let run: string
  beforeAll(async () => {
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 2000, seed: 4 })
    database = await freshDatabase(server!)
    const { report } = await runForTest({
      sources: [sources],
      url: database.url,
      workFolder: folder,
      options: { columnstore: '7 days', retention: '90 years' },
    })
    expect(report).toMatchObject({ status: 'ok', verify: { ok: true } })
    run = report!.run
    connection = await connect(database.address)
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  const verified = async () => (await verifyForTest(database.url, folder, false)).ok

  it('makes hypertables of the two time series', async () => {
    const { rows } = await connection.query(
      'select hypertable_name as name from timescaledb_information.hypertables order by 1',
    )
    expect(rows).toEqual([{ name: 'feature_values' }, { name: 'predictions' }])
  })

  it('converts all old chunks, and makes the policies once they are proven', async () => {
    const { chunks, policies } = await connection.queryOne<{ chunks: boolean; policies: number }>(
      `select (select bool_and(is_compressed) from timescaledb_information.chunks) as chunks,
              (select count(*)::int from timescaledb_information.jobs
                where scheduled and hypertable_name in ('feature_values', 'predictions')) as policies`,
    )
    expect({ chunks, policies }).toEqual({ chunks: true, policies: 4 })
  })

  it('proves the same values through the columnstore, and finds a change in it', async () => {
    expect(await verified()).toBe(true)
    const { id } = await connection.queryOne<{ id: string }>('select min(id)::text as id from ml.predictions')
    const change = (sign: string) =>
      connection.execute(`update ml.predictions set confidence = confidence ${sign} 0.0001 where id = ${id}`)
    await change('-')
    const target = { target: database.url, env: {}, workFolder: folder, port: null }
    const { differences } = await verifyAgain(
      { target, run: null, level: 'full', jobs: 2, repair: false },
      { control: new RunControl(), emit: () => {} },
    )
    expect(differences).toMatchObject([{ kind: 'changed', column: 'confidence' }])
    await expect(rollBackRun(connection, run)).rejects.toMatchObject({ code: 'target-changed' })
    // As the policy does, whenever it runs.
    await connection.query(
      `select public.compress_chunk(chunk, if_not_compressed => true) from public.show_chunks('ml.predictions') chunk`,
    )
    await expect(rollBackRun(connection, run)).rejects.toMatchObject({ code: 'target-changed' })
    await change('+')
    expect(await verified()).toBe(true)
  })

  it('notes the changes that a way back needs, and leaves references as the columnstore allows', async () => {
    const record = (await readRun(connection, run))!
    const { version } = (await readTimescale(connection))!
    if (!isAtLeast(version, [2, 28])) {
      await connection.execute('begin')
      try {
        const { tables } = await createChangeCapture(connection, record)
        const modes = Object.fromEntries(tables.map(({ target, mode }) => [target.table, mode]))
        expect(modes).toMatchObject({ predictions: 'comparison', trades: 'triggers' })
      } finally {
        await connection.execute('rollback')
      }
      await expect(
        refuseUnfollowable(connection, { plan: record.plan, snapshots: [] }),
      ).rejects.toMatchObject({
        code: 'not-followable',
      })
      return
    }
    await connection.execute('begin')
    try {
      await createChangeCapture(connection, record)
      await startChangeCapture(connection)
      await connection.execute('update ml.predictions set confidence = 0 where id = 3')
      await connection.execute('delete from ml.predictions where id = 4')
      const { rows } = await connection.query('select key from gpt_migrate.changed')
      expect(rows).toEqual([{ key: [3] }, { key: null }])
      await dropForeignKeys(connection, record.plan)
      await addForeignKeys(connection, record.plan)
    } finally {
      await connection.execute('rollback')
    }
    await connection.execute(
      `alter table ml.predictions drop constraint predictions_model_id_fkey;
       alter table ml.predictions add constraint predictions_model_id_fkey
         foreign key (model_id) references ml.models (model_id) not valid`,
    )
    expect(await validateForeignKeys(connection, record.plan)).toContain('predictions_model_id_fkey')
  })

  it('says of rows that a retention has deleted why they may be missing', async () => {
    await connection.query(
      `select public.alter_job(job_id, config => config || '{"drop_after": "1 day"}')
         from timescaledb_information.jobs where proc_name = 'policy_retention' and hypertable_name = 'predictions'`,
    )
    const { job } = await connection.queryOne<{ job: number }>(
      `select job_id as job from timescaledb_information.jobs
        where proc_name = 'policy_retention' and hypertable_name = 'predictions'`,
    )
    await connection.execute(`call public.run_job(${job})`)
    const answer = await verifyForTest(database.url, folder, false)
    expect(answer.ok).toBe(false)
    expect(verifyLines(answer, false).at(-1)).toMatch(
      /^ {2}time series ml\.predictions: .*deletes rows older than 1 day: they may be missing because of it\.$/,
    )
  })

  it('leaves nothing behind after a rollback', async () => {
    await rollBackRun(connection, run, { force: true })
    const { rows } = await connection.query(
      `select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')`,
    )
    expect(rows).toEqual([])
  })
})
