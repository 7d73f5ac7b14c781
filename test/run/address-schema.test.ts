/** The application's own address names its schema: what is created lies there, or nothing is created. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const folder = temporaryFolder()
const source = join(folder, 'shop.db')
const db = openWritable(source)
db.exec("create table t (id integer primary key, v text); insert into t (v) values ('a')")
db.close()

it.each([
  ['?schema=app&pgbouncer=true', null, 'app'],
  ['?options=-csearch_path%3Dapp', null, 'app'],
  ['?schema=app', 'other', 'other'],
  ['', null, 'public'],
])('%s with --schema %s', async (query, schema, expected) => {
  const target = await freshDatabase(anyServer().url)
  const { report } = await runForTest({
    sources: [source],
    url: `${target.url}${query}`,
    workFolder: join(folder, 'work'),
    options: { schema },
  })
  expect(report?.status).toBe('ok')
  const connection = await connect(target.address)
  const { rows } = await connection.query("select schemaname from pg_tables where tablename = 't'")
  expect(rows).toEqual([{ schemaname: expected }])
  await connection.end()
  await target.drop()
})

it('a mapping with schemas of its own is refused, and --schema is named', async () => {
  const target = await freshDatabase(anyServer().url)
  const trading = join(folder, 'trading.db')
  const file = openWritable(trading)
  file.exec('create table orders (id integer primary key, symbol text)')
  file.close()
  await expect(
    runForTest({
      sources: [trading],
      url: `${target.url}?schema=app`,
      workFolder: join(folder, 'work'),
      options: { allowMissing: true },
      request: { mapping: 'gpt-trader' },
    }),
  ).rejects.toMatchObject({ code: 'schema-in-address', hint: expect.stringContaining('--schema app') })
  await target.drop()
})
