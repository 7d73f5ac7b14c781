/** Poolers between us and the server: refused where a session does not last, used without a trace where it does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shareSessions } from '../../../../src/engine/run/load/sessions.ts'
import { resolveTarget, type TargetAddress } from '../../../../src/engine/target/address/address.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { openClient } from '../../../../src/engine/target/connection/open-client.ts'
import { countSessions, refuseTransactionPooling } from '../../../../src/engine/target/connection/pooling.ts'
import { lockTarget } from '../../../../src/engine/target/connection/run-lock.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../../../support/databases.ts'
import { type Pooler, startPooler } from '../../../support/pooler.ts'

const addressOf = ({ url }: { readonly url: string }): TargetAddress =>
  resolveTarget({ target: url, env: {} })

forEachServerNightly((server) => {
  let database: FreshDatabase
  const poolers: Pooler[] = []
  const pooler = async (mode: 'transaction' | 'session', size: number): Promise<TargetAddress> => {
    const started = await startPooler(database.url, { mode, size })
    poolers.push(started)
    return addressOf(started)
  }
  beforeAll(async () => {
    database = await freshDatabase(server.url)
  })
  afterAll(async () => {
    for (const started of poolers) await started.close()
    await database.drop()
  })

  describe('transaction-pooler', () => {
    it.each([1, 2, 5])('is refused with the address to use instead, pool of %i', async (size) => {
      const address = await pooler('transaction', size)
      await expect(refuseTransactionPooling(address)).rejects.toMatchObject({
        kind: 'target',
        code: 'transaction-pooler',
        hint: expect.stringMatching(/the server's own address .*pool_mode = session/),
      })
    })

    it('the server itself is not mistaken for one', async () => {
      await expect(refuseTransactionPooling(database.address)).resolves.toBeUndefined()
    })
  })

  describe('session-pooler', () => {
    it('is used, and a session goes back as it was found', async () => {
      const address = await pooler('session', 2)
      await expect(refuseTransactionPooling(address)).resolves.toBeUndefined()
      const before = await connect(address)
      await before.execute('set role pg_monitor')
      await lockTarget(before)
      await before.queryPrepared('select $1::int', [1])
      await expect(before.queryPrepared('select $1::nothing', [1])).rejects.toThrow('nothing')
      await before.execute('create temporary table left_behind(a int); begin; select 1')
      await before.end()
      const bare = await openClient(database.address)
      const usual = await bare.query("select current_setting('synchronous_commit') as commit")
      await bare.end()
      // The application's session: the same backends, without a reset of the pooler's.
      const others = await Promise.all([openClient(address), openClient(address)])
      for (const other of others) {
        const { rows } =
          await other.query(`select current_setting('search_path') as path, current_setting('role') as role,
          current_setting('synchronous_commit') as commit, current_setting('lock_timeout') as wait,
          to_regclass('pg_temp.left_behind')::text as temporary,
          (select count(*)::int from pg_prepared_statements) as prepared,
          (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`)
        expect(rows[0]).toEqual({
          path: '"$user", public',
          role: 'none',
          commit: usual.rows[0].commit,
          wait: '0',
          temporary: null,
          prepared: 0,
          locks: 0,
        })
        await other.end()
      }
    })

    it('settings that somebody made before us are there again', async () => {
      const address = await pooler('session', 1)
      const first = await openClient(address)
      await first.query("set search_path = 'app'; set work_mem = '5MB'")
      await first.end()
      await (await connect(address)).end()
      const after = await openClient(address)
      const { rows } = await after.query(
        "select current_setting('search_path') as path, current_setting('work_mem') as memory",
      )
      expect(rows[0]).toEqual({ path: 'app', memory: '5MB' })
      await after.end()
    })

    it('few-sessions: no more are opened than can be had', async () => {
      const three = await pooler('session', 3)
      expect(await countSessions(three, 5)).toBe(3)
      expect(await shareSessions(three, 4, 2)).toMatchObject({
        jobs: 1,
        indexers: 1,
        finding: { code: 'few-sessions', severity: 'notice' },
      })
      const one = await pooler('session', 1)
      await expect(shareSessions(one, 1, 2)).rejects.toMatchObject({ code: 'too-few-sessions' })
      expect(await shareSessions(database.address, 2, 2)).toEqual({
        jobs: 2,
        isGiven: true,
        indexers: 2,
        furtherIndexers: 0,
        finding: null,
      })
      const six = await pooler('session', 6)
      expect(await shareSessions(six, 2, 300)).toMatchObject({ jobs: 2, indexers: 2, furtherIndexers: 1 })
    })
  })
})
