import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MigrateError } from '../../../../src/engine/model/errors.ts'
import { chooseFileNames } from '../../../../src/engine/source/base/database-names.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { copySource } from '../../../../src/engine/source/files/copy-source.ts'
import type { SnapshotSource } from '../../../../src/engine/source/files/open-sources.ts'
import { openSource } from '../../../../src/engine/source/files/source-file.ts'
import { takeSnapshots, verifySnapshot } from '../../../../src/engine/source/snapshot/snapshot.ts'
import { fingerprint, makeDatabase, makeFolder, makeUncheckpointed, startWriter } from '../files.ts'

function named(folder: string, ...names: string[]): SnapshotSource[] {
  return names.map((name) => ({ database: name, path: join(folder, name) }))
}

function ask(file: string, sql: string): unknown {
  using db = openReadOnly(file, { immutable: true })
  return db.prepare(sql).pluck().get()
}

async function refusal(promise: Promise<unknown>): Promise<MigrateError> {
  const error = await promise.catch((it: unknown) => it)
  expect(error).toBeInstanceOf(MigrateError)
  return error as MigrateError
}

test('snapshot: private, checkpointed, alone, with the hash of its bytes', async () => {
  const folder = makeFolder()
  await makeUncheckpointed(join(folder, 'a.db'))
  const work = makeFolder()
  const [taken] = await takeSnapshots(named(folder, 'a.db'), work)
  const bytes = readFileSync(taken!.file)
  expect([...bytes.subarray(18, 20)]).toEqual([1, 1])
  expect(taken).toMatchObject({
    database: 'a.db',
    path: join(folder, 'a.db'),
    file: join(work, 'snapshots', 'a.db'),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    damage: [],
  })
  expect(readdirSync(join(work, 'snapshots'))).toEqual(['a.db'])
  expect(statSync(taken!.file).mode & 0o777).toBe(0o600)
  expect(statSync(join(work, 'snapshots')).mode & 0o777).toBe(0o700)
  expect(ask(taken!.file, 'select sum(a) from t')).toBe(6)
  expect(ask(taken!.file, 'pragma journal_mode')).toBe('delete')
})

test('one-moment: what a writer commits after the transactions were opened is in no snapshot', async () => {
  for (const mode of ['wal', 'delete']) {
    const folder = makeFolder()
    const names = ['a.db', 'b.db']
    const writers = await Promise.all(names.map((name) => startWriter(join(folder, name))))
    for (const writer of writers) {
      await writer.run(
        `db.pragma('journal_mode = ${mode}'); db.exec('create table t(a); insert into t values (1); create table filler(x); insert into filler values (zeroblob(40000000))')`,
      )
    }
    // The backup of the first begins only after this promise has been made, in a later turn of the event loop.
    const snapshots = takeSnapshots(named(folder, ...names), makeFolder())
    const commit = (at: number) =>
      writers[at]!.run(`db.exec('insert into t values (2)')`).then(
        () => 'committed',
        () => 'waits',
      )
    const commits = [await commit(1), await commit(0)]
    if (mode === 'wal') expect(commits).toEqual(['committed', 'committed'])
    for (const { file } of await snapshots) expect(ask(file, 'select group_concat(a) from t')).toBe('1')
    for (const writer of writers) await writer.run(`db.exec('insert into t values (3)')`)
  }
})

test('restless-writer: a source that is written to all the time is copied to an end, and whole', async () => {
  const folder = makeFolder()
  for (const mode of ['wal', 'delete']) {
    const writer = await startWriter(join(folder, `${mode}.db`))
    await writer.run(`
      db.pragma('journal_mode = ${mode}'); db.pragma('wal_autocheckpoint = 20'); db.pragma('synchronous = off')
      db.exec('create table t(a integer primary key, b); create table filler(x); insert into filler values (zeroblob(20000000))')
      loop("try { db.exec('begin; insert into t(b) values (randomblob(3000)); insert into t(b) values (1); commit') } catch { if (db.inTransaction) db.exec('rollback') }")`)
  }
  const taken = await takeSnapshots(named(folder, 'wal.db', 'delete.db'), makeFolder())
  for (const { file } of taken) {
    expect(Number(ask(file, 'select count(*) from t')) % 2).toBe(0)
    expect(ask(file, 'pragma integrity_check')).toBe('ok')
  }
})

test('restless-writer: one that waits for our lock writes nothing until the copy is known to be whole', async () => {
  const folder = makeFolder()
  const source = join(folder, 'delete.db')
  const writer = await startWriter(source)
  await writer.run(`
    db.pragma('journal_mode = delete'); db.pragma('synchronous = off')
    db.exec('create table t(a integer primary key, b)')
    loop("try { db.exec('begin; insert into t(b) values (randomblob(3000)); insert into t(b) values (1); commit') } catch { if (db.inTransaction) db.exec('rollback') }")`)
  for (let copies = 0; copies < 20; copies++) {
    const file = join(folder, `copy-${copies}.db`)
    writeFileSync(file, '', { mode: 0o600 })
    await copySource(openSource(source, { stagingFolder: folder }), source, file, () => {}, true)
    expect(Number(ask(file, 'select count(*) from t')) % 2).toBe(0)
    expect(ask(file, 'pragma integrity_check')).toBe('ok')
  }
})

test('corrupt-page: the run stops with what is damaged and leaves nothing; with salvage it continues', async () => {
  const folder = makeFolder()
  const file = makeDatabase(
    join(folder, 'a.db'),
    'create table broken(a); create table whole(a); insert into whole values (7)',
  )
  makeDatabase(join(folder, 'b.db'), 'create table t(a)')
  const bytes = readFileSync(file)
  bytes.fill(0xee, 4096, 8192)
  writeFileSync(file, bytes)
  const work = makeFolder()
  const error = await refusal(takeSnapshots(named(folder, 'b.db', 'a.db'), work))
  expect(error).toMatchObject({
    kind: 'source',
    code: 'snapshot-damaged',
    message: expect.stringContaining('a.db'),
  })
  expect(error.message).toContain('table broken')
  expect(readdirSync(join(work, 'snapshots'))).toEqual([])
  const taken = await takeSnapshots(named(folder, 'b.db', 'a.db'), work, { salvage: true })
  expect(taken.map((it) => it.damage.length > 0)).toEqual([false, true])
  expect(ask(taken[1]!.file, 'select a from whole')).toBe(7)
})

test('plain copy: a rollback-mode source is copied byte for byte, as is an idle one in WAL mode but for its versions', async () => {
  const folder = makeFolder()
  for (const mode of ['delete', 'wal']) {
    const file = makeDatabase(
      join(folder, `${mode}.db`),
      `pragma journal_mode = ${mode}; create table t(a); insert into t values (zeroblob(5000000)), (1)`,
    )
    const [taken] = await takeSnapshots([{ database: mode, path: file }], makeFolder())
    const expected = readFileSync(file)
    expected.set([1, 1], 18)
    expect(readFileSync(taken!.file).equals(expected)).toBe(true)
    expect(taken!.sha256).toBe(createHash('sha256').update(expected).digest('hex'))
  }
})

test('source-changed: a file that is replaced while it is copied is copied again, never half and half', async () => {
  const folder = makeFolder()
  const table = 'create table t(a); insert into t values (zeroblob(20000000))'
  const file = makeDatabase(join(folder, 'a.db'), `${table}, ('old')`)
  const other = makeDatabase(join(folder, 'other.db'), `${table}, ('new')`)
  let isReplaced = false
  // Once the source is open, before its bytes are copied.
  const onProgress = () => {
    if (!isReplaced) renameSync(other, file)
    isReplaced = true
  }
  const [taken] = await takeSnapshots(named(folder, 'a.db'), makeFolder(), { onProgress })
  expect(readFileSync(taken!.file).equals(readFileSync(file))).toBe(true)
})

test('truncated: refused; with salvage the pages that are there can be read', async () => {
  const folder = makeFolder()
  const file = makeDatabase(
    join(folder, 'a.db'),
    'create table early(a); insert into early values (1), (2); create table late(a); insert into late values (zeroblob(50000))',
  )
  truncateSync(file, 12_288)
  const before = fingerprint(folder)
  expect((await refusal(takeSnapshots(named(folder, 'a.db'), makeFolder()))).code).toBe('truncated')
  const work = makeFolder()
  const [taken] = await takeSnapshots(named(folder, 'a.db'), work, { salvage: true })
  expect(taken!.damage.length).toBeGreaterThan(0)
  expect(ask(taken!.file, 'select sum(a) from early')).toBe(3)
  expect(readdirSync(join(work, 'snapshots'))).toEqual(['a.db'])
  expect(fingerprint(folder)).toEqual(before)
})

test('missing or locked: a refusal that names the file, nothing left behind', async () => {
  const folder = makeFolder()
  const work = makeFolder()
  expect((await refusal(takeSnapshots(named(folder, 'none.db'), work))).code).toBe('file-missing')
  const file = makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  makeDatabase(join(folder, 'b.db'), 'create table t(a)')
  const writer = await startWriter(file)
  await writer.run(`db.exec('begin exclusive')`)
  const error = await refusal(takeSnapshots(named(folder, 'b.db', 'a.db'), work, { lockTimeoutMs: 50 }))
  expect(error).toMatchObject({ code: 'database-locked', message: expect.stringContaining(file) })
  expect(readdirSync(join(work, 'snapshots'))).toEqual([])
})

test('progress ends at the total', async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'create table t(a); insert into t values (zeroblob(60000000))')
  makeDatabase(join(folder, 'b.db'), 'create table t(a)')
  const seen: number[] = []
  let total = 0
  await takeSnapshots(named(folder, 'a.db', 'b.db'), makeFolder(), {
    onProgress: ({ bytesDone, bytesTotal }) => {
      seen.push(bytesDone)
      total = bytesTotal
    },
  })
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(seen.at(-1)).toBe(total)
})

test("snapshot-changed: a run doesn't continue from a snapshot that was touched or removed", async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  const [taken] = await takeSnapshots(named(folder, 'a.db'), makeFolder())
  await verifySnapshot(taken!)
  const bytes = readFileSync(taken!.file)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(taken!.file, bytes)
  expect(await refusal(verifySnapshot(taken!))).toMatchObject({ kind: 'plan', code: 'snapshot-changed' })
  appendFileSync(taken!.file, 'x')
  expect((await refusal(verifySnapshot(taken!))).code).toBe('snapshot-changed')
  rmSync(taken!.file)
  expect((await refusal(verifySnapshot(taken!))).code).toBe('snapshot-changed')
})

test('symlink-in-work-folder: a link in place of the snapshots folder or of a snapshot is not followed', async () => {
  const folder = makeFolder()
  makeDatabase(join(folder, 'a.db'), 'create table t(a)')
  const work = makeFolder()
  const elsewhere = makeFolder()
  symlinkSync(elsewhere, join(work, 'snapshots'))
  expect((await refusal(takeSnapshots(named(folder, 'a.db'), work))).code).toBe('work-folder-unusable')
  rmSync(join(work, 'snapshots'))
  mkdirSync(join(work, 'snapshots'))
  symlinkSync(join(elsewhere, 'victim'), join(work, 'snapshots', 'a.db'))
  await takeSnapshots(named(folder, 'a.db'), work)
  expect(existsSync(join(elsewhere, 'victim'))).toBe(false)
})

test('utf-16 and page sizes: the copy is the same database', async () => {
  const folder = makeFolder()
  makeDatabase(
    join(folder, 'a.db'),
    `pragma encoding = 'UTF-16be'; pragma page_size = 65536; create table t(a); insert into t values ('ü')`,
  )
  makeDatabase(
    join(folder, 'b.db'),
    `pragma page_size = 512; pragma auto_vacuum = full; create table t(a); insert into t values (zeroblob(9999))`,
  )
  const taken = await takeSnapshots(named(folder, 'a.db', 'b.db'), makeFolder())
  expect(
    taken.map(({ file }) => [
      ask(file, 'pragma encoding'),
      ask(file, 'pragma page_size'),
      ask(file, 'pragma auto_vacuum'),
    ]),
  ).toEqual([
    ['UTF-16be', 65536, 0],
    ['UTF-8', 512, 1],
  ])
})

test('file names: safe everywhere, distinct in any case', () => {
  expect(
    chooseFileNames([
      'trading/live.db',
      'trading_live.db',
      'TRADING_live.db',
      '../x',
      '-rf',
      'con.db',
      'äö',
      '.copy-0',
    ]),
  ).toEqual([
    'trading_live.db',
    '2-trading_live.db',
    '3-TRADING_live.db',
    '__x',
    '_rf',
    '_con.db',
    '_',
    '_copy-0',
  ])
})

test('in-a-worker: without file: names, sources of every kind are read the same and left untouched', async () => {
  const folder = makeFolder()
  await makeUncheckpointed(join(folder, 'wal.db'))
  makeDatabase(
    join(folder, 'idle.db'),
    'pragma journal_mode = wal; create table t(a); insert into t values (6)',
  )
  makeDatabase(join(folder, 'plain.db'), 'create table t(a); insert into t values (6)')
  const before = fingerprint(folder)
  const work = makeFolder()
  const script = `
    import { workerData, parentPort } from 'node:worker_threads'
    const { takeSnapshots } = await import(workerData.module + 'snapshot/snapshot.ts')
    const { canOpenUris } = await import(workerData.module + 'base/sqlite.ts')
    const taken = await takeSnapshots(workerData.sources, workerData.work)
    parentPort.postMessage({ taken, uris: canOpenUris() })`
  const module = new URL('../../../../src/engine/source/', import.meta.url).href
  const child = `
    const { Worker } = require('node:worker_threads')
    delete process.env.SQLITE_USE_URI
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(script)})), { workerData: JSON.parse(process.argv[1]) })
    worker.on('message', (message) => { console.log(JSON.stringify(message)); process.exit(0) })
    worker.on('error', (error) => { console.error(error); process.exit(1) })`
  const { spawnSync } = await import('node:child_process')
  const data = JSON.stringify({ module, work, sources: named(folder, 'wal.db', 'idle.db', 'plain.db') })
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', child, data], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const { taken, uris } = JSON.parse(stdout)
  expect(uris).toBe(false)
  for (const { file } of taken) expect(ask(file, 'select sum(a) from t')).toBe(6)
  expect(fingerprint(folder)).toEqual(before)
})

test('symlinked-source: the -wal beside the real file is read', async () => {
  const folder = makeFolder()
  await makeUncheckpointed(join(folder, 'a.db'))
  rmSync(join(folder, 'a.db-shm'))
  const links = makeFolder()
  symlinkSync(join(folder, 'a.db'), join(links, 'link.db'))
  const [taken] = await takeSnapshots(named(links, 'link.db'), makeFolder())
  expect(taken!.path).toBe(join(folder, 'a.db'))
  expect(ask(taken!.file, 'select sum(a) from t')).toBe(6)
})
