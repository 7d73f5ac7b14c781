import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quoteIdentifier, quoteLiteral } from '../../../../src/engine/syntax/postgres-names.ts'
import {
  resolveTarget,
  type TargetAddress,
  withDatabase,
} from '../../../../src/engine/target/address/address.ts'
import { type Connection, connect } from '../../../../src/engine/target/connection/connection.ts'
import { lockTarget } from '../../../../src/engine/target/connection/run-lock.ts'
import { COPY_HEADER } from '../../../../src/engine/target/copy/copy-binary.ts'
import { copyIn } from '../../../../src/engine/target/copy/copy-in.ts'
import { copyOut } from '../../../../src/engine/target/copy/copy-out.ts'
import { createDatabase, probe } from '../../../../src/engine/target/probe/probe.ts'
import { readRights } from '../../../../src/engine/target/probe/rights.ts'
import { freePort } from '../../../../src/engine/target/server/local-server.ts'
import { type FreshDatabase, forEachServer, freshDatabase, onServer } from '../../../support/databases.ts'
import { startProxy } from '../../../support/tcp-proxy.ts'

async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
  try {
    await promise
  } catch (error) {
    return error as { code: string; message: string; hint: string }
  }
  throw new Error('it did not fail')
}

/** All that an error says, with its causes. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.message, error.stack, JSON.stringify(error), everything(error.cause ?? '')].join('\n')
}

forEachServer((server) => {
  let database: FreshDatabase
  let address: TargetAddress
  const open: Connection[] = []
  const connected = async (to = address) => {
    const connection = await connect(to)
    open.push(connection)
    return connection
  }

  beforeAll(async () => {
    database = await freshDatabase(server.url)
    address = database.address
  })
  afterAll(async () => {
    for (const connection of open) connection.destroy()
    await database.drop()
  })

  describe('what can be wrong with a connection', () => {
    test('wrong password, and it is in no part of the error', async () => {
      const secret = 'Zaubernuß%wort'
      const error = await failure(connect({ ...address, password: secret }))
      expect(error.code).toBe('wrong-password')
      expect(error.message).toContain('"postgres"')
      expect(everything(error)).not.toContain('Zauber')
    })
    test('no password where one is wanted', async () => {
      expect(await failure(connect({ ...address, password: null }))).toMatchObject({
        code: 'wrong-password',
        message: expect.stringContaining('none was given'),
      })
    })
    test('no-such-database', async () => {
      expect((await failure(connect(withDatabase(address, 'nobody"s')))).code).toBe('no-such-database')
    })
    test('no-such-role says the same as a wrong password, as the server does', async () => {
      expect((await failure(connect({ ...address, user: 'no body' }))).code).toBe('wrong-password')
    })
    test('refused port', async () => {
      const error = await failure(connect({ ...address, port: await freePort() }))
      expect(error.code).toBe('connection-refused')
      const byName = await failure(connect({ ...address, host: 'localhost', port: await freePort() }))
      expect(byName.code).toBe('connection-refused')
    })
    test('unknown host', async () => {
      expect((await failure(connect({ ...address, host: 'no-such-host.invalid' }))).code).toBe('host-unknown')
    })
    test('a unix socket that is not there', async () => {
      expect((await failure(connect({ ...address, host: '/nowhere' }))).code).toBe('connection-refused')
    })
    test('something that accepts and never answers', async () => {
      const silent = createServer()
      const port = await listening(silent)
      const error = await failure(connect({ ...address, port, connectTimeoutMs: 200 }))
      expect(error.code).toBe('timeout')
      silent.close()
    })
    test('something that is no PostgreSQL', async () => {
      const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      const port = await listening(other)
      const error = await failure(connect({ ...address, port }))
      expect(['not-postgresql', 'connection-lost']).toContain(error.code)
      other.close()
    })
    test('sslmode against a server without TLS', async () => {
      for (const mode of ['disable', 'allow', 'prefer'] as const) {
        const connection = await connected({ ...address, tls: { ...address.tls, mode } })
        expect(connection.isEncrypted).toBe(false)
      }
      const error = await failure(connect({ ...address, tls: { ...address.tls, mode: 'require' } }))
      expect(error.code).toBe('tls-refused')
    })
    test('a role without rights', async () => {
      await onServer(address, `create role "poor one" login password 'p:/@%'`)
      const poor = await connected(
        resolveTarget({
          target: `postgres://poor%20one:p%3A%2F%40%25@127.0.0.1:${address.port}/${address.database}`,
          env: {},
        }),
      )
      expect((await failure(poor.execute('create schema mine'))).code).toBe('insufficient-privilege')
      const rights = await readRights(poor)
      expect(rights).toMatchObject({ superuser: false, createSchema: false, createDatabase: false })
      await poor.end()
      await onServer(address, 'drop role "poor one"')
    })
  })

  describe('what can happen to a connection', () => {
    test('backend terminated while a query runs', async () => {
      const [victim, killer] = [await connected(), await connected()]
      const pending = failure(victim.query('select pg_sleep(60)'))
      await waitFor(killer, victim.processId)
      await killer.query('select pg_terminate_backend($1)', [victim.processId])
      expect((await pending).code).toBe('connection-lost')
      expect((await failure(victim.query('select 1'))).code).toBe('connection-lost')
      await victim.end()
    })
    test('backend terminated while idle: no uncaught error, the next query says so', async () => {
      const [victim, killer] = [await connected(), await connected()]
      const lost = new Promise<void>((resolve) => victim.whenLost(resolve))
      await killer.query('select pg_terminate_backend($1)', [victim.processId])
      await lost
      expect((await failure(victim.query('select 1'))).code).toBe('connection-lost')
    })
    test('connection lost in the middle of a copy in', async () => {
      const proxy = await startProxy({ host: address.host, port: address.port })
      const victim = await connected({ ...address, port: proxy.port })
      await victim.execute('create temp table t (a bytea)')
      proxy.cutAfter(3_000_000, 'toServer')
      const copy = copyIn(victim, 'copy pg_temp.t from stdin (format binary)')
      const row = Buffer.alloc(100_006)
      row.writeInt16BE(1, 0)
      row.writeInt32BE(100_000, 2)
      const writing = async () => {
        await copy.write(COPY_HEADER)
        for (let i = 0; i < 10_000; i++) await copy.write(row)
        await copy.finish()
      }
      expect((await failure(writing())).code).toBe('connection-lost')
      await copy.abort()
      expect((await failure(copy.finish())).code).toBe('connection-lost')
      await proxy.close()
    })
    test('connection lost in the middle of a copy out', async () => {
      const proxy = await startProxy({ host: address.host, port: address.port })
      const victim = await connected({ ...address, port: proxy.port })
      proxy.cutAfter(5_000_000, 'fromServer')
      let rows = 0
      const copy = copyOut(
        victim,
        'copy (select repeat($$x$$, 1000) from generate_series(1, 100000)) to stdout (format binary)',
        () => rows++,
      )
      expect((await failure(copy)).code).toBe('connection-lost')
      expect(rows).toBeLessThan(100_000)
      await proxy.close()
    })
    test('backend terminated in the middle of a copy out', async () => {
      const [victim, killer] = [await connected(), await connected()]
      let kill: Promise<unknown> | null = null
      const copy = copyOut(
        victim,
        'copy (select repeat($$x$$, 1000) from generate_series(1, 300000)) to stdout (format binary)',
        () => {
          kill ??= killer.query('select pg_terminate_backend($1)', [victim.processId])
        },
      )
      expect((await failure(copy)).code).toBe('connection-lost')
      await kill
    })
    test('a failed statement leaves the connection usable and keeps SQLSTATE', async () => {
      const connection = await connected()
      const error = await failure(connection.query('select 1/0'))
      expect(error).toMatchObject({ sqlstate: '22012' })
      expect(await connection.queryOne('select 1 as one')).toEqual({ one: 1 })
    })
    test('a transaction that throws is rolled back', async () => {
      const connection = await connected()
      const work = connection.transaction(async () => {
        await connection.execute('create schema gone')
        throw new Error('on purpose')
      })
      await expect(work).rejects.toThrow('on purpose')
      expect((await readRights(connection)).writableSchemas).not.toContain('gone')
    })
  })

  test('session settings whatever the role has set', async () => {
    await onServer(address, `create role strange login superuser password 'p'`)
    await onServer(address, `alter role strange set datestyle to 'German'`)
    await onServer(address, `alter role strange set timezone to 'Asia/Tokyo'`)
    await onServer(address, `alter role strange set statement_timeout to '50ms'`)
    await onServer(address, 'alter role strange set default_transaction_read_only to on')
    const connection = await connected({ ...address, user: 'strange', password: 'p' })
    const row = await connection.queryOne(
      `select '2025-07-01 12:00:00+00'::timestamptz as at, current_setting('statement_timeout') as timeout,
              current_setting('application_name') as name, pg_sleep(0.1)::text`,
    )
    expect(row).toMatchObject({ at: '2025-07-01 12:00:00+00', timeout: '0', name: 'gpt-migrate' })
    await connection.execute('create temp table t (a int)')
    await connection.end()
    await onServer(address, 'drop role strange')
  })

  test('special characters in user, password and database', async () => {
    const name = `we"ird ;'/%? ü`
    const password = `p@:/'"\\%25 ß`
    await onServer(
      address,
      `create role ${quoteIdentifier(name)} login createdb password ${quoteLiteral(password)}`,
    )
    const url = `postgres://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1:${address.port}/${encodeURIComponent(name)}`
    const weird = resolveTarget({ target: url, env: {} })
    expect((await failure(connect(weird))).code).toBe('no-such-database')
    await createDatabase(weird)
    const connection = await connected(weird)
    expect(await connection.queryOne('select current_database() as d, current_user as u')).toEqual({
      d: name,
      u: name,
    })
    await connection.end()
    await onServer(address, `drop database ${quoteIdentifier(name)}`)
    await onServer(address, `drop role ${quoteIdentifier(name)}`)
  })

  test('another-run: the lock names who holds it and goes with its connection', async () => {
    const [first, second] = [await connected(), await connected()]
    await lockTarget(first)
    const error = await failure(lockTarget(second))
    expect(error.code).toBe('another-run')
    expect(error.message).toContain(`server process ${first.processId}`)
    await first.end()
    await expect
      .poll(() =>
        lockTarget(second).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    // Elsewhere on the same server nobody minds.
    const other = await freshDatabase(server.url)
    const third = await connect(other.address)
    await lockTarget(third)
    await third.end()
    await other.drop()
  })

  test('the probe reads what is there', async () => {
    const fresh = await freshDatabase(server.url)
    const connection = await connected(fresh.address)
    await connection.execute(`
      create schema app;
      create table app."Parent" (id bigserial primary key, code varchar(20) not null unique, n numeric(20,8) default 0,
        doubled numeric generated always as (n * 2) stored, constraint positive check (n >= 0));
      create table app.child (id int generated by default as identity primary key,
        parent bigint references app."Parent" on delete cascade deferrable, at timestamptz);
      create index child_at on app.child (at desc, lower(id::text)) where parent is not null;
      create view app.v as select 1 as one;
      comment on table app.child is 'a child';
      comment on column app.child.at is 'when';`)
    const { existing, ...rest } = await probe(connection, null)
    expect(rest).toMatchObject({ major: server.major, superuser: true, installedExtensions: ['plpgsql'] })
    const [parent, child] = existing
    expect(existing.map((table) => table.table)).toEqual(['Parent', 'child'])
    expect(
      parent!.columns.map(({ name, type, nullable, sequence }) => [name, type, nullable, sequence]),
    ).toEqual([
      ['id', 'bigint', false, 'bigserial'],
      ['code', 'character varying(20)', false, null],
      ['n', 'numeric(20,8)', true, null],
      ['doubled', 'numeric', true, null],
    ])
    expect(parent!.columns[3]!.generated).toContain('n * ')
    expect(parent!.columns[3]!.default).toBeNull()
    expect(parent!.uniques).toEqual([{ name: 'Parent_code_key', columns: ['code'] }])
    expect(parent!.checks).toHaveLength(1)
    expect(child).toMatchObject({
      comment: 'a child',
      primaryKey: { name: 'child_pkey', columns: ['id'] },
      foreignKeys: [
        {
          columns: ['parent'],
          references: { schema: 'app', table: 'Parent', columns: ['id'] },
          onDelete: 'cascade',
          onUpdate: null,
          deferrable: true,
          validated: true,
        },
      ],
      indexes: [{ name: 'child_at', unique: false, where: '(parent IS NOT NULL)' }],
    })
    expect(child!.columns[0]).toMatchObject({ sequence: 'identity', type: 'integer' })
    expect(child!.columns[2]).toMatchObject({ comment: 'when', type: 'timestamp with time zone' })
    expect(child!.indexes[0]!.parts).toEqual([
      { column: 'at', descending: true, collation: null },
      { expression: 'lower(id::text)', columns: ['id', 'parent', 'at'], descending: false, collation: null },
    ])
    await connection.end()
    await fresh.drop()
  })
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  return typeof at === 'object' && at !== null ? at.port : 0
}

/** Until the other backend is busy with its statement. */
async function waitFor(connection: Connection, pid: number): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await connection.query('select state from pg_stat_activity where pid = $1', [pid])
      return rows[0]?.state
    })
    .toBe('active')
}
