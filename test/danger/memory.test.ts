/** Large values pass through whole, and in bounded memory. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { expect, it } from 'vitest'
import { blobMegabytes as megabytes } from '../support/breadth.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { processesOf, startProgram } from '../support/program.ts'

it(`a text of 20 MB and a BLOB of ${megabytes} MB`, { timeout: 240_000 }, async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'large.db')
  const db = new Database(file)
  const text = 'é🦆x\n'.repeat(2_500_000)
  const blob = Buffer.alloc(megabytes << 20, 'not all zeros ')
  db.pragma('synchronous = off')
  db.exec('create table large (id integer primary key, t text, b blob)')
  db.prepare('insert into large values (1, ?, null), (2, null, ?)').run(text, blob)
  db.close()
  const target = await freshDatabase(anyServer().url)
  const client = new pg.Client({ connectionString: target.url })
  try {
    await client.connect()
    const { child, ended } = startProgram([
      '--yes',
      '--json',
      '--jobs',
      '1',
      '--source',
      file,
      '--target',
      target.url,
      '--work-folder',
      join(folder, 'work'),
    ])
    // Each process's own peak: together they never had more.
    const processes = new Set<number>()
    const peaks = new Map<number, number>()
    child.stdout!.on('data', () => {
      processes.add(child.pid!)
      for (const pid of processesOf(child.pid!)) processes.add(pid)
      for (const pid of processes) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid)))
    })
    expect(await ended).toMatchObject({ exitCode: 0, errors: '' })
    const peakKb = [...peaks.values()].reduce((sum, peak) => sum + peak, 0)
    expect(peaks.size).toBeGreaterThan(1)
    // The value once, where SQLite or the census looks at it, on top of the program; pieces of it everywhere else.
    console.info(`peak ${Math.round(peakKb / 1024)} MB`)
    expect(peakKb / 1024).toBeLessThan(290 + 1.1 * megabytes)
    const { rows } = await client.query(
      "select encode(sha256(convert_to(t, 'UTF8')), 'hex') as t, encode(sha256(b), 'hex') as b from large order by id",
    )
    const hash = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(rows).toEqual([
      { t: hash(text), b: null },
      { t: null, b: hash(blob) },
    ])
  } finally {
    await client.end()
    await target.drop()
  }
})

/** Largest resident memory so far, in KB; 0 where the system doesn't tell. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
