/** What can't be followed is refused with its reason, and what following costs is said. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { followingFindings } from '../../src/engine/run/following/followable.ts'
import { mountTypeOf, unreliableMount } from '../../src/engine/source/base/mounts.ts'
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

it('says that the SQLite that wrote a file in WAL mode can lose commits by itself', () => {
  const path = join(temporaryFolder(), 'old.db')
  const db = openWritable(path)
  db.pragma('journal_mode = wal')
  db.exec('create table t(x)')
  db.close()
  const codesWith = (version: number): readonly string[] => {
    const bytes = readFileSync(path)
    bytes.writeUInt32BE(version, 96)
    writeFileSync(path, bytes)
    return followingFindings({ snapshots: [{ path }] }).map(({ code, message }) => `${code} ${message}`)
  }
  expect(codesWith(3_040_001)).toEqual([expect.stringMatching(/^wal-reset-bug .*SQLite 3\.40\.1,/)])
  expect(codesWith(3_051_003)).toEqual([])
  // Written before SQLite noted it.
  expect(codesWith(0)).toEqual([])
})

it("knows the mount of a path by its longest point, and the kernel's own file systems as such", () => {
  const mountinfo = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:50 / /srv rw - fuse.sshfs bot@host:/srv rw
41 40 8:1 / /srv/my\\040disk rw shared:7 - fuseblk /dev/sdb1 rw`
  expect(mountTypeOf('/srv/app.db', mountinfo)).toBe('fuse.sshfs')
  expect(mountTypeOf('/srv/my disk/app.db', mountinfo)).toBe('fuseblk')
  expect(mountTypeOf('/srvs/app.db', mountinfo)).toBe('ext4')
  expect(mountTypeOf('/app.db', '')).toBeNull()
  expect(unreliableMount(temporaryFolder())).toBeNull()
})
