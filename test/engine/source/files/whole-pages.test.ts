/** A file that ends within a page: SQLite reads the missing bytes as zeros and finds no damage, so the last cells would change unseen. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { ROWS_NOT_READABLE } from '../../../../src/engine/model/finding.ts'
import { openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { discover } from '../../../../src/engine/source/discover/discover.ts'
import { takeSnapshots } from '../../../../src/engine/source/snapshot/snapshot.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { temporaryFolder } from '../../../support/folders.ts'

const PAGE = 1024
const ROWS = 300
const folder = temporaryFolder()
const whole = join(folder, 'whole.db')

const db = openWritable(whole)
db.pragma(`page_size = ${PAGE}`)
db.exec(`
  create table pay (id integer primary key, acct integer, amount real, fee integer);
  with recursive n (i) as (select 1 union all select i + 1 from n where i < ${ROWS})
    insert into pay select i, 100000 + i, 1234.56 + i, 70000 + i from n`)
db.close()
const bytes = readFileSync(whole)

/** Without a valid page count, as versions of SQLite before 3.7.0 leave it: the file's size counts then. */
const withoutCount = Buffer.from(bytes)
withoutCount.writeUInt32BE(withoutCount.readUInt32BE(92) + 1, 24)

const snapshotOf = (file: string, salvage = false) =>
  takeSnapshots([{ database: 'm.db', path: file }], temporaryFolder(), { salvage })

describe('a file that is cut within a page', () => {
  it.each([
    ['one byte short', bytes, 1],
    ['one byte left of its last page', bytes, PAGE - 1],
    ['one byte short, without a count in its header', withoutCount, 1],
  ])('%s: is refused', async (_, content, missing) => {
    const file = join(temporaryFolder(), 'm.db')
    writeFileSync(file, content.subarray(0, content.length - missing))
    await expect(snapshotOf(file)).rejects.toMatchObject({ code: 'truncated' })
    await expect(discover([file])).rejects.toMatchObject({ code: 'truncated' })
  })

  it('is refused in WAL mode, with an empty log and with one that does not hold the page', async () => {
    const file = join(temporaryFolder(), 'm.db')
    const wal = Buffer.from(bytes)
    wal.fill(2, 18, 20)
    writeFileSync(file, wal.subarray(0, wal.length - 1))
    await expect(snapshotOf(file)).rejects.toMatchObject({ code: 'truncated' })

    const { main, log } = withLog('update pay set fee = 0 where id = 1')
    const planted = plant(main.subarray(0, main.length - 1), log)
    await expect(snapshotOf(planted)).rejects.toMatchObject({ code: 'truncated' })
  })

  it('is read when the write-ahead log holds the page', async () => {
    const { main, log } = withLog(`update pay set fee = fee + 1 where id = ${ROWS}`)
    const [snapshot] = await snapshotOf(plant(main.subarray(0, main.length - 1), log))
    expect(rowsOf(snapshot!.file).get(ROWS)).toEqual([100_000 + ROWS, 1234.56 + ROWS, 70_001 + ROWS])
  })

  it('with more bytes than its pages is read', async () => {
    const file = join(temporaryFolder(), 'm.db')
    writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(100)]))
    const [snapshot] = await snapshotOf(file)
    expect(rowsOf(snapshot!.file).size).toBe(ROWS)
  })
})

it('salvaged, cut at any byte: no row has values that nobody wrote, and what is missing is reported', async () => {
  const file = join(temporaryFolder(), 'm.db')
  const all = rowsOf(whole)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2 * PAGE, max: bytes.length - 1 }), async (length) => {
      writeFileSync(file, bytes.subarray(0, length))
      const [snapshot] = await snapshotOf(file, true)
      const found = rowsOf(snapshot!.file)
      for (const [id, cells] of found) expect(cells).toEqual(all.get(id))
      const { lost } = snapshot!
      if (found.size < all.size) expect(lost.some(({ code }) => code === ROWS_NOT_READABLE)).toBe(true)
    }),
    { numRuns: propertyRuns(30) },
  )
})

/** A database in WAL mode after the statement, which only its log holds. */
function withLog(sql: string): { readonly main: Buffer; readonly log: Buffer } {
  const file = join(temporaryFolder(), 'm.db')
  copyFileSync(whole, file)
  const writer = openWritable(file)
  writer.exec(`pragma journal_mode = wal; pragma wal_autocheckpoint = 0; ${sql}`)
  const files = { main: readFileSync(file), log: readFileSync(`${file}-wal`) }
  writer.close()
  return files
}

function plant(main: Buffer, log: Buffer): string {
  const file = join(temporaryFolder(), 'm.db')
  writeFileSync(file, main)
  writeFileSync(`${file}-wal`, log)
  return file
}

function rowsOf(file: string): Map<number, number[]> {
  const opened = openReadOnly(file, { immutable: true })
  const rows = opened.prepare('select id, acct, amount, fee from pay').raw().all() as number[][]
  opened.close()
  return new Map(rows.map(([id, ...cells]) => [id!, cells]))
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))
