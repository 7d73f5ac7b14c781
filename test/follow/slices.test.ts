/** A large source is looked at in short read transactions while it is written to, and its log restarted. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { PageComparison } from '../../src/engine/follow/source-process/compare-pages.ts'
import { OpenSource } from '../../src/engine/follow/source-process/open-source.ts'
import { scanInSlices } from '../../src/engine/follow/source-process/scan-in-slices.ts'
import { findWalChanges, isSameLog, isSettled } from '../../src/engine/follow/source-process/wal-changes.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { isNight } from '../support/breadth.ts'
import { temporaryFolder } from '../support/folders.ts'

const writerFile = fileURLToPath(new URL('../support/writer.ts', import.meta.url))

it('every page that differs is named by the slices, or by the log since', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'app.db')
  const shadow = join(folder, 'shadow.db')
  const db = openWritable(file)
  db.pragma('journal_mode = wal')
  db.exec(`create table orders(id integer primary key, code text, price real, note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000)
      insert into orders(code, price, note) select 'c' || i, i, hex(randomblob(1000)) from n`)
  db.close()
  copyFileSync(file, shadow)
  const writer = spawn(process.execPath, [writerFile, file, '1', '5000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(writer.stdout, 'data')
  writer.stdout.resume()
  const open = new OpenSource(file)
  try {
    let looked = 0
    for (let turn = 0; turn < (isNight ? 100 : 6); turn++) {
      await setTimeout(50)
      const scanned = scanInSlices(open, shadow, 2)
      // A log that is restarted all the time has it begun again, and then done otherwise.
      if (scanned === null) continue
      await setTimeout(turn * 5)
      const view = open.beginReadingSoon()
      if (view.mode !== 'wal' || view.end === null) throw new Error('there is no log')
      const since = findWalChanges(open, view.end, scanned.mark, false)
      const { frames } = findWalChanges(open, view.end, null, true)
      if (since.pages === null) {
        open.endReading()
        continue
      }
      const named = new Set([...scanned.pages, ...since.pages])
      const missed: number[] = []
      const whole = { source: open, pageSize: view.end.pageSize, pageCount: view.end.pageCount, frames }
      const comparison = new PageComparison(whole, shadow, (page) => {
        if (!named.has(page)) missed.push(page)
      })
      comparison.compareAll()
      comparison.close()
      // A log that is wholly in the file may be restarted under our reading: then other frames were compared.
      const isSame = isSameLog(open, since.mark)
      open.endReading()
      if (!isSame) continue
      expect(missed).toEqual([])
      // Not everything was named, or nothing would have been learned.
      expect(named.size).toBeLessThan(view.end.pageCount)
      looked++
    }
    expect(looked).toBeGreaterThan(0)
  } finally {
    writer.kill('SIGKILL')
    open.close()
  }
})

it('where a file system keeps whole seconds, a second write within one is not missed', () => {
  const [second, later] = ['1700000000000000000', '1700000000123000000']
  const settledAfter = (mtimeNs: string, ctimeNs: string, ms: number): boolean =>
    isSettled({ size: '4096', mtimeNs, ctimeNs }, 1_700_000_000_000 + ms)
  expect(settledAfter(second, second, 1_900)).toBe(false)
  expect(settledAfter(second, second, 2_200)).toBe(true)
  expect(settledAfter(later, later, 200)).toBe(false)
  expect(settledAfter(second, later, 300)).toBe(true)
})
