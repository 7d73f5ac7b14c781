/** The whole circle: SQLite, PostgreSQL, SQLite, PostgreSQL, with an application that writes at each stage, and every cell compared. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunContext } from '../../src/engine/events/run-context.ts'
import { cutBack, keepSide } from '../../src/engine/run/cut-over/cut-back.ts'
import { cutOver } from '../../src/engine/run/cut-over/cut-over.ts'
import { followRun, prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { describeRuns } from '../../src/engine/run/following/follow-status.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { migrateExactly } from '../engine/export/exported.ts'
import { dialects } from '../mappings/dialects/index.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { bringBackOnce, changedRows, differencesOf, quietly } from '../support/fallback.ts'
import { temporaryFolder } from '../support/folders.ts'

const writerFile = fileURLToPath(new URL('../support/writer.ts', import.meta.url))
const writers: ChildProcess[] = []
afterEach(() => {
  for (const writer of writers.splice(0)) writer.kill('SIGKILL')
})

async function startWriter(file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [writerFile, file, '3', '5000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  writers.push(child)
  await once(child.stdout, 'data')
  return child
}

type Circle = {
  readonly database: FreshDatabase
  readonly folder: string
  readonly connection: Connection
  cutOver(command: string | null): ReturnType<typeof cutOver>
  cutBack(to: string, command: string | null, acceptAside?: boolean): ReturnType<typeof cutBack>
  /** Follows until a look finds nothing new; for a round or two of a source that is being written. */
  follow(isWritten?: boolean): Promise<void>
}

async function inCircle(
  create: (folder: string) => void,
  body: (circle: Circle) => Promise<void>,
): Promise<void> {
  const folder = temporaryFolder()
  const sources = join(folder, 'sources')
  mkdirSync(sources)
  create(sources)
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  const workFolder = join(folder, 'work')
  const target = { target: database.url, role: null, env: {}, workFolder, port: null }
  try {
    await migrateExactly(sources, database, folder, true)
    await body({
      ...{ database, folder, connection },
      cutOver: (onCutover) =>
        cutOver(
          {
            ...{ target, run: null, onCutover, beforeCutover: null, onAbort: null },
            ...{ withinMs: 10_000, fenceMs: 20_000, holdMs: 60_000, exclude: [] },
            ...{ acceptsQuarantine: false, keepsFallback: true, isDry: false },
          },
          quietly(),
        ),
      cutBack: (to, command, acceptAside = false) =>
        cutBack({ target, run: null, folder: to, command, withinMs: 10_000, acceptAside }, quietly()),
      async follow(isWritten = false) {
        const control = new RunControl()
        const context: RunContext = {
          control,
          emit: ({ type }) => {
            if (type === 'follow-lag' || (isWritten && type === 'round-committed')) control.stop('SIGINT')
          },
        }
        await followRun({ target, run: null, resync: [] }, context)
      },
    })
  } finally {
    await connection.end()
    await database.drop()
  }
}

const orders = `create table orders(id integer primary key autoincrement, code text, price real, note text);
  create table tags(name text, weight real);
  insert into tags values ('a', 1), ('a', 1), ('b', 2.5);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
    insert into orders(code, price) select 'c' || i, i from n`

const oneFile = (sql: string) => (folder: string) => {
  const db = openWritable(join(folder, 'app.db'))
  db.pragma('journal_mode = wal')
  db.exec(sql)
  db.close()
}

const tables = { orders: 'id, code, price, note', tags: 'name, weight' } as const

function rowsInFile(file: string): unknown {
  using db = openWritable(file)
  return Object.entries(tables).map(([name, columns]) =>
    db.prepare(`select ${columns} from ${name} order by 1, 2`).all(),
  )
}

async function rowsInTarget(connection: Connection): Promise<unknown> {
  const answers = []
  for (const [name, columns] of Object.entries(tables)) {
    const { rows } = await connection.query<{ id?: unknown }>(
      `select ${columns} from public.${name} order by 1, 2`,
    )
    answers.push(rows.map((row) => ('id' in row ? { ...row, id: Number(row.id) } : row)))
  }
  return answers
}

it('an application goes over, back, and over again, and each side has every cell', {
  timeout: 150_000,
}, async () => {
  await inCircle(oneFile(orders), async ({ database, folder, connection, ...circle }) => {
    const source = join(folder, 'sources', 'app.db')
    const first = await startWriter(source)
    expect(await circle.cutOver(`kill -9 ${first.pid}`)).toMatchObject({
      state: 'cut-over',
      proof: 'proven',
    })
    expect(await rowsInTarget(connection)).toEqual(rowsInFile(source))

    const back = join(folder, 'back')
    const inTarget = await writeInTarget(database)
    await bringBackOnce(database, back)
    expect(await circle.cutBack(back, 'true')).toMatchObject({ state: 'fallen back', lateWrites: 0 })
    expect(await inTarget.refused).toBe('25006')
    expect(await rowsInTarget(connection)).toEqual(rowsInFile(join(back, 'app.db')))
    const left = rowsInFile(source)

    const second = await startWriter(join(back, 'app.db'))
    await circle.follow(true)
    await expect(connection.execute('delete from public.tags')).rejects.toMatchObject({ sqlstate: '25006' })
    const target = { target: database.url, role: null, env: {}, workFolder: folder, port: null }
    expect((await describeRuns({ target }))[0]!.follow).toMatchObject({ state: 'following' })
    expect(await circle.cutOver(`kill -9 ${second.pid}`)).toMatchObject({
      state: 'cut-over',
      proof: 'proven',
    })
    expect(await rowsInTarget(connection)).toEqual(rowsInFile(join(back, 'app.db')))
    const report = JSON.parse(
      readFileSync(join(folder, 'work', (await describeRuns({ target }))[0]!.run, 'report.json'), 'utf8'),
    )
    expect(report.live).toMatchObject([
      { what: 'cut-over', proof: 'proven' },
      { what: 'moved-back', folder: back, lateWrites: 0 },
      { what: 'forward-again', folder: back },
      { what: 'cut-over', proof: 'proven' },
    ])
    // Nobody has touched the files that were left first.
    expect(rowsInFile(source)).toEqual(left)

    const again = await writeInTarget(database)
    await expect(bringBackOnce(database, back)).rejects.toMatchObject({ code: 'folder-is-source' })
    const other = join(folder, 'other')
    await bringBackOnce(database, other)
    expect(await circle.cutBack(other, null)).toMatchObject({ state: 'fallen back' })
    expect(await again.refused).toBe('25006')
    expect(await rowsInTarget(connection)).toEqual(rowsInFile(join(other, 'app.db')))
  })
})

/** An application on PostgreSQL, until it is refused. */
async function writeInTarget({ address }: FreshDatabase): Promise<{ readonly refused: Promise<unknown> }> {
  const connection = await connect(address)
  const write = (step: number): Promise<void> =>
    connection.execute(`insert into public.orders(code, price) values ('pg ${step}', ${step} + 0.25);
      update public.orders set note = 'seen' where id % 7 = ${step % 7};
      delete from public.orders where id = ${step * 3}; insert into public.tags values ('a', 1)`)
  await write(1)
  const run = async (): Promise<unknown> => {
    try {
      for (let step = 2; ; step++) {
        await write(step)
        await setTimeout(10)
      }
    } catch (error) {
      return (error as { sqlstate?: string }).sqlstate
    } finally {
      await connection.end()
    }
  }
  return { refused: run() }
}

it('what the files cannot say as PostgreSQL did comes forward as they say it, and what they refused waits in quarantine', {
  timeout: 150_000,
}, async () => {
  await inCircle(
    oneFile(`create table items (id integer primary key, amount integer check (amount < 100), price real, data text);
      insert into items values (1, 10, 1.5, '{"a": 1}'), (2, 20, 2.5, '{"b": 2}'), (3, 30, 3.5, null)`),
    async ({ database, folder, connection, ...circle }) => {
      await circle.cutOver(null)
      await connection.execute(`
        do $$ declare c record; begin
          for c in select conname from pg_constraint where conrelid = 'public.items'::regclass and contype = 'c'
          loop execute format('alter table public.items drop constraint %I', c.conname); end loop; end $$;
        update public.items set amount = 500 where id = 2;
        alter table public.items add column seen text;
        update public.items set seen = 'by ' || id;
        insert into public.items values (4, 700, 4.5, null), (5, 7, 5.5, '{}')`)
      const back = join(folder, 'back')
      await expect(circle.cutBack(back, null)).rejects.toMatchObject({ code: 'rows-aside' })
      expect(await circle.cutBack(back, null, true)).toMatchObject({ asideCount: 2 })
      const db = openWritable(join(back, 'app.db'))
      db.exec(`insert into items values (4, 4, 4, 'of SQLite'); update items set price = 9 where id = 1`)
      db.close()
      await circle.follow()
      const { rows } = await connection.query(
        'select id::int4 as id, amount::int4 as amount, price, seen from public.items order by 1',
      )
      // What the files have no column for stays, also in rows that changed there.
      expect(rows).toEqual([
        { id: 1, amount: 10, price: 9, seen: 'by 1' },
        { id: 2, amount: 20, price: 2.5, seen: 'by 2' },
        { id: 3, amount: 30, price: 3.5, seen: 'by 3' },
        { id: 4, amount: 4, price: 4, seen: null },
        { id: 5, amount: 7, price: 5.5, seen: null },
      ])
      const { rows: kept } = await connection.query(
        `select code, cells -> 'amount' ->> 'integer' as amount from gpt_migrate.quarantine order by 2`,
      )
      expect(kept).toEqual([
        { code: 'refused-by-old-layout', amount: '500' },
        { code: 'refused-by-old-layout', amount: '700' },
      ])
      await expect(circle.cutOver(null)).rejects.toMatchObject({ code: 'quarantine-not-accepted' })
    },
  )
})

it.runIf(isNight)(
  'every kind of table of the designed schema comes forward again',
  { timeout: 120_000 },
  async () => {
    const dialect = dialects.find(({ name }) => name === 'broker-ids')!
    await inCircle(
      (folder) => dialect.create(folder),
      async ({ database, folder, connection, ...circle }) => {
        await circle.cutOver(null)
        await connection.execute(`
        update trading.orders set quantity = 42.5 where id = (select min(id) from trading.orders);
        delete from trading.trades where id = (select min(id) from trading.trades);
        update ml.feature_values set features = features || '{"added": 1.5}' where id = (select min(id) from ml.feature_values);
        update portfolio.optimization_runs
           set optimal_weights = coalesce(optimal_weights, '[]') || '[{"symbol": "NEW", "weight": 0.25}]'
         where id = (select min(id) from portfolio.optimization_runs)`)
        const back = join(folder, 'back')
        await circle.cutBack(back, null)
        const files = changedRows(join(folder, 'sources'), back)
        expect(Object.keys(files).length).toBeGreaterThan(3)
        const db = openWritable(join(back, 'trading.db'))
        db.exec('update orders set quantity = 43 where rowid = (select max(rowid) from orders)')
        db.close()
        await circle.follow()
        expect(await circle.cutOver(null)).toMatchObject({
          state: 'cut-over',
          proof: 'proven',
          differing: [],
        })
        expect(await differencesOf(database, back, join(folder, 'again'))).toEqual([])
      },
    )
  },
)

it('writes that got past the barrier have to be left behind by somebody, and an interrupted switch to be settled', {
  timeout: 150_000,
}, async () => {
  await inCircle(oneFile(orders), async ({ folder, database, connection, ...circle }) => {
    const back = join(folder, 'back')
    await bringBackOnce(database, back)
    expect(await circle.cutBack(back, 'exit 1')).toMatchObject({ state: 'switching' })
    await expect(circle.follow()).rejects.toMatchObject({ code: 'back-unsettled' })
    const target = { target: database.url, env: {}, workFolder: folder, port: null }
    await keepSide({ target, run: null, keep: 'sqlite' })
    await connection.execute(`alter table public.tags disable trigger gpt_migrate_refuse;
      insert into public.tags values ('late', 1)`)
    await expect(circle.follow()).rejects.toMatchObject({ code: 'late-writes' })
    expect(await keepSide({ target, run: null, keep: 'sqlite' })).toMatchObject({ leftBehind: 1 })
    await circle.follow()
    expect(await rowsInTarget(connection)).toEqual(rowsInFile(join(back, 'app.db')))
  })
})

it('while a process goes forward others wait for it, and then see a run that is followed', {
  timeout: 150_000,
}, async () => {
  await inCircle(oneFile(orders), async ({ folder, database, connection, ...circle }) => {
    await circle.cutBack(join(folder, 'back'), null)
    // Read by everybody, written last by who goes forward.
    await using holder = await connect(database.address)
    await holder.execute('begin; lock table gpt_migrate.follow in share mode')
    const waiting = async (count: number): Promise<void> => {
      const asked = `select count(*)::int4 as sessions from pg_stat_activity
        where datname = current_database() and application_name = 'gpt-migrate' and wait_event_type = 'Lock'`
      while ((await connection.queryOne<{ sessions: number }>(asked)).sessions < count) await setTimeout(20)
    }
    const following = circle.follow()
    await waiting(1)
    const target = { target: database.url, role: null, env: {}, workFolder: folder, port: null }
    const described = describeRuns({ target })
    const prepared = prepareFollowing(database.address, null, null)
    await waiting(3)
    await holder.execute('commit')
    expect(await described).toMatchObject([{ follow: { state: 'following' }, fallback: null }])
    expect(await prepared).toMatchObject({ pass: expect.any(String) })
    await following
  })
})
