import { statSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from '../../../support/breadth.ts'
import { temporaryFile } from '../../../support/folders.ts'
import { createGenerated, generated } from './generated.ts'
import {
  copyPlanOf,
  createDatabase,
  partition,
  readByPages,
  readByPagesSizes,
  readRewritten,
  readSlowly,
} from './support.ts'

test('generated databases: all readers see the same bytes, whole and in any partition of the keys', () => {
  fc.assert(
    fc.property(generated, (made) => {
      const file = temporaryFile()
      const { db, names, alias } = createGenerated(file, made)
      const expected = readSlowly(db, 't', names)
      const copy = copyPlanOf(db, 't', alias)
      db.close()
      expect(readByPages(file, copy)).toEqual(expected)
      expect(partition(made.cuts).flatMap((range) => readByPages(file, copy, range))).toEqual(expected)
      expect(readRewritten(file, copy)).toEqual(expected)
      expect(partition(made.cuts).flatMap((range) => readRewritten(file, copy, range))).toEqual(expected)
      const long = { columns: copy.read.columns.map((_, index) => index), bytes: made.longFrom }
      expect(readByPages(file, copy, undefined, long)).toEqual(expected)
    }),
    { numRuns: propertyRuns(250) },
  )
})

test('deep trees: every page size, rows inserted out of order, gaps left by deletes, any partition', () => {
  for (const pageSize of [512, 1024, 65536]) {
    const file = temporaryFile()
    const db = createDatabase(file, { pageSize, autoVacuum: pageSize === 1024 ? 1 : 0 })
    db.exec('create table t(a, b real, c text)')
    db.exec(
      `with recursive n(i) as (select 0 union all select i + 1 from n where i < 29999)
       insert into t(rowid, a, b, c) select (i * 7919) % 30011 - 15000, i, i, hex(randomblob(i % 40)) from n`,
    )
    db.exec('delete from t where rowid % 7 = 3')
    const expected = readSlowly(db, 't', ['a', 'b', 'c'])
    const copy = copyPlanOf(db, 't')
    db.close()
    expect(readByPages(file, copy)).toEqual(expected)
    expect(readRewritten(file, copy)).toEqual(expected)
    const keys = expected.map((line) => BigInt(line.slice(0, line.indexOf(' '))))
    const cuts = keys.filter((_, index) => index % 611 === 0).flatMap((key) => [key - 1n, key, key + 1n])
    expect(partition(cuts).flatMap((range) => readByPages(file, copy, range))).toEqual(expected)
  }
})

test('overflow: texts and blobs at every size about the thresholds of each page size', () => {
  for (const [pageSize, reserved] of [
    [512, 0],
    [512, 32],
    [1024, 0],
    [4096, 7],
    [65536, 0],
  ] as const) {
    const file = temporaryFile()
    const db = createDatabase(file, { pageSize, reserved })
    db.exec('create table t(a text, b blob, c)')
    const insert = db.prepare('insert into t values (?, ?, ?)')
    const usable = pageSize - reserved
    const least = Math.floor(((usable - 12) * 32) / 255) - 23
    db.transaction(() => {
      for (const edge of [usable - 35, least, usable, least + usable - 4, 2 * usable - 39, 3 * usable - 43]) {
        for (let size = edge - 24; size < edge + 12; size++) {
          insert.run('x'.repeat(size), Buffer.from([1, 2, 3]), size)
          insert.run(null, Buffer.alloc(size, 'blob'), 1.5)
        }
      }
    })()
    const expected = readSlowly(db, 't', ['a', 'b', 'c'])
    const copy = copyPlanOf(db, 't')
    db.close()
    expect(readByPages(file, copy)).toEqual(expected)
  }
})

test('huge-value: rows of megabytes between small ones, and one of 200 MB', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a, b)')
  const insert = db.prepare('insert into t values (?, ?)')
  for (const size of [10, 3_000_000, 20, 5_000_001, 30]) insert.run(Buffer.alloc(size, 'ab'), 'end')
  const expected = readSlowly(db, 't', ['a', 'b'])
  const copy = copyPlanOf(db, 't')
  expect(readByPages(file, copy)).toEqual(expected)
  db.exec("insert into t values (zeroblob(200000000), 'end')")
  db.close()
  expect(statSync(file).size).toBeGreaterThan(200_000_000)
  const tail = readByPagesSizes(file, copy)
  expect(tail.at(-1)).toBe('200000000 text 656E64')
})

test('wide-table: 2000 columns, so that the record header is a long one', () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  const names = Array.from({ length: 2000 }, (_, index) => `c${index}`)
  db.exec(`create table t(${names.join(', ')})`)
  db.exec(`insert into t(c0, c99, c127, c1999) values ('a', 5, zeroblob(300), 1.5)`)
  db.exec(`insert into t(c0, c1, c2) values (zeroblob(20000), 'x', 140737488355328)`)
  const expected = readSlowly(db, 't', names.filter((_, index) => index % 100 < 50).slice(0, 900))
  const whole = copyPlanOf(db, 't')
  const copy = {
    ...whole,
    read: { ...whole.read, columns: names.filter((_, index) => index % 100 < 50).slice(0, 900) },
  }
  db.close()
  expect(readByPages(file, copy)).toEqual(expected)
})
