/** Every row that PostgreSQL can't hold is kept aside, whole, once; and the sums agree for every table, folds and pivots too. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import type { Report } from '../../src/engine/model/report.ts'
import { dialects } from '../mappings/dialects/index.ts'
import { hostileTexts } from '../support/any-database.ts'
import { cutSmallBlocks, fewRows } from '../support/block-size.ts'
import { isNight } from '../support/breadth.ts'
import { runCommand } from '../support/command.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { judge } from '../support/outside-checker.ts'
import { runForTest, type TestRun } from '../support/run.ts'
import { refusedRows, writeTroubledSource } from '../support/troubled-source.ts'

cutSmallBlocks()

let target: FreshDatabase
let client: pg.Client
let folder: string

beforeEach(async () => {
  folder = temporaryFolder()
  target = await freshDatabase(anyServer().url)
  client = new pg.Client({ connectionString: target.url })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await target.drop()
})

const run = (sources: readonly string[], more: Partial<TestRun> = {}) =>
  runForTest({
    sources,
    url: target.url,
    workFolder: join(folder, 'work'),
    ...more,
    request: { jobs: 1, ...more.request },
  })

it('the program lists and exports what it refused, with storage classes and bytes, and exits with 8', {
  timeout: 60_000,
}, async () => {
  const source = writeTroubledSource(folder, fewRows)
  const place = ['--target', target.url, '--work-folder', join(folder, 'work')]
  const moved = await runCommand(['--yes', '--source', source, ...place], { cwd: folder })
  expect(moved).toMatchObject({ exitCode: 8, errors: '' })
  const exported = await runCommand(['rejects', 'export', ...place], { cwd: folder })
  const entries = exported.output
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { tableId: string; ordinal: number; code: string; cells: unknown; key: unknown },
    )
  expect(entries).toHaveLength(refusedRows)
  expect(entries).toContainEqual(
    expect.objectContaining({
      tableId: 'troubled.db/orders',
      key: [{ integer: '3' }],
      code: 'nul-in-text',
      cells: {
        id: { integer: '3' },
        customer_id: { integer: '1' },
        amount: { integer: '7' },
        note: { textBase64: Buffer.from('a\0b').toString('base64') },
      },
    }),
  )
  const listed = await runCommand(['rejects', 'list', ...place], { cwd: folder })
  expect(listed.output).toContain('4 rows in quarantine')
  expect(listed.output).not.toContain('\0')
})

it('--on-reject fail: exit 6, and the row is named', { timeout: 60_000 }, async () => {
  const source = writeTroubledSource(folder, fewRows)
  const { report } = await run([source], { options: { onReject: 'fail' } })
  expect(report).toMatchObject({
    status: 'failed',
    exitCode: 6,
    error: {
      code: 'nul-in-text',
      message: expect.stringMatching(/troubled\.db\/(many|orders), row (3|7), column note/),
    },
  })
})

describe('rows that the server refuses, against all expectation', () => {
  /** A constraint that the plan does not know, put in between the creation of the tables and the first row. */
  const constrain =
    (control: RunControl, sql: string) =>
    (event: RunEvent): void => {
      if (event.type !== 'phase-finished' || event.phase !== 'create') return
      control.pause()
      client.query(sql).finally(() => control.unpause())
    }

  it('are found among the others, and kept aside once, however often the run is resumed', {
    timeout: 90_000,
  }, async () => {
    const source = writeTroubledSource(folder, fewRows)
    const control = new RunControl()
    const sql = `alter table many add constraint later check (value <> 5 and value not between 2000 and 2001 or value is null);
      alter table orders add check (id <> 1)`
    const constraining = constrain(control, sql)
    let started = 0
    const onEvent = (event: RunEvent): void => {
      constraining(event)
      if (event.type === 'table-started' && ++started === 2) control.stop('SIGINT')
    }
    expect((await run([source], { control, onEvent })).report?.status).toBe('stopped')
    const { report, plan } = await run([source])
    // 5 is row 15; 2,000 to 2,001 are four rows.
    expect(report?.quarantine.byCode).toEqual({ 'nul-in-text': refusedRows, 'refused-by-server': 1 + 4 + 1 })
    const { complaints, quarantined } = await judge(source, 'troubled.db', target.url, {
      ...plan,
      tables: plan.tables.filter(({ table }) => table !== 'many'),
    })
    expect(complaints).toEqual(['"many": is not said to be moved'])
    expect(quarantined).toBe(2)
    const { rows } = await client.query(
      `select ordinal::int, reason from gpt_migrate.quarantine where code = 'refused-by-server' and table_id like '%/many' order by 1`,
    )
    expect(rows.map(({ ordinal }) => ordinal)).toEqual([15, 6_000, 6_001, 6_002, 6_003])
    expect(rows[0].reason).toMatch(/later/)
    expectAccounted(report)
  })

  it('with --on-reject fail the run fails, and nothing of the block is there', {
    timeout: 60_000,
  }, async () => {
    const source = writeTroubledSource(folder, fewRows)
    const control = new RunControl()
    const onEvent = constrain(control, 'alter table customers add check (id <> 2)')
    const { report } = await run([source], { control, onEvent, options: { onReject: 'fail' } })
    expect(report).toMatchObject({ status: 'failed', exitCode: 6 })
  })
})

describe('the sums agree', () => {
  it('hostile values in every column of the six databases', { timeout: 120_000 }, async () => {
    const sources = join(folder, 'six')
    for (const path of createSampleDatabases({ folder: sources, rows: 1200, seed: 5 })) spoil(path)
    const { report } = await run([sources])
    expect(report?.error).toBeUndefined()
    expect(report?.verify.differences).toEqual([])
    expect(report?.verify.checks.filter((check) => !check.ok)).toEqual([])
    expectAccounted(report)
    await expectCounted(report!, sources)
    expect(report?.status).toBe('quarantined')
  })

  // By day the one that folds and pivots.
  const summed = isNight ? ['troubled', 'nested-files', 'missing-file'] : ['nested-files']
  for (const dialect of dialects.filter(({ name }) => summed.includes(name))) {
    it(`dialect ${dialect.name}`, { timeout: 60_000 }, async () => {
      const sources = join(folder, 'six')
      dialect.create(sources)
      const { report } = await run([sources], { options: { allowMissing: true } })
      expect(report?.verify.differences).toEqual([])
      expect(['ok', 'quarantined']).toContain(report?.status)
      expectAccounted(report)
      await expectCounted(report!, sources)
    })
  }
})

/** Puts a hostile value into one row of each column after the other, where SQLite lets it. */
function spoil(path: string): void {
  const db = new Database(path)
  db.pragma('foreign_keys = off')
  db.pragma('synchronous = off')
  const tables = db
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all()
  const values = [...hostileTexts, 0n, -1n, 2n ** 63n - 1n, -0, 1e308, Infinity, null, Buffer.from([0, 255])]
  let next = 0
  db.exec('begin')
  for (const { name } of tables as { name: string }[]) {
    const columns = db.prepare('select name from pragma_table_info(?)').all(name) as { name: string }[]
    for (const column of columns) {
      const update = db.prepare(`update or ignore "${name}" set "${column.name}" = ? where rowid = ?`)
      for (let row = 1; row <= 12; row++) {
        try {
          update.run(values[next % values.length], next)
        } catch {
          // An integer key takes integers only.
        }
        next = (next + 7) % 1000
      }
    }
  }
  db.exec('commit')
  db.close()
}

function expectAccounted(report: Report | null): void {
  expect(report?.tables.length).toBeGreaterThan(0)
  for (const { table, rows } of report!.tables)
    expect([table, rows.source]).toEqual([table, rows.target + rows.quarantined + rows.excluded])
}

/** Counts both sides by hand: rows of tables, elements of folds, pairs of pivots and what of them went to the archive. */
async function expectCounted(report: Report, sources: string): Promise<void> {
  for (const { database, table, target: home, rows } of report.tables) {
    const { path } = report.sources.find((one) => one.database === database)!
    expect(path.startsWith(sources)).toBe(true)
    const db = new Database(path, { readonly: true })
    const { n } = db.prepare(`select count(*) as n from "${table}"`).get() as { n: number }
    db.close()
    expect([table, rows.source]).toEqual([table, n])
    const { rows: aside } = await client.query<{ n: number }>(
      'select count(*)::int as n from gpt_migrate.quarantine where table_id = $1',
      [`${database}/${table}`],
    )
    expect([table, rows.quarantined]).toEqual([table, aside[0]!.n])
    if (home === null) continue
    const place = 'fold' in home ? home.fold : home
    const name = `"${place.schema}"."${place.table}"`
    const column = 'fold' in home ? `"${home.fold.column}"` : null
    const sql =
      column === null
        ? `select count(*)::int as n from ${name}`
        : `select coalesce(sum(case jsonb_typeof(${column}) when 'array' then jsonb_array_length(${column}) else 0 end), 0)::int as n from ${name}`
    const { rows: held } = await client.query<{ n: number }>(sql)
    expect([table, rows.targetRows ?? rows.target]).toEqual([table, held[0]!.n])
  }
}
