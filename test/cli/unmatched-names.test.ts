/** A name that matches nothing is an error with a suggestion, and never silently something else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { temporaryFolder } from '../support/folders.ts'

const timeout = 60_000
const folder = temporaryFolder()

beforeAll(() => {
  const db = new Database(join(folder, 'shop.db'))
  db.exec(
    'create table orders (id integer primary key); create table "a/b" (x); create view paid as select * from orders',
  )
  db.close()
  writeFileSync(join(folder, 'noise.db'), 'this is a text and not a database, long enough to have a header')
})

it.each([
  [['plan', '--source', 'shop.db', '--exclude', 'ordres'], 2, 'orders'],
  [['plan', '--source', 'shop.db', '--exclude', 'Orders'], 2, 'orders'],
  [['plan', '--source', 'shop.db', '--exclude', 'shpo.db/orders'], 2, 'shop.db/orders'],
  [['plan', '--source', 'shop.db', '--data-only', '--exclude', 'ordres'], 2, 'orders'],
  [['plan', '--source', 'shop.db', '--into', 'one', '--exclude', 'ordres'], 2, 'orders'],
  [['plan', '--source', 'shop.db', '--mapping', 'gpt-trader', '--as', 'shp.db=trading.db'], 2, 'shop.db'],
  [['plan', '--source', 'shop.db', '--mapping', 'gpt-trader', '--as', 'shop.db=tradng.db'], 2, 'trading.db'],
  [['plan', '--source', 'shop.db', '--mapping', 'gpt-tradr'], 2, 'gpt-trader'],
  [['plan', '--source', 'shop.db', '--mapping', 'mine.yaml'], 2, 'there is no such file'],
  [['plan', '--source', 'shop.db', '--plan', 'mine.yaml'], 2, 'there is no such file'],
  [['plan', '--source', 'shop.db', '--timezone', 'Europe/Berln'], 2, 'IANA'],
  [['plan', '--source', 'shpo.db'], 3, 'does not exist'],
  [['verify', '--level', 'ful'], 2, '--level full'],
  [['mappings', 'show', 'gpt-tradr'], 2, 'gpt-trader'],
  [['rejects', 'lst'], 2, 'rejects list'],
  [['inspect', 'noise.db'], 3, 'not a SQLite database'],
  [['inspect', 'shop.db', 'nowhere.db'], 3, 'nowhere.db does not exist'],
  [['serve', 'nowhere'], 2, 'holds no embedded server'],
])('%j', { timeout }, async (args, code, words) => {
  const { exitCode, output, errors } = await runCommand(args, { cwd: folder })
  expect({ exitCode, output }).toEqual({ exitCode: code, output: '' })
  expect(errors).toContain(words)
  expect(errors).not.toMatch(/ENOENT|EACCES| {4}at /)
})

it('names that match leave out what they name', { timeout }, async () => {
  for (const name of ['orders', 'shop.db/orders', 'shop.db/a/b', 'a/b', 'paid']) {
    const { exitCode, output } = await runCommand(['plan', '--source', 'shop.db', '--exclude', name], {
      cwd: folder,
    })
    expect(exitCode).toBe(0)
    if (name !== 'paid') expect(output).toContain('left out')
  }
})
