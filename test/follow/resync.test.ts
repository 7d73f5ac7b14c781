/** Tables that are copied anew: after other columns, as new tables, after somebody else wrote to them, after the target was set back. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { readRun } from '../../src/engine/journal/journal.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { resync } from '../../src/engine/run/following/resync.ts'
import { querySnapshots } from '../../src/engine/run/queries/query-snapshots.ts'
import { openReadOnly } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { anyServer } from '../support/databases.ts'
import { type FollowScene, inDatabase, whileFollowing } from '../support/follow-scene.ts'

const sql = `
  create table orders(id integer primary key autoincrement, code text unique, price real);
  create table fills(id integer primary key, order_id integer references orders(id), n integer);
  create table plain(what text);
  insert into orders(code, price) values ('a', 1.5), ('b', 2.5);
  insert into fills(order_id, n) values (1, 1), (2, 2);
  insert into plain values ('x'), ('x');
`

it('a table that was dropped, or had other columns, for a while is not followed before it is copied again', {
  timeout: 120_000,
}, async () => {
  await whileFollowing(anyServer().url, [{ name: 'app.db', sql, journalMode: 'wal' }], async (scene) => {
    const db = scene.open('app.db')
    db.exec('alter table fills add column more text; drop table plain')
    await scene.catchUp()
    db.exec('update fills set n = 7 where id = 1')
    await scene.catchUp()
    db.exec(
      `alter table fills drop column more; create table plain(what text); insert into plain values ('y'), ('y')`,
    )
    await scene.catchUp()
    const missed = [
      { tableId: 'app.db/fills', hasOtherColumns: false },
      { tableId: 'app.db/plain', hasOtherColumns: false },
    ]
    expect(scene.follower.states.problems()).toMatchObject(missed)
    // Another process knows it, too.
    await scene.restart()
    db.exec(`update fills set n = 8 where id = 2; update orders set price = 9 where id = 1`)
    await scene.catchUp()
    expect(scene.follower.states.problems()).toMatchObject(missed)
    await resynced(scene, ['fills', 'plain'])
    db.exec(`insert into plain values ('z')`)
    await scene.catchUp()
    expect(scene.follower.states.problems()).toEqual([])
    const compared = await scene.compare()
    expect(compared.followed).toEqual(compared.expected)

    // An application's SQL is judged on the rows that were followed, not on those of the run's snapshots.
    await scene.follower.close()
    const connection = await connect(scene.database.address)
    const record = (await readRun(connection, scene.follower.run))!
    const files = await querySnapshots(connection, record, [], join(scene.sources, 'judged'))
    await connection.end()
    const judged = openReadOnly(files.get('app.db')!)
    expect(judged.prepare('select what from plain').pluck().all()).toEqual(['y', 'y', 'z'])
    judged.close()
    db.close()
  })
})

async function resynced(scene: FollowScene, names: readonly string[]): Promise<void> {
  await scene.follower.close()
  const work = await prepareFollowing(scene.database.address, null, null)
  await resync(work, names, { control: new RunControl(), emit: () => {} })
  await scene.restart()
}

it('tables are copied again, and followed from there on', { timeout: 120_000 }, async () => {
  await whileFollowing(anyServer().url, [{ name: 'app.db', sql, journalMode: 'wal' }], async (scene) => {
    const db = scene.open('app.db')
    db.exec(
      `alter table orders add column note text default 'none'; create table added(id integer primary key, at text)`,
    )
    db.exec(
      `insert into orders(code, price, note) values ('c', 3.5, 'new'); insert into added values (1, 'now'); insert into fills(order_id, n) values (3, 3)`,
    )
    await scene.catchUp()
    expect(scene.follower.states.problems().map(({ tableId }) => tableId)).toEqual([
      'app.db/orders',
      'app.db/added',
    ])
    await resynced(scene, ['orders', 'added'])
    expect(scene.follower.states.problems()).toEqual([])
    db.exec(
      `update orders set note = 'later' where id = 1; delete from orders where id = 2; insert into added values (2, 'then'); vacuum`,
    )
    await scene.catchUp()
    let compared = await scene.compare()
    expect(compared.followed).toEqual(compared.expected)

    // Somebody else writes to a table: it is found out when the row changes, and put right.
    await inDatabase(
      scene.database,
      `delete from public.fills where id = 1; insert into public.plain values ('theirs')`,
    )
    db.exec('update fills set n = 10 where id = 1')
    await expect(scene.follower.takeRound()).rejects.toMatchObject({
      code: 'target-changed',
      hint: expect.stringContaining('gpt-migrate follow --resync "app.db/fills"'),
    })
    await resynced(scene, ['app.db/fills', 'plain'])
    db.exec('update fills set n = 11 where id = 1; delete from plain')
    await scene.catchUp()

    // The target is an older one than our files are of, as after a restored backup.
    await inDatabase(scene.database, `update gpt_migrate.follow set round = 1; delete from public.orders`)
    await expect(scene.reopen()).rejects.toMatchObject({
      code: 'follow-diverged',
      hint: expect.stringContaining("--resync '*'"),
    })
    await resynced(scene, ['*'])
    await expect(resynced(scene, ['nothing'])).rejects.toMatchObject({ code: 'no-such-table' })
    await scene.restart()
    db.exec(`insert into orders(code) values ('last')`)
    await scene.catchUp()
    compared = await scene.compare()
    expect(compared.followed).toEqual(compared.expected)
    db.close()
  })
})
