/** Each planted fault of following is found, by whom the list says, and what it disturbed continues afterwards. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FrozenTarget } from '../../src/engine/follow/cut-over/frozen-target.ts'
import { HeldFence } from '../../src/engine/follow/cut-over/held-fence.ts'
import { createChangeCapture, dropChangeCapture } from '../../src/engine/journal/change-capture.ts'
import { readFollow } from '../../src/engine/journal/follow.ts'
import { readRun } from '../../src/engine/journal/journal.ts'
import { raiseBarrier } from '../../src/engine/journal/write-barrier.ts'
import { describeRuns } from '../../src/engine/run/following/follow-status.ts'
import { lateRowsOf } from '../../src/engine/run/following/verify-followed.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer } from '../support/databases.ts'
import { type FollowScene, inDatabase, whileFollowing } from '../support/follow-scene.ts'
import { type FaultScene, followFaults } from './planted-faults.ts'

const sql = `create table orders(id integer primary key, code text, note text);
  create table plain(name text, number integer);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 50)
    insert into orders select i, 'b' || i, 'note' from n;
  update orders set note = 'a byte of this' where id = 20;
  insert into plain values ('one', 1), ('two', 2), ('two', 2)`

it('each planted fault of following is found', { timeout: 120_000 }, async () => {
  expect(followFaults.length).toBeGreaterThanOrEqual(25)
  await whileFollowing(anyServer().url, [{ name: 'app.db', sql, journalMode: 'wal' }], async (scene) => {
    // The application has the file open: its log stays.
    const application = scene.open('app.db')
    application.prepare('select count(*) from orders').get()
    const faults = faultScene(scene)
    for (const { danger, plant, said } of followFaults) {
      expect(await plant(faults), danger).toMatch(said)
      await scene.catchUp()
      scene.follower.settle()
      if (isNight) expect(await faults.prove(), `after ${danger}`).toBe('{"differing":[],"unproven":[]}')
    }
    const { followed, expected } = await scene.compare()
    expect(followed).toEqual(expected)
    application.close()
  })
})

function faultScene(scene: FollowScene): FaultScene {
  const { database, sources } = scene
  const file = join(sources, 'app.db')
  const inTarget = (statements: string): Promise<void> => inDatabase(database, statements)
  const write = (statements: string): void => {
    const db = scene.open('app.db')
    db.exec(statements)
    db.close()
  }
  const ofRun = async <T>(
    work: (
      record: NonNullable<Awaited<ReturnType<typeof readRun>>>,
      connection: Awaited<ReturnType<typeof connect>>,
    ) => Promise<T>,
  ): Promise<T> => {
    await using connection = await connect(database.address)
    return await work((await readRun(connection, scene.follower.run))!, connection)
  }
  return {
    get follower() {
      return scene.follower
    },
    file,
    write,
    inTarget,
    reopen: () => scene.reopen(),
    prove: (meanwhile = async () => {}) =>
      ofRun(async ({ run, plan }) => {
        const { follower } = scene
        follower.settle()
        const frozen = await FrozenTarget.freeze(await connect(database.address), plan)
        try {
          await meanwhile()
          const said = await frozen.compare(
            { run, plan },
            follower.states.snapshots(),
            follower.shadows.stagingFile('old'),
            new Set(),
          )
          return JSON.stringify(said)
        } finally {
          await frozen.release()
        }
      }),
    async tryFence(how) {
      const { follower } = scene
      const fence = await HeldFence.prepare(follower.sources, follower.source)
      try {
        if (how === 'prove') await fence.prove()
        else {
          const { commandLog: log, commandNote: note } = follower.shadows
          await fence.start('true', {}, { log, note }, follower.marksOf(), 0)
        }
        return 'nothing'
      } catch (error) {
        return `${(error as { code?: string }).code}: ${(error as Error).message}`
      } finally {
        await fence.release()
        await scene.reopen()
      }
    },
    late: (side) =>
      ofRun(async (record, connection) => {
        if (side === 'sqlite') {
          await scene.follower.close()
          write(`insert into orders(code) values ('late')`)
          const said = JSON.stringify(
            await lateRowsOf(connection, record, (await readFollow(connection, record.run))!),
          )
          await scene.reopen()
          return said
        }
        const { tables } = await connection.transaction(async () => {
          const capture = await createChangeCapture(connection, record)
          await raiseBarrier(connection, capture.tables)
          return capture
        })
        expect(tables.length).toBe(2)
        await inTarget(`alter table public.orders disable trigger gpt_migrate_refuse;
          insert into public.orders(id, code) values (88888, 'late')`)
        const target = { target: database.url, role: null, env: {}, workFolder: sources, port: null }
        const [last] = await describeRuns({ target })
        await connection.transaction(() => dropChangeCapture(connection))
        await inTarget('delete from public.orders where id = 88888')
        return JSON.stringify(last!.fallback)
      }),
  }
}
