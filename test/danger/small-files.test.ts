/** Small files that would cost much: disk, memory and time stay within what the file can truly hold, and every refusal says why. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { QueryTrials } from '../../src/engine/source/base/trial-query.ts'
import { discover } from '../../src/engine/source/discover/discover.ts'
import { takeSnapshots } from '../../src/engine/source/snapshot/snapshot.ts'
import { isNight } from '../support/breadth.ts'
import { temporaryFolder } from '../support/folders.ts'
import { processesOf, runProgram, startProgram } from '../support/program.ts'

const made = (name: string, sql: string): string => {
  const file = join(temporaryFolder(), name)
  const db = openWritable(file)
  db.exec(sql)
  db.close()
  return file
}

describe('pages that are claimed', () => {
  it.each([0x7fff_ffff, 70_000])('a -wal whose commit claims %i', async (claimed) => {
    const file = join(temporaryFolder(), 'wal.db')
    const db = openWritable(file)
    db.exec(
      "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (v text); insert into t values ('a')",
    )
    const planted = join(temporaryFolder(), 'wal.db')
    copyFileSync(file, planted)
    const wal = readFileSync(`${file}-wal`)
    db.close()
    claimPages(wal, claimed)
    writeFileSync(`${planted}-wal`, wal)
    const work = temporaryFolder()
    await expect(takeSnapshots([{ database: 'wal.db', path: planted }], work)).rejects.toMatchObject({
      code: 'database-corrupt',
      message: expect.stringContaining('claims'),
    })
    await expect(discover([planted])).rejects.toMatchObject({ code: 'database-corrupt' })
    expect(filesBelow(work)).toEqual([])
  })

  it('a header that claims 2^32 pages, with --salvage', async () => {
    const file = made('h.db', "create table t (v text); insert into t values ('a')")
    const bytes = readFileSync(file)
    bytes.writeUInt32BE(0xffff_fff0, 28)
    writeFileSync(file, bytes)
    const work = temporaryFolder()
    await expect(
      takeSnapshots([{ database: 'h.db', path: file }], work, { salvage: true }),
    ).rejects.toMatchObject({ code: 'database-corrupt' })
    for (const path of filesBelow(work)) expect(statSync(path).size).toBeLessThan(64 << 20)
  })
})

it('pages without rowids that name each other over and over, with --salvage', async () => {
  const file = made(
    'w.db',
    `create table w (k integer primary key, v text) without rowid;
     with recursive n (i) as (select 1 union all select i + 1 from n where i < 200000)
       insert into w select i, 'x' from n`,
  )
  nameOverAndOver(file, 'w')
  const work = temporaryFolder()
  const [snapshot] = await takeSnapshots([{ database: 'w.db', path: file }], work, { salvage: true })
  expect(snapshot?.lost.map(({ message }) => message).join(' ')).toMatch(/table w .*not some in between/)
  expect(statSync(snapshot!.file).size).toBeLessThan(2 * statSync(file).size)
})

it('a generated column that computes more than the file holds', async () => {
  const file = made(
    'g.db',
    `create table g (id integer primary key, big text generated always as (hex(zeroblob(200000000))) virtual);
     insert into g default values`,
  )
  const { exitCode, errors } = await runProgram([
    'plan',
    '--source',
    file,
    '--work-folder',
    temporaryFolder(),
  ])
  expect({ exitCode, errors }).toMatchObject({ exitCode: 3, errors: expect.stringContaining('g.big') })
})

describe.runIf(process.platform !== 'win32')('a pipe under the name of a companion', () => {
  it.each(['-journal', '-wal', '-shm'])('%s', async (suffix) => {
    const file = made('p.db', 'create table t (v text)')
    execFileSync('mkfifo', [`${file}${suffix}`])
    await expect(discover([file])).rejects.toMatchObject({
      code: 'not-a-database',
      message: expect.stringContaining(suffix),
    })
  })
})

it('a query without end is ended, and so is what it runs in', async () => {
  const file = made(
    'v.db',
    'create view v as with recursive c (x) as (select 1 union all select x + 1 from c) select count(*) as n from c',
  )
  const impatient = new QueryTrials(500)
  expect(await impatient.try({ file, sql: 'select * from v' })).toEqual({ kind: 'unbounded' })
  await impatient.end()
  const trials = new QueryTrials(30_000)
  expect(await trials.try({ file, sql: 'select 1' })).toEqual({ kind: 'ended' })
  expect(await trials.try({ file, sql: 'select * from w' })).toMatchObject({ kind: 'failed' })
  await trials.end()
})

describe('signals, while SQLite is inside of a value that takes for ever', () => {
  const file = made(
    'like.db',
    // An insert would compute it.
    `create table t (id integer primary key); insert into t default values;
     alter table t add column slow integer generated always as
       (instr(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1')) virtual`,
  )
  /** Starts, and waits until SQLite is at it. */
  const stuck = async () => {
    const work = temporaryFolder()
    const { child, ended } = startProgram(['plan', '--source', file, '--work-folder', work])
    // Its snapshot is taken before SQLite computes the first value.
    await expect.poll(() => filesBelow(work).length, { timeout: 30_000 }).toBeGreaterThan(0)
    return { child, ended }
  }

  it.each(
    (
      [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const
    ).filter(([signal]) => isNight || signal === 'SIGINT'),
  )('%s ends everything in some seconds', { timeout: 60_000 }, async (signal, code) => {
    const { child, ended } = await stuck()
    child.kill(signal)
    expect(await ended).toMatchObject({ exitCode: code })
    expect(processesOf(child.pid!)).toEqual([])
  })

  it('a second one at once', { timeout: 60_000 }, async () => {
    const { child, ended } = await stuck()
    child.kill('SIGINT')
    child.kill('SIGTERM')
    const { exitCode } = await ended
    expect([130, 143]).toContain(exitCode)
  })

  it('a bound of time ends it with the table and the column', { timeout: 60_000 }, async () => {
    const { exitCode, errors } = await runProgram(
      ['plan', '--source', file, '--work-folder', temporaryFolder()],
      { env: { GPT_MIGRATE_PATIENCE: '0.03' } },
    )
    expect(exitCode).toBe(3)
    expect(errors).toContain(
      'Looking at like.db, its pages, checks and generated columns (t) went on for 0.03 minutes without an end',
    )
    expect(errors).toContain('GPT_MIGRATE_PATIENCE=MINUTES')
  })

  it('a bound of memory ends it with a sentence', { timeout: 60_000 }, async () => {
    const { exitCode, errors } = await runProgram(
      ['plan', '--source', file, '--work-folder', temporaryFolder()],
      { env: { GPT_MIGRATE_MEMORY: '40' } },
    )
    expect({ exitCode, errors }).toMatchObject({
      exitCode: 3,
      errors: expect.stringContaining('40 MB of memory'),
    })
  })
})

/** Sets the size in pages that commit frames and the header in the -wal say, with the checksums made anew (fileformat.html, section 4). */
function claimPages(wal: Buffer, pages: number): void {
  const pageSize = wal.readUInt32BE(8)
  const isBig = (wal.readUInt32BE(0) & 1) === 1
  const sums: [number, number] = [0, 0]
  const add = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += 8) {
      const [a, b] = isBig
        ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
        : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
      sums[0] = (sums[0] + a + sums[1]) >>> 0
      sums[1] = (sums[1] + b + sums[0]) >>> 0
    }
  }
  add(wal.subarray(0, 24))
  for (let at = 32; at + 24 + pageSize <= wal.length; at += 24 + pageSize) {
    if (wal.readUInt32BE(at + 4) !== 0) wal.writeUInt32BE(pages, at + 4)
    // The header of the database, in its first page.
    if (wal.readUInt32BE(at) === 1) wal.writeUInt32BE(pages, at + 24 + 28)
    add(wal.subarray(at, at + 8))
    add(wal.subarray(at + 24, at + 24 + pageSize))
    wal.writeUInt32BE(sums[0], at + 16)
    wal.writeUInt32BE(sums[1], at + 20)
  }
}

/** Sixteen levels of pages, each of which names the next hundreds of times: some 10^40 rows in a few pages. */
function nameOverAndOver(file: string, table: string): void {
  const db = openWritable(file)
  const root = Number(db.prepare('select rootpage from sqlite_schema where name = ?').pluck().get(table))
  const pageSize = Number(db.pragma('page_size', { simple: true }))
  db.close()
  const bytes = readFileSync(file)
  const at = (page: number): number => (page - 1) * pageSize
  const head = (page: number): number => at(page) + (page === 1 ? 100 : 0)
  const pages = Array.from({ length: bytes.length / pageSize }, (_, page) => page + 1)
  const cellsOf = (page: number): number => bytes.readUInt16BE(at(page) + 3)
  const [largest] = pages
    .filter((page) => bytes[head(page)] === 2)
    .toSorted((a, b) => cellsOf(b) - cellsOf(a))
  const interior = Buffer.from(bytes.subarray(at(largest!), at(largest!) + pageSize))
  const leaves = pages.filter((page) => bytes[head(page)] === 10)
  const levels = [root, ...leaves.slice(0, 15)]
  for (const [level, page] of levels.entries()) {
    const next = levels[level + 1] ?? leaves[20]!
    const copy = Buffer.from(interior)
    copy.writeUInt32BE(next, 8)
    for (let cell = 0; cell < copy.readUInt16BE(3); cell++)
      copy.writeUInt32BE(next, copy.readUInt16BE(12 + 2 * cell))
    copy.copy(bytes, at(page))
  }
  writeFileSync(file, bytes)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
