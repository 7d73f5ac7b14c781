/**
 * kill -9 of the way back while an application writes to PostgreSQL: whatever a kill leaves, no acknowledged write is lost, nothing continues
 * by itself, and where the application may use the files they are what PostgreSQL was.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/engine/demo/random.ts'
import { readChangeCapture } from '../../src/engine/journal/change-capture.ts'
import { keepSide } from '../../src/engine/run/cut-over/cut-back.ts'
import { followRun } from '../../src/engine/run/following/follow.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { migrateExactly } from '../engine/export/exported.ts'
import { killsOfWayBack as kills, seed } from '../support/breadth.ts'
import { runCommand } from '../support/command.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { bringBackOnce, quietly } from '../support/fallback.ts'
import { temporaryFolder } from '../support/folders.ts'
import { startProgram } from '../support/program.ts'

type Scene = {
  readonly database: FreshDatabase
  readonly folder: string
  readonly back: string
  readonly connection: Connection
  /** Starts the program, and ends it by kill -9 after so long, or once it has printed something that matches. */
  killed(args: readonly string[], when: number | RegExp): Promise<void>
}

async function inScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = temporaryFolder()
  const sources = join(folder, 'sources')
  mkdirSync(sources)
  const db = openWritable(join(sources, 'app.db'))
  db.pragma('journal_mode = wal')
  db.exec(`create table orders(id integer primary key, code text unique, price real);
    create table events(what text, number integer);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
      insert into orders(code, price) select 'c' || i, i from n;
    insert into events values ('same', 1), ('same', 1)`)
  db.close()
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  try {
    await migrateExactly(sources, database, folder)
    const back = join(folder, 'back')
    await bringBackOnce(database, back)
    await body({
      ...{ database, folder, back, connection },
      async killed(args, when) {
        const { child, ended } = startProgram([...args, '--target', database.url])
        let said = ''
        for (const stream of [child.stdout!, child.stderr!]) {
          stream.on('data', (chunk) => {
            said += chunk
            if (typeof when !== 'number' && when.test(said)) child.kill('SIGKILL')
          })
        }
        if (typeof when === 'number') void setTimeout(when).then(() => child.kill('SIGKILL'))
        await ended
      },
    })
  } finally {
    await connection.end()
    await database.drop()
  }
}

/** An application that writes until it is told to stop, or refused; what it was refused with. */
async function startWriting({ address }: FreshDatabase, name: string) {
  const connection = await connect(address)
  const stopped = new AbortController()
  const write = async (): Promise<string | null> => {
    try {
      for (let step = 1; !stopped.signal.aborted; step++) {
        await connection.execute(`insert into public.orders(id, code, price) select max(id) + 1, '${name} ${step}', ${step} from public.orders;
          update public.orders set price = price + 1 where id % 50 = ${step % 50};
          delete from public.orders where id = (select min(id) from public.orders where id % 7 = ${step % 7});
          insert into public.events values ('same', ${step % 3});
          delete from public.events where ctid = (select min(ctid) from public.events)`)
        await setTimeout(5)
      }
      return null
    } catch (error) {
      return String((error as { sqlstate?: string }).sqlstate)
    } finally {
      await connection.end()
    }
  }
  const ended = write()
  return {
    stop: () => {
      stopped.abort()
      return ended
    },
  }
}

async function rowsInTarget(connection: Connection): Promise<unknown> {
  const orders = await connection.query('select id::float8 as id, code, price from public.orders order by 1')
  const events = await connection.query(
    'select what, number::float8 as number from public.events order by 1, 2',
  )
  return [orders.rows, events.rows]
}

function rowsInFiles(folder: string): unknown {
  using db = openWritable(join(folder, 'app.db'))
  return [
    db.prepare('select id, code, price from orders order by 1').all(),
    db.prepare('select what, number from events order by 1, 2').all(),
  ]
}

it(`fallback loses, doubles and changes nothing in ${kills} kills (seed ${seed})`, {
  timeout: 60_000 + kills * 60_000,
}, async () => {
  await inScene(async ({ database, back, connection, killed }) => {
    const random = seededRandom(seed)
    const writing = await startWriting(database, 'app')
    for (let number = 0; number < kills; number++) {
      // From the start on, through the taking over, into the rounds.
      await killed(['fallback', '--to', back], number % 2 === 0 ? 300 + random.unit() * 2_500 : /added/)
    }
    expect(await writing.stop()).toBeNull()
    await bringBackOnce(database, back)
    expect(rowsInFiles(back)).toEqual(await rowsInTarget(connection))
  })
})

it(`cutover --back leaves PostgreSQL, or files that are what it was, in ${kills} kills (seed ${seed})`, {
  timeout: 60_000 + kills * 60_000,
}, async () => {
  await inScene(async ({ database, folder, back, connection, killed }) => {
    const random = seededRandom(seed)
    const target = { target: database.url, env: {}, workFolder: folder, port: null }
    const states = new Map<string, number>()
    for (let number = 0; number < kills; number++) {
      const writing = await startWriting(database, `app ${number}`)
      const log = join(folder, `started ${number}`)
      const points = [/fenced/i, 300 + random.unit() * 3_000, /command/i] as const
      await killed(
        ['cutover', '--back', '--to', back, '--yes', '--on-cutover', `echo started > '${log}'`],
        points[number % points.length]!,
      )
      const state = (await readChangeCapture(connection))!.state
      states.set(state, (states.get(state) ?? 0) + 1)
      if (state === 'current') {
        expect(await writing.stop()).toBeNull()
        expect(existsSync(log)).toBe(false)
        continue
      }
      expect(await writing.stop()).toBe('25006')
      expect(rowsInFiles(back)).toEqual(await rowsInTarget(connection))
      await expect(bringBackOnce(database, back)).rejects.toThrow()
      if (state === 'switching')
        await expect(followRun({ target, run: null, resync: [] }, quietly())).rejects.toMatchObject({
          code: 'back-unsettled',
          hint: expect.stringContaining('--keep'),
        })
      expect(await keepSide({ target, run: null, keep: 'postgres' })).toMatchObject({ state: 'current' })
    }
    await bringBackOnce(database, back)
    expect(rowsInFiles(back)).toEqual(await rowsInTarget(connection))
    // Few kills may miss the moment between the switch and the command's end.
    if (kills >= 50) expect(states.size).toBe(3)
  })
})

it('going forward again is done wholly or not at all', { timeout: 60_000 + kills * 60_000 }, async () => {
  await inScene(async ({ database, folder, back, connection, killed }) => {
    const random = seededRandom(seed)
    const args = ['cutover', '--back', '--to', back, '--yes', '--target', database.url]
    const { output, exitCode } = await runCommand(args, { cwd: folder })
    expect(exitCode, output).toBe(0)
    const db = openWritable(join(back, 'app.db'))
    db.exec(`update orders set price = 0 where id % 3 = 0; insert into events values ('in SQLite', 1)`)
    db.close()
    for (let number = 0; number < kills; number++)
      await killed(['follow'], number === 0 ? 900 : 300 + random.unit() * 2_000)
    const { child, ended } = startProgram(['follow', '--json', '--target', database.url])
    let events = ''
    child.stdout!.on('data', (chunk) => {
      events += chunk
      if (events.includes('"follow-lag"')) child.kill('SIGINT')
    })
    expect((await ended).exitCode).toBe(130)
    expect(await rowsInTarget(connection)).toEqual(rowsInFiles(back))
    expect(readFileSync(join(back, 'app.db'))[18]).toBe(2)
  })
})
