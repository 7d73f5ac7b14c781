import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { discover } from '../../../src/engine/source/discover/discover.ts'
import { takeSnapshots } from '../../../src/engine/source/snapshot/snapshot.ts'
import {
  fingerprint,
  makeDatabase,
  makeFolder,
  makeHotJournal,
  makeUncheckpointed,
  startWriter,
} from './files.ts'

/** Searches the folder and takes snapshots of all of it, and says how many rows `table` then has. */
async function readAll(folder: string, table: string): Promise<number[]> {
  const { databases } = await discover([folder])
  const work = makeFolder()
  const taken = await takeSnapshots(databases, work)
  const again = await discover([join(work, 'snapshots')])
  expect(again.databases.map((it) => it.journalMode)).toEqual(taken.map(() => 'rollback'))
  expect(readdirSync(join(work, 'snapshots'))).toHaveLength(taken.length)
  const rows = (found: typeof databases) =>
    found.map((it) => it.tables.find(({ name }) => name === table)?.rows ?? -1)
  expect(rows(again.databases)).toEqual(rows(databases))
  return rows(databases)
}

test('source-folder-untouched: rollback mode', async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'create table t(a); insert into t values (1)')
  const before = fingerprint(folder)
  expect(await readAll(folder, 't')).toEqual([1])
  expect(fingerprint(folder)).toEqual(before)
})

test('source-folder-untouched: an idle WAL database gets no -shm and no -wal', async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'pragma journal_mode = wal; create table t(a); insert into t values (1)')
  const before = fingerprint(folder)
  expect(before).toHaveLength(1)
  expect(await readAll(folder, 't')).toEqual([1])
  expect(fingerprint(folder)).toEqual(before)
})

test('source-folder-untouched: a live writer with an open transaction, WAL mode', async () => {
  const folder = makeFolder()
  const writer = await startWriter(join(folder, 'a.db'))
  await writer.run(
    `db.pragma('journal_mode = wal'); db.exec('create table t(a); insert into t values (1), (2)')`,
  )
  await writer.run(`db.exec('begin immediate; insert into t values (3)')`)
  const before = fingerprint(folder)
  expect(before).toHaveLength(3)
  expect(await readAll(folder, 't')).toEqual([2])
  expect(fingerprint(folder)).toEqual(before)
  await writer.run(`db.exec('commit')`)
  expect(await readAll(folder, 't')).toEqual([3])
})

test('source-folder-untouched: a live writer with an open transaction, rollback mode', async () => {
  const folder = makeFolder()
  const writer = await startWriter(join(folder, 'a.db'))
  await writer.run(
    `db.exec('create table t(a); insert into t values (1); begin immediate; insert into t values (2)')`,
  )
  const before = fingerprint(folder)
  expect(await readAll(folder, 't')).toEqual([1])
  expect(fingerprint(folder)).toEqual(before)
})

test('wal-not-checkpointed: the rows of a -wal are read, whether its -shm is there or not', async () => {
  const folder = makeFolder()
  await makeUncheckpointed(join(folder, 'a.db'))
  for (const hasIndex of [true, false]) {
    if (!hasIndex) rmSync(join(folder, 'a.db-shm'))
    const before = fingerprint(folder)
    expect(before).toHaveLength(hasIndex ? 3 : 2)
    expect(await readAll(folder, 't')).toEqual([3])
    expect(fingerprint(folder)).toEqual(before)
  }
})

test('hot-journal: the unfinished transaction is rolled back in a copy, not in place', async () => {
  const folder = makeFolder()
  await makeHotJournal(join(folder, 'a.db'))
  expect(existsSync(join(folder, 'a.db-journal'))).toBe(true)
  const before = fingerprint(folder)
  expect(await readAll(folder, 'kept')).toEqual([1])
  expect(fingerprint(folder)).toEqual(before)
})

test('exclusive-wal-writer: a WAL writer without -shm is read from a copy', async () => {
  const folder = makeFolder()
  const writer = await startWriter(join(folder, 'a.db'))
  await writer.run(
    `db.pragma('locking_mode = exclusive'); db.pragma('journal_mode = wal'); db.exec('create table t(a); insert into t values (1)')`,
  )
  const before = fingerprint(folder)
  expect(existsSync(join(folder, 'a.db-shm'))).toBe(false)
  expect(await readAll(folder, 't')).toEqual([1])
  expect(fingerprint(folder)).toEqual(before)
})

test('persistent-journal, read-only folder: nothing is needed beside the file', async () => {
  const folder = makeFolder()
  makeDatabase(
    join(folder, 'a.db'),
    'pragma journal_mode = persist; create table t(a); insert into t values (1)',
  )
  makeDatabase(join(folder, 'b.db'), 'pragma journal_mode = wal; create table t(a); insert into t values (1)')
  chmodSync(folder, 0o500)
  const before = fingerprint(folder)
  expect(existsSync(join(folder, 'a.db-journal'))).toBe(true)
  expect(await readAll(folder, 't')).toEqual([1, 1])
  expect(fingerprint(folder)).toEqual(before)
  chmodSync(folder, 0o700)
})

test('left-over companions: an empty -wal, a -shm without -wal, a -wal beside a rollback-mode file', async () => {
  const folder = makeFolder()
  for (const name of ['a.db', 'b.db', 'c.db']) {
    const mode = name === 'c.db' ? 'delete' : 'wal'
    makeDatabase(
      join(folder, name),
      `pragma journal_mode = ${mode}; create table t(a); insert into t values (1)`,
    )
  }
  writeFileSync(join(folder, 'a.db-wal'), '')
  writeFileSync(join(folder, 'b.db-shm'), '')
  writeFileSync(join(folder, 'c.db-wal'), '')
  const before = fingerprint(folder)
  expect(await readAll(folder, 't')).toEqual([1, 1, 1])
  expect(fingerprint(folder)).toEqual(before)
})
