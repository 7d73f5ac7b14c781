/**
 * The wizard beyond its summary, in a real terminal: a running application is followed, moved over by a command of its own, and
 * everything that it was told is committed is in PostgreSQL.
 */
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openReadOnly, openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { startWriter } from '../support/cut-over-scene.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { Terminal } from './terminal.ts'

const writers: ChildProcess[] = []
const databases: FreshDatabase[] = []

afterEach(async () => {
  for (const writer of writers.splice(0)) writer.kill('SIGKILL')
  for (const database of databases.splice(0)) await database.drop()
})

function makeSource(file: string): void {
  const db = openWritable(file)
  db.pragma('journal_mode = wal')
  db.exec(`
    create table orders(id integer primary key autoincrement, code text, price real, note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
      insert into orders(code, price) select 'c' || i, i from n`)
  db.close()
}

const digestOf = (table: string): string =>
  `select count(*) as n, max(id) as last, sum(length(note)) as notes, sum(price) as prices from ${table}`

describe('after the summary', { timeout: 400_000 }, () => {
  it('a running application is followed, and moved over by its command', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'app.db')
    const here = join(folder, 'here')
    mkdirSync(here)
    makeSource(file)
    const database = await freshDatabase(anyServer().url)
    databases.push(database)
    const writer = await startWriter(file, { pauseMs: 20, patienceMs: 60_000 })
    writers.push(writer)
    const started = join(folder, 'started')
    const command = join(folder, 'start.sh')
    writeFileSync(command, `#!/bin/sh\nkill ${writer.pid}\nprintf %s "$DATABASE_URL" > '${started}'\n`)
    chmodSync(command, 0o755)
    using terminal = new Terminal({
      columns: 80,
      rows: 24,
      cwd: here,
      args: ['--source', file],
      env: { DATABASE_URL: database.url },
    })
    await terminal.sees('app.db', 'enter continue')
    terminal.press('enter')
    await terminal.sees(/✓ PostgreSQL \d+/)
    terminal.press('enter')
    await terminal.sees('Continue: move')
    terminal.press('enter')
    await terminal.sees(/Move [\d,]+ rows\?/)
    terminal.press('enter')
    await terminal.sees('Moved and verified', 'keep following')

    terminal.press('f')
    await terminal.sees(
      'Following the sources of run',
      /[▁▂▃▄▅▆▇█]{2}/,
      /app\.db\/orders +\d+/,
      'Safe to stop',
    )
    terminal.press('c')
    await terminal.sees('Cut over to PostgreSQL?', /downtime +about/, `(process ${writer.pid})`)
    terminal.type(command)
    terminal.press('enter', 'enter', 'enter')
    terminal.type(database.address.database)
    await terminal.sees('enter cut over now')
    terminal.press('enter')
    await terminal.sees('Cut over and proven: every cell compared.', 'fallback --to')
    expect(terminal.text).not.toContain(database.address.password)
    terminal.press('escape')
    await terminal.sees('Moved and verified')
    terminal.press('q')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.history).toContain('Cut over and proven')

    expect(readFileSync(started, 'utf8')).toContain(database.address.database)
    const source = openReadOnly(file)
    const before = source.prepare(digestOf('orders')).get() as Record<string, number>
    source.close()
    const connection = await connect(database.address)
    const after = await connection.queryOne<Record<string, number | string>>(digestOf('public.orders'))
    await connection.end()
    expect(Object.values(after).map(Number)).toEqual(Object.values(before).map(Number))
    expect(Number(after.n)).toBeGreaterThan(300)
  })

  it('following that was stopped by ctrl+c leaves with 130 and says how it continues', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'app.db')
    const here = join(folder, 'here')
    mkdirSync(here)
    makeSource(file)
    const database = await freshDatabase(anyServer().url)
    databases.push(database)
    using terminal = new Terminal({
      columns: 60,
      rows: 20,
      cwd: here,
      args: ['--source', file],
      env: { DATABASE_URL: database.url, LANG: 'C' },
    })
    await terminal.sees('app.db', 'enter continue')
    terminal.press('enter')
    await terminal.sees(/PostgreSQL \d+/)
    terminal.press('enter')
    await terminal.sees('Continue: move')
    terminal.press('enter')
    await terminal.sees(/Move [\d,]+ rows\?/)
    terminal.press('enter')
    await terminal.sees('Moved and verified')
    terminal.press('f')
    // The history has an ASCII twin.
    await terminal.sees('Following the sources', /lag +\d/, / _{2}/)
    terminal.press('ctrl+c')
    expect(await terminal.ended()).toBe(130)
    expect(terminal.history).toMatch(/Follow +npx gpt-migrate follow --target/)
    expect([...terminal.text].every((character) => character <= '~')).toBe(true)
  })
})
