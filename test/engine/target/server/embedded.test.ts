import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { resolveTarget } from '../../../../src/engine/target/address/address.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { embeddedAt, startEmbedded, stopEmbedded } from '../../../../src/engine/target/server/embedded.ts'
import { temporaryFolder } from '../../../support/folders.ts'

/** The folder of a server that was started once, and has stopped. */
let used: string
beforeAll(async () => {
  const home = temporaryFolder()
  chmodSync(home, 0o755)
  used = join(home, 'used')
  await (await startEmbedded({ folder: used, sync: false })).stop()
})

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'gpt-migrate-embedded-'))
  chmodSync(parent, 0o755)
  folder = join(parent, 'db')
})
afterEach(async () => {
  await stopEmbedded(folder)
  rmSync(parent, { recursive: true, force: true })
})

/** Starts a copy of the server that was started before; its owner is the server's account. */
function startUsed(): ReturnType<typeof startEmbedded> {
  execFileSync('cp', ['-a', used, folder])
  return startEmbedded({ folder })
}

const open = (url: string) => connect(resolveTarget({ target: url, env: {} }))

test('starts, is found running, stops, and starts again with its data, password and port', async () => {
  const first = await startEmbedded({ folder, sync: false })
  expect(first.startedByUs).toBe(true)
  const connection = await open(first.url)
  await connection.execute('create schema kept')
  expect(
    await connection.queryOne(
      `select current_setting('listen_addresses') as a, current_setting('server_encoding') as e`,
    ),
  ).toEqual({
    a: '127.0.0.1',
    e: 'UTF8',
  })
  expect(await connection.queryOne(`select lower('ÄÖ') as l, 'Z' < 'a' as by_code_point`)).toEqual({
    l: 'äö',
    by_code_point: true,
  })
  const again = await startEmbedded({ folder })
  expect(again).toMatchObject({ startedByUs: false, url: first.url, pid: first.pid })
  await first.stop()
  await expect(connection.query('select 1')).rejects.toMatchObject({ code: 'connection-lost' })
  expect(embeddedAt(folder)).toBeNull()
  const second = await startEmbedded({ folder })
  expect(second.url).toBe(first.url)
  const later = await open(second.url)
  await later.execute('drop schema kept')
  await later.end()
})

test('no one gets in without the password, and no one else can read it', async () => {
  const server = await startUsed()
  await expect(open(server.url.replace(/:[^:@]+@/, ':guess@'))).rejects.toMatchObject({
    code: 'wrong-password',
  })
  expect(statSync(join(folder, 'server.json')).mode & 0o077).toBe(0)
  expect(statSync(join(folder, 'data')).mode & 0o077).toBe(0)
  const password = new URL(server.url).password
  expect(readFileSync(join(folder, 'server.log'), 'utf8')).not.toContain(password)
})

test('its port taken meanwhile: it takes another one; a port asked for and taken is said', async () => {
  const first = await startUsed()
  await first.stop()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(first.port, '127.0.0.1', resolve))
  await expect(startEmbedded({ folder, port: first.port })).rejects.toMatchObject({ code: 'port-in-use' })
  const second = await startEmbedded({ folder })
  expect(second.port).not.toBe(first.port)
  await new Promise((resolve) => other.close(resolve))
})

test('killed: the next start recovers, and a pid that is another’s now is not taken for it', async () => {
  const first = await startUsed()
  const connection = await open(first.url)
  await connection.execute('create schema kept')
  process.kill(first.pid, 'SIGKILL')
  await expect.poll(() => embeddedAt(folder)).toBeNull()
  const file = join(folder, 'data', 'postmaster.pid')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.pid)))
  expect(embeddedAt(folder)).toBeNull()
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(first.pid)))
  const second = await startEmbedded({ folder })
  const later = await open(second.url)
  await later.execute('drop schema kept')
  await later.end()
})

test('killed while one of its processes is busy: the next start waits for it to end', async () => {
  const first = await startUsed()
  const busy = await open(first.url)
  const counting = busy.query('select count(*) from generate_series(1, 8000000) n').catch((error) => error)
  await expect
    .poll(async () => {
      const looking = await open(first.url)
      const { rows } = await looking.query(
        "select 1 from pg_stat_activity where query like '%generate_series%' and state = 'active' and pid <> pg_backend_pid()",
      )
      await looking.end()
      return rows.length
    })
    .toBe(1)
  process.kill(first.pid, 'SIGKILL')
  await expect.poll(() => embeddedAt(folder)).toBeNull()
  const second = await startEmbedded({ folder })
  expect(second.startedByUs).toBe(true)
  await counting
})

test('two starts at once end in one server', async () => {
  execFileSync('cp', ['-a', used, folder])
  const startedAt = performance.now()
  const [one, two] = await Promise.all([startEmbedded({ folder }), startEmbedded({ folder })])
  expect(one.pid).toBe(two.pid)
  expect([one.startedByUs, two.startedByUs].filter(Boolean)).toHaveLength(1)
  // The slower one does not wait for the other's server to end, which it would for ten seconds.
  expect(performance.now() - startedAt).toBeLessThan(9_000)
})

test('a folder with other files is not touched', async () => {
  mkdirSync(folder)
  writeFileSync(join(folder, 'precious.txt'), 'mine')
  await expect(startEmbedded({ folder })).rejects.toMatchObject({ code: 'embedded-folder-in-use' })
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('a record that cannot be read', async () => {
  mkdirSync(folder)
  writeFileSync(join(folder, 'server.json'), '{')
  await expect(startEmbedded({ folder })).rejects.toMatchObject({ code: 'embedded-record-unreadable' })
  rmSync(join(folder, 'server.json'))
})
