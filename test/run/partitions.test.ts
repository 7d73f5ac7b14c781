/** Partitions that keep coming: the month after the last one, rows that fell into the default partition, an application that continues. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import {
  extendPartitions,
  missingMonths,
  type PartitionsRequest,
} from '../../src/engine/run/past-runs/extend-partitions.ts'
import { rollBackRun } from '../../src/engine/run/rollback/rollback.ts'
import { resolveTarget } from '../../src/engine/target/address/address.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { monthAfter, readMonthPartitions } from '../../src/engine/target/tables/month-partitions.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, verifyForTest } from '../support/run.ts'

describe('missing months', () => {
  it('are those ahead, those of stranded rows, and none that are not needed', () => {
    const months = (state: Parameters<typeof missingMonths>[0], now: string, ahead: number) =>
      missingMonths(state, now, ahead).map(({ month }) => month)
    expect(months({ months: ['2025-01', '2025-02'], stranded: [] }, '2025-01', 3)).toEqual([
      '2025-03',
      '2025-04',
    ])
    expect(months({ months: ['2025-01'], stranded: [] }, '2026-11', 1)).toEqual(['2026-11', '2026-12'])
    expect(months({ months: ['2025-01'], stranded: [{ month: '2025-06', rows: 2 }] }, '2026-12', 0)).toEqual([
      '2025-06',
      '2026-12',
    ])
    expect(months({ months: ['2026-12', '2027-01'], stranded: [] }, '2026-11', 1)).toEqual([])
    expect(months({ months: [], stranded: [] }, '2026-11', 0)).toEqual(['2026-11'])
    expect([monthAfter('2025-12', 1), monthAfter('2025-01', 23), monthAfter('0999-12', 1)]).toEqual([
      '2026-01',
      '2026-12',
      '1000-01',
    ])
  })
})

forEachServerNightly((server) => {
  describe('partitions', () => {
    const folder = temporaryFolder()
    let database: FreshDatabase
    let connection: Connection
    let run: string
    beforeAll(async () => {
      const sources = join(folder, 'databases')
      createSampleDatabases({ folder: sources, rows: 1000, seed: 2 })
      database = await freshDatabase(server.url)
      const { report } = await runForTest({ sources: [sources], url: database.url, workFolder: folder })
      run = report!.run
      connection = await connect(database.address)
    })
    afterAll(async () => {
      await connection.end()
      await database.drop()
    })

    const extend = (
      request: Partial<PartitionsRequest> = {},
      onEvent: (event: RunEvent) => void = () => {},
    ) =>
      extendPartitions(
        {
          target: { target: database.url, env: {}, workFolder: folder, port: null },
          run: null,
          ahead: 2,
          partman: false,
          dryRun: false,
          ...request,
        },
        { control: new RunControl(), emit: onEvent },
      )

    it('rows-in-the-default-partition are moved into the partitions that are made; twice changes nothing', async () => {
      await connection.execute(`insert into ml.predictions (model_id, symbol, timestamp, prediction_type)
        select (select min(model_id::text)::uuid from ml.models), 'X' || i, '2031-02-03'::timestamptz + i * interval '1 day', 'late'
          from generate_series(1, 60) i`)
      const { rows: before } = await connection.query('select * from ml.predictions order by id')
      const forecast = await extend({ dryRun: true })
      const predictions = forecast.tables.find(({ table }) => table.table === 'predictions')!
      expect(predictions.missing.filter(({ rows }) => rows > 0)).toEqual([
        { month: '2031-02', rows: 25 },
        { month: '2031-03', rows: 31 },
        { month: '2031-04', rows: 4 },
      ])
      expect(await countDefault(connection)).toBe(60)
      const done = await extend()
      const made = done.tables.find(({ table }) => table.table === 'predictions')!
      expect(made.made.map(({ month, rows }) => ({ month, rows }))).toEqual(predictions.missing)
      expect(made.lastMonth).toBe('2031-04')
      expect(await countDefault(connection)).toBe(0)
      const { rows: after } = await connection.query('select * from ml.predictions order by id')
      expect(after).toEqual(before)
      const again = await extend()
      expect(again.tables.flatMap((table) => table.made)).toEqual([])
      await connection.execute("delete from ml.predictions where prediction_type = 'late'")
      expect((await verifyForTest(database.url, folder, false)).ok).toBe(true)
    })

    it('a transaction that holds a lock is waited for, and what waits behind us gets its turn', async () => {
      const other = await connect(database.address)
      const insert = (day: string) =>
        `insert into ml.predictions (model_id, symbol, timestamp) select model_id, 'L', '${day}' from ml.models limit 1`
      await other.execute(insert('2032-05-01'))
      await other.execute(`begin; ${insert('2032-05-02')}`)
      let retries = 0
      const extending = extend({ ahead: 3 }, async (event) => {
        if (event.type !== 'finding' || event.finding.code !== 'waiting-for-lock') return
        if (++retries === 1) await other.execute('commit')
      })
      try {
        await extending
      } finally {
        await other.execute('rollback')
      }
      expect(retries).toBeGreaterThanOrEqual(1)
      await extend()
      expect(await countDefault(connection)).toBe(0)
      await other.execute("delete from ml.predictions where symbol = 'L'")
      await other.end()
    })

    it('rollback takes the new partitions along', async () => {
      await rollBackRun(connection, run, { force: true })
      const { rows } = await connection.query(
        `select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'ml'`,
      )
      expect(rows).toEqual([])
    })
  })
})

it('partitions that are made beside pg_partman are ones that it knows', { timeout: 120_000 }, async ({
  skip,
}) => {
  const server = await serverWithPartman()
  if (server === null) skip('no server has pg_partman')
  const folder = temporaryFolder()
  const sources = join(folder, 'databases')
  createSampleDatabases({ folder: sources, rows: 600, seed: 2 })
  const database = await freshDatabase(server!.url)
  const connection = await connect(database.address)
  try {
    const { report } = await runForTest({ sources: [sources], url: database.url, workFolder: folder })
    await connection.execute('create schema partman; create extension pg_partman schema partman')
    const target = { target: database.url, env: {}, workFolder: folder, port: null }
    const extend = (ahead: number, partman: boolean) =>
      extendPartitions(
        { target, run: null, ahead, partman, dryRun: false },
        { control: new RunControl(), emit: () => {} },
      )
    const months = async () =>
      (await readMonthPartitions(connection, { schema: 'ml', table: 'predictions' }))!.partitions
    const grow = (by: number) =>
      connection.execute(`update partman.part_config set premake = premake + ${by};
        select partman.run_maintenance(p_jobmon := false)`)
    await extend(2, true)
    await extend(4, false)
    await grow(4)
    expect((await months()).filter((one) => !/_p\d/.test(one.name))).toEqual([])

    // As earlier versions named it.
    const { name } = (await months()).toSorted((a, b) => (a.month < b.month ? -1 : 1)).at(-1)!
    await connection.execute(`alter table ml.${name} rename to ${name.replace('_p', '_')}`)
    await extend(1, true)
    expect((await months()).map((one) => one.name)).toContain(name)
    await grow(1)
    expect((await verifyForTest(database.url, folder, false)).ok).toBe(true)

    await rollBackRun(connection, report!.run)
    const { rows } = await connection.query('select parent_table from partman.part_config')
    expect(rows).toEqual([])
  } finally {
    await connection.end()
    await database.drop()
  }
})

async function serverWithPartman() {
  for (const server of inject('servers')) {
    await using connection = await connect(resolveTarget({ target: server.url, env: {} }))
    const { rows } = await connection.query(`select from pg_available_extensions where name = 'pg_partman'`)
    if (rows.length > 0) return server
  }
  return null
}

async function countDefault(connection: Connection): Promise<number> {
  const { n } = await connection.queryOne<{ n: number }>(
    'select count(*)::int as n from only ml.predictions_default',
  )
  return n
}
