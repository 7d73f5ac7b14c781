/** What can't be followed is refused with its reason, and what following costs is said. */
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { followingFindings } from '../../src/engine/run/followable.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { anyServer } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { whileFollowing } from '../support/follow-scene.ts'

const sql = `create table users(id integer primary key, name text); create table tags(what text);
  insert into users values (1, 'a')`
const users = 'create table public.users(id integer primary key, name text);'

it.each([
  [
    'a table of others that refers to one that is filled',
    `${users} create table public.tags(what text);
     create table public.logins(user_id integer constraint of_user references public.users(id) on delete cascade);`,
    {},
    /public\.logins, which this run does not fill, refers to public\.users \(of_user\)/,
  ],
  [
    'rows without a key beside others',
    `${users} create table public.tags(what text); insert into public.tags values ('theirs');`,
    { append: true },
    /public\.tags has no key/,
  ],
])('refuses %s', { timeout: 60_000 }, async (_, target, options, reason) => {
  const source = [{ name: 'app.db', sql, journalMode: 'wal' as const }]
  const following = whileFollowing(
    anyServer().url,
    source,
    async () => {},
    { dataOnly: true, ...options },
    target,
  )
  await expect(following).rejects.toMatchObject({
    code: 'not-followable',
    message: expect.stringMatching(reason),
  })
})

it('says what a large file with a rollback journal costs its writers', () => {
  const path = join(temporaryFolder(), 'large.db')
  const db = openWritable(path)
  db.exec('create table t(x)')
  db.close()
  expect(followingFindings({ snapshots: [{ path }] })).toEqual([])
  truncateSync(path, 300_000_000)
  expect(followingFindings({ snapshots: [{ path }] })).toMatchObject([
    { code: 'writers-wait', message: expect.stringContaining('(300 MB) has a rollback journal') },
  ])
})
