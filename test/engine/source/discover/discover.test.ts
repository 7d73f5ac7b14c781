import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes, MigrateError } from '../../../../src/engine/model/errors.ts'
import { nameDatabases } from '../../../../src/engine/source/base/database-names.ts'
import { type DiscoverOptions, discover } from '../../../../src/engine/source/discover/discover.ts'
import { createRunFolder } from '../../../../src/engine/source/files/work-folder.ts'
import { makeDatabase, makeFolder, startWriter } from '../files.ts'

async function refusal(path: string, options: DiscoverOptions = {}): Promise<MigrateError> {
  const error = await discover([path], options).catch((it: unknown) => it)
  expect(error).toBeInstanceOf(MigrateError)
  expect((error as MigrateError).exitCode).toBe(exitCodes.source)
  expect((error as MigrateError).message).toContain(path)
  return error as MigrateError
}

/** The same file found while searching: its health's code, or 'passed over'. */
async function foundAs(folder: string): Promise<string> {
  const { databases, passedOver } = await discover([folder])
  expect(databases.length + passedOver.length).toBe(1)
  const health = databases[0]?.health
  return health === undefined ? 'passed over' : health.kind === 'unreadable' ? health.code : health.kind
}

test('any-name: a database is known by its header, not by its name', async () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true })
  makeDatabase(join(folder, 'deep', 'er', 'state'), 'create table t(a); insert into t values (1), (2)')
  writeFileSync(join(folder, 'notes.txt'), 'nothing here')
  const met: string[] = []
  const found = await discover([folder], { onFound: ({ database }) => met.push(database) })
  expect(met).toEqual(['state'])
  expect(found).toEqual({
    databases: [
      {
        database: 'state',
        path: join(folder, 'deep', 'er', 'state'),
        bytes: 8192,
        journalMode: 'rollback',
        tables: [{ name: 't', rows: 2 }],
        health: { kind: 'ok' },
      },
    ],
    passedOver: [],
  })
})

test('hostile-names: spaces at the end, percent signs, question marks, quotes, a new line', async () => {
  const folder = makeFolder()
  const names = [
    'a b ',
    '100%.db',
    'what?mode=memory',
    '#1.db',
    `it's "x".db`,
    'new\nline',
    'ünïcode-日本',
    '%41.db',
  ]
  for (const name of names) {
    makeDatabase(
      join(folder, name),
      `pragma journal_mode = wal; create table "${name.replaceAll('"', '""')}"(a)`,
    )
  }
  const { databases } = await discover([folder])
  expect(databases.map((it) => it.tables[0]?.name).sort()).toEqual([...names].sort())
})

test('file-missing, is-a-folder, zero-bytes, text, encrypted: named, each is a refusal with its code', async () => {
  const folder = makeFolder()
  expect((await refusal(join(folder, 'none.db'))).code).toBe('file-missing')
  writeFileSync(join(folder, 'empty.db'), '')
  expect((await refusal(join(folder, 'empty.db'))).code).toBe('file-empty')
  expect(await foundAs(folder)).toBe('empty')
  writeFileSync(join(folder, 'empty.db'), 'a,b,c\n'.repeat(500))
  expect((await refusal(join(folder, 'empty.db'))).code).toBe('not-a-database')
  expect(await foundAs(folder)).toBe('passed over')
  writeFileSync(join(folder, 'empty.db'), randomBytes(8192))
  expect((await refusal(join(folder, 'empty.db'))).code).toBe('encrypted-or-not-a-database')
  expect(await foundAs(folder)).toBe('encrypted-or-not-a-database')
})

test('encrypted-body: noise after a good header is refused, not read', async () => {
  const folder = makeFolder()
  const file = join(folder, 'a.db')
  const header = Buffer.from('SQLite format 3\0', 'latin1')
  writeFileSync(file, Buffer.concat([header, randomBytes(8176)]))
  expect(['encrypted-or-not-a-database', 'database-corrupt', 'truncated']).toContain(
    (await refusal(file)).code,
  )
  makeDatabase(join(makeFolder(), 'b.db'), 'create table t(a)')
  writeFileSync(
    file,
    Buffer.concat([
      readFileSync(makeDatabase(join(makeFolder(), 'c.db'), 'create table t(a)')).subarray(0, 100),
      randomBytes(8092),
    ]),
  )
  expect((await refusal(file)).code).toBe('database-corrupt')
})

test('a-folder-named-x.db: it is searched like any folder', async () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'x.db'))
  makeDatabase(join(folder, 'x.db', 'y.db'), 'create table t(a)')
  expect((await discover([folder])).databases.map((it) => it.database)).toEqual(['y.db'])
})

test('truncated: the file is shorter than its header says', async () => {
  const folder = makeFolder()
  const file = makeDatabase(join(folder, 'a.db'), 'create table t(a); insert into t values (zeroblob(50000))')
  truncateSync(file, 8192)
  expect((await refusal(file)).code).toBe('truncated')
  expect(await foundAs(folder)).toBe('truncated')
  for (const path of [file, dirname(file)]) {
    const salvaged = await discover([path], { salvage: true })
    expect(salvaged.databases[0]?.health.kind).toBe('damaged')
  }
})

test('corrupt-page: the health names the table, the other tables are still counted', async () => {
  const folder = makeFolder()
  const file = makeDatabase(
    join(folder, 'a.db'),
    'create table broken(a); create table whole(a); insert into whole values (1); insert into broken values (1)',
  )
  const bytes = readFileSync(file)
  bytes.fill(0xee, 4096, 8192)
  writeFileSync(file, bytes)
  const [found] = (await discover([file])).databases
  expect(found?.health).toMatchObject({ kind: 'damaged', detail: expect.stringContaining('table broken') })
  expect(found?.tables).toEqual([{ name: 'whole', rows: 1 }])
})

test('values-are-not-damage: rows that break NOT NULL or CHECK leave the file healthy', async () => {
  const folder = makeFolder()
  const file = makeDatabase(
    join(folder, 'a.db'),
    `create table t(a, b);
     insert into t values (null, -1);
     pragma ignore_check_constraints = on;
     create table u(a check (a > 0)); insert into u values (-1);`,
  )
  const [found] = (await discover([file])).databases
  expect(found?.health).toEqual({ kind: 'ok' })
})

test('locked: a writer with an exclusive lock is named after the time to wait', async () => {
  const folder = makeFolder()
  const file = makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  const writer = await startWriter(file)
  await writer.run(`db.exec('begin exclusive')`)
  expect((await refusal(file, { lockTimeoutMs: 50 })).code).toBe('database-locked')
})

test.skipIf(process.platform === 'win32')('unreadable: no permission to read the file', async () => {
  const folder = makeFolder()
  chmodSync(folder, 0o755)
  const file = makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  chmodSync(file, 0o000)
  // Root may read everything: for the time of this test it is nobody.
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    expect((await refusal(file)).code).toBe('file-unreadable')
    expect(await foundAs(folder)).toBe('file-unreadable')
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('symlink-loop, a link out of the tree, two names of one file: each file once', async () => {
  const outside = makeFolder()
  makeDatabase(join(outside, 'out.db'), 'create table t(a)')
  const folder = makeFolder()
  mkdirSync(join(folder, 'sub'))
  const file = makeDatabase(join(folder, 'sub', 'a.db'), 'create table t(a)')
  symlinkSync(folder, join(folder, 'sub', 'loop'))
  symlinkSync('self.db', join(folder, 'self.db'))
  symlinkSync(file, join(folder, 'same.db'))
  linkSync(file, join(folder, 'hard.db'))
  symlinkSync(outside, join(folder, 'away'))
  symlinkSync(join(outside, 'out.db'), join(folder, 'away.db'))
  const { databases, passedOver } = await discover([folder, file, join(folder, 'sub')])
  expect(databases).toHaveLength(1)
  expect(passedOver.map((it) => it.path.slice(folder.length + 1)).sort()).toEqual(
    expect.arrayContaining(['away', 'away.db', 'self.db']),
  )
})

test('skipped folders and companions: node_modules, .git, .gpt-migrate, -wal, -journal', async () => {
  const folder = makeFolder()
  for (const name of ['node_modules', '.git', '.gpt-migrate']) {
    mkdirSync(join(folder, name))
    makeDatabase(join(folder, name, 'a.db'), 'create table t(a)')
  }
  writeFileSync(join(folder, 'b.db-wal'), 'x')
  writeFileSync(join(folder, 'b.db-journal'), 'x')
  expect(await discover([folder])).toEqual({ databases: [], passedOver: [] })
})

test('the snapshots of an earlier run are no sources, whatever the work folder is called', async () => {
  const folder = makeFolder()
  const own = makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  const { folder: run } = createRunFolder(join(folder, 'work'))
  mkdirSync(join(run, 'snapshots'))
  makeDatabase(join(run, 'snapshots', 'a.db'), 'create table t(a)')
  const { databases } = await discover([folder])
  expect(databases.map(({ path }) => path)).toEqual([own])
})

test('same-name-twice: as many folders as make the name unique', async () => {
  const folder = makeFolder()
  for (const name of ['trading', 'risk']) {
    mkdirSync(join(folder, name))
    makeDatabase(join(folder, name, 'live.db'), 'create table t(a)')
  }
  const { databases } = await discover([folder])
  expect(databases.map((it) => it.database)).toEqual(['risk/live.db', 'trading/live.db'])
  const names = nameDatabases(['/x/a/live.db', '/y/a/live.db', '/b/live.db', '/b/other.db', '/live.db'])
  expect([...names.values()]).toEqual(['x/a/live.db', 'y/a/live.db', 'b/live.db', 'other.db', 'live.db'])
})

test("shadow tables and SQLite's own tables are not listed", async () => {
  const folder = makeFolder()
  makeDatabase(
    join(folder, 'a.db'),
    `create table t(id integer primary key autoincrement); insert into t default values;
     create virtual table words using fts5(body); insert into words values ('one two');
     create virtual table boxes using rtree(id, x0, x1);`,
  )
  const [found] = (await discover([folder])).databases
  expect(found?.tables).toEqual([
    { name: 't', rows: 1 },
    { name: 'words', rows: 1 },
    { name: 'boxes', rows: 0 },
  ])
})

test('rows that are not asked for are not counted, and reported as not counted', async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'create table t(a); insert into t values (1), (2)')
  const [found] = (await discover([folder], { countsRows: false })).databases
  expect(found?.tables).toEqual([{ name: 't', rows: null }])
})

test("aborted: the search ends with the signal's reason", async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  makeDatabase(join(folder, 'b.db'), 'create table t(a)')
  const stop = new AbortController()
  await expect(
    discover([folder], { signal: stop.signal, onFound: () => stop.abort(new Error('enough')) }),
  ).rejects.toThrow('enough')
})

test('a compressed file is refused by what it is, and a dump met while searching passed over with the way on', async () => {
  const folder = makeFolder()
  const packed = join(folder, 'app.db')
  writeFileSync(packed, Buffer.from('1f8b0800000000000003', 'hex'))
  expect((await refusal(packed)).message).toContain('gzip')
  writeFileSync(packed, '-- made by wrangler\nPRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (a);\n')
  const { databases, passedOver } = await discover([folder])
  expect(databases).toEqual([])
  expect(passedOver).toMatchObject([{ path: packed, reason: expect.stringContaining('text of SQL') }])
})
