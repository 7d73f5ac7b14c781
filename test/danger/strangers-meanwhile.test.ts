/**
 * What the owner of a database, whose schema `public` is his, puts in the place of a run's tables while a command is under way: none of
 * his code runs with our rights.
 */
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { fallBack } from '../../src/engine/run/cut-over/fall-back.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { holdForReading, readHeld } from '../../src/engine/target/guards/foreign-names.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { asRole, createStranger, dropStranger, hasCaught, TRAPS } from '../support/strangers.ts'

const folder = temporaryFolder()
const source = join(folder, 'shop.db')
const db = openWritable(source)
db.exec("create table orders (id integer primary key, v text) strict; insert into orders values (1, 'x')")
db.close()

const view = `drop table public.orders;
  create view public.orders as select 1::bigint as id, mine.caught()::text as v`
const spelledAnew = `drop table public.orders; create type mine.t as enum ('a');
  create function mine.told(mine.t) returns text language sql as $$ select mine.caught()::text $$;
  create cast (mine.t as text) with function mine.told(mine.t);
  create table public.orders (id bigint, v mine.t); insert into public.orders values (1, 'a')`
const orders = { schema: 'public', table: 'orders' }

forEachServerNightly((server) => {
  const mallory = `mallory_meanwhile_${process.pid}_${server.major}`
  let target: FreshDatabase
  const as = (role: string | null, sql: string): ReturnType<typeof asRole> => asRole(target.url, role, sql)

  beforeEach(async () => {
    target = await freshDatabase(server.url)
    await createStranger(target.url, target.address.database, mallory)
    await as(mallory, TRAPS)
    await as(
      null,
      `alter schema public owner to ${server.major < 14 ? mallory : 'pg_database_owner'};
       alter database ${target.address.database} owner to ${mallory}`,
    )
    await runForTest({ sources: [source], url: target.url, workFolder: temporaryFolder() })
    return async () => {
      await as(null, `alter database ${target.address.database} owner to current_user`)
      await dropStranger(target.url, mallory)
      await target.drop()
    }
  })

  it.each([
    ['a view', view],
    ['a table of a type that is spelled by a function', spelledAnew],
  ])('%s in place of a table that is brought back', async (_what, planted) => {
    const control = new RunControl()
    const back = temporaryFolder()
    let noteRound = (): void => {}
    const firstRound = new Promise<void>((resolve) => {
      noteRound = resolve
    })
    const falling = fallBack(
      {
        target: { target: target.url, env: {}, workFolder: back, port: null },
        run: null,
        folder: join(back, 'files'),
        once: false,
      },
      { control, emit: ({ type }) => type === 'fallback-round' && noteRound() },
    )
    const refused = expect(falling).rejects.toMatchObject({ message: expect.stringContaining('orders') })
    await as(null, "update public.orders set v = 'z' where id = 1")
    await firstRound
    // At once: as if the application had written just before.
    await as(
      null,
      `insert into gpt_migrate.changed (capture, key) values (1, null); set session authorization ${mallory}; ${planted}`,
    )
    await refused
    expect(await hasCaught(target.url)).toBe(false)
  })

  it.each([
    ['a view', view],
    ['a table', spelledAnew],
  ])('%s in place of one that is read: refused, also where the snapshot is older', async (_what, planted) => {
    const own = await connect(target.address)
    const read = (connection: Connection): Promise<unknown> =>
      connection.query('select v::text from public.orders')
    await readHeld(own, [orders], () => read(own))
    await own.execute('begin isolation level repeatable read')
    await own.query('select 1 from pg_class limit 1')
    await as(mallory, planted)
    await expect(holdForReading(own, [orders])).rejects.toMatchObject({ code: 'target-of-another-role' })
    await own.execute('rollback')
    await expect(readHeld(own, [orders], () => read(own))).rejects.toMatchObject({
      message: expect.stringContaining('public'),
    })
    await own.end()
    expect(await hasCaught(target.url)).toBe(false)
  })
})
