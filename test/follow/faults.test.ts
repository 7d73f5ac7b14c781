/** What goes wrong while following: what passes is waited for and said, what stays ends it with the table's name. */
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { Follower } from '../../src/engine/follow/follower.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { follow, prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { Rounds } from '../../src/engine/run/following/follow-rounds.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer } from '../support/databases.ts'
import { type FollowScene, inDatabase, whileFollowing } from '../support/follow-scene.ts'
import { startStatementProxy } from '../support/statement-proxy.ts'

const sql = `create table orders(id integer primary key, code text);
  insert into orders(code) values ('a'), ('b');
  create table fills(id integer primary key, amount integer)`

function reasons(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'follow-waiting' ? [event.reason] : []))
}

/** Notes how long was waited, 0 where the wait was over before it began. */
class NotedWaits extends RunControl {
  readonly waited: number[] = []

  override async wait(ms: number, signal?: AbortSignal): Promise<void> {
    this.waited.push(signal?.aborted === true ? 0 : ms)
    await super.wait(Math.min(ms, 20), signal)
  }
}

function roundsOf({ follower }: FollowScene, events: RunEvent[], control = new RunControl()): Rounds {
  return new Rounds(follower, { emit: (event) => void events.push(event), control })
}

it.each(isNight ? (['wal', 'delete'] as const) : (['delete'] as const))(
  'faults of target and source, journal mode %s',
  {
    timeout: 60_000,
  },
  async (journalMode) => {
    await whileFollowing(anyServer().url, [{ name: 'app.db', sql, journalMode }], async (scene) => {
      const events: RunEvent[] = []
      const rounds = roundsOf(scene, events)
      const db = scene.open('app.db')

      // The database's own setting lets commits be lost; a round's is not.
      await inDatabase(
        scene.database,
        `alter database ${JSON.stringify(scene.database.address.database)} set synchronous_commit = off;
       create table public.seen(setting text);
       create function public.note_setting() returns trigger language plpgsql as
         $$ begin insert into public.seen values (current_setting('synchronous_commit')); return null; end $$;
       create trigger note after insert on public.orders execute function public.note_setting()`,
      )
      await scene.follower.target.disconnect()
      await scene.follower.open()
      db.exec(`insert into orders(code) values ('c')`)
      await rounds.next()
      const { rows } = await scene.follower.connection.query('select distinct setting from public.seen')
      expect(rows).toEqual([{ setting: 'on' }])

      // The server ends the connection: said, and gone on.
      await inDatabase(scene.database, `select pg_terminate_backend(${scene.follower.connection.processId})`)
      db.exec(`insert into orders(code) values ('d')`)
      await rounds.next()
      await rounds.next()
      expect(reasons(events)[0]).toMatch(/connection/)
      expect(events.filter(({ type }) => type === 'round-committed')).toHaveLength(2)

      // A connection that keeps every reader out.
      db.pragma('locking_mode = exclusive')
      db.exec(`begin immediate; insert into orders(code) values ('e'); commit`)
      if (journalMode === 'delete') {
        await rounds.next()
        expect(reasons(events).at(-1)).toMatch(/app\.db is locked against readers \(open in .+process \d+/)
      }
      db.pragma('locking_mode = normal')
      db.exec('select count(*) from orders')

      // Something in the target changes rows: found out where they are read back.
      await inDatabase(
        scene.database,
        `create function public.shout() returns trigger language plpgsql as
         $$ begin new.code := upper(new.code); return new; end $$;
       create trigger shout before insert on public.orders for each row execute function public.shout()`,
      )
      db.exec(`insert into orders(code) values ('f')`)
      await expect(scene.follower.takeRound({ readsBack: true })).rejects.toMatchObject({
        code: 'target-changed',
      })
      await inDatabase(scene.database, 'drop trigger shout on public.orders')
      await expect(scene.follower.takeRound({ readsBack: true })).resolves.toMatchObject({ kind: 'applied' })

      // What nobody but a person can put right.
      await inDatabase(
        scene.database,
        'drop trigger note on public.orders; alter table public.fills rename to other',
      )
      db.exec(`insert into fills(amount) values (1)`)
      await expect(rounds.next()).rejects.toMatchObject({
        message: expect.stringMatching(
          /^Rows of public\.fills can't be brought up to date\. .*does not exist/,
        ),
        hint: expect.stringContaining('Then: gpt-migrate follow.'),
      })
      await inDatabase(scene.database, 'alter table public.other rename to fills')
      await scene.reopen()
      await scene.catchUp()
      const target = await scene.follower.connection.query(
        'select id::float8 as id, code from public.orders order by id',
      )
      expect(target.rows).toEqual(db.prepare('select id, code from orders order by id').all())
      db.close()
    })
  },
)

it('a follower that connects again before its successor has the lock is taken over from, and learns of it', {
  timeout: 60_000,
}, async () => {
  const sources = [{ name: 'app.db', sql, journalMode: 'delete' }] as const
  await whileFollowing(anyServer().url, sources, async (scene) => {
    const proxy = await startStatementProxy(scene.database.address)
    const events: RunEvent[] = []
    const control = new NotedWaits()
    const rounds = roundsOf(scene, events, control)
    const work = await prepareFollowing(scene.database.address, null, null)
    const address = { ...scene.database.address, host: '127.0.0.1', port: proxy.port }
    const successor = new Follower({ ...work, address }, () => {})
    const db = scene.open('app.db')
    try {
      const asksForLock = proxy.hold(/pg_try_advisory_lock/)
      const opening = successor.open()
      opening.catch(() => control.stop('SIGINT'))
      await asksForLock.reached
      // Its connection was ended; it makes another, and takes the lock.
      const { processId } = scene.follower.connection
      await rounds.next()
      expect(scene.follower.connection.processId).not.toBe(processId)
      // Also where nothing but the connection says that somebody else follows.
      db.pragma('locking_mode = exclusive')
      db.exec(`insert into orders(code) values ('c')`)
      asksForLock.release()
      const proceed = async (): Promise<void> => {
        while (await control.mayContinue()) await rounds.next()
      }
      await expect(proceed()).rejects.toMatchObject({ code: 'follow-lost' })
      await scene.follower.close()
      await opening
      expect(control.waited.filter((ms) => ms === 0)).toEqual([])
      db.pragma('locking_mode = normal')
      db.exec('select count(*) from orders')
      expect(await successor.takeRound()).toMatchObject({ kind: 'applied', tallies: [{ inserted: 1 }] })
    } finally {
      db.close()
      await successor.close()
      await proxy.close()
    }
  })
})

it('a follower whose connection is ended by another start before it has begun takes over all the same', {
  timeout: 60_000,
}, async () => {
  const sources = [{ name: 'app.db', sql, journalMode: 'wal' }] as const
  await whileFollowing(anyServer().url, sources, async (scene) => {
    const proxy = await startStatementProxy(scene.database.address)
    const work = await prepareFollowing(scene.database.address, null, null)
    const address = { ...scene.database.address, host: '127.0.0.1', port: proxy.port }
    const successor = new Follower({ ...work, address }, () => {})
    try {
      const raises = proxy.hold(/set epoch = epoch \+ 1/)
      const opening = successor.open()
      await raises.reached
      await scene.follower.close()
      await inDatabase(
        scene.database,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      )
      raises.release()
      await opening
      expect(await successor.takeRound()).toMatchObject({ kind: 'unchanged' })
    } finally {
      await successor.close()
      await proxy.close()
    }
  })
})

it('a follower that is taken over from before its first round says so, and does not take the following back', {
  timeout: 60_000,
}, async () => {
  const sources = [{ name: 'app.db', sql, journalMode: 'wal' }] as const
  await whileFollowing(anyServer().url, sources, async (scene) => {
    const proxy = await startStatementProxy(scene.database.address)
    const work = await prepareFollowing(scene.database.address, null, null)
    const address = { ...scene.database.address, host: '127.0.0.1', port: proxy.port }
    const successor = new Follower(work, () => {})
    await scene.follower.close()
    try {
      const prepares = proxy.hold(/from gpt_migrate\.quarantine/)
      const following = follow({ ...work, address }, { control: new RunControl(), emit: () => {} })
      await prepares.reached
      await successor.open()
      prepares.release()
      expect(await following).toMatchObject({ isTakenOver: true })
      expect(await successor.takeRound()).toMatchObject({ kind: 'unchanged' })
    } finally {
      await successor.close()
      await proxy.close()
    }
  })
})
