import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CopyPlan } from '../../../../src/engine/model/plan.ts'
import { PageError } from '../../../../src/engine/source/pages/page-error.ts'
import { temporaryFile } from '../../../support/folders.ts'
import {
  copyPlanOf,
  createDatabase,
  lineOf,
  overwrite,
  partition,
  readByPages,
  readRange,
  readSlowly,
} from './support.ts'

type Sample = { file: string; copy: CopyPlan; pageSize: number; bytes: Buffer }

/** A tree of three levels with overflow chains, in 512-byte pages. */
function sample(): Sample {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize: 512 })
  db.exec('create table t(a integer, b real, c text, d)')
  db.exec(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
     insert into t select i, i * 0.5, hex(randomblob(i % 30)), iif(i % 100 = 0, zeroblob(5000), null) from n`,
  )
  const copy = copyPlanOf(db, 't')
  db.close()
  return { file, copy, pageSize: 512, bytes: readFileSync(file) }
}

/** All lines, or the PageError; any other error is the test's failure. */
function outcome(read: () => string[]): string[] | PageError {
  try {
    return read()
  } catch (error) {
    if (error instanceof PageError) return error
    throw error
  }
}

test('random damage: a PageError or rows, never a hang or a crash; parts agree with the whole', () => {
  const { file, copy, bytes, pageSize } = sample()
  const pages = bytes.length / pageSize
  const damage = fc.oneof(
    fc.record({
      at: fc.nat({ max: bytes.length - 1 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
    // The first bytes of a page: its kind, counts, pointers, or the next page of a chain.
    fc.record({
      at: fc.nat({ max: pages - 2 }).map((page) => (page + 1) * pageSize),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }),
    }),
    // One page over another.
    fc.tuple(fc.nat({ max: pages - 1 }), fc.integer({ min: 1, max: pages - 1 })).map(([from, to]) => ({
      at: to * pageSize,
      bytes: bytes.subarray(from * pageSize, (from + 1) * pageSize),
    })),
  )
  let refused = 0
  const runs = 400
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const damaged = temporaryFile()
      copyFileSync(file, damaged)
      for (const one of damages) overwrite(damaged, one.at, one.bytes)
      let rows = 0
      const read = (range: Parameters<typeof readRange>[2]) => {
        const lines: string[] = []
        readRange(damaged, copy, range, (row) => {
          // Cells of two bytes would be 85 a page of this size.
          if (++rows > 2 * 85 * pages) throw new Error('it goes round in circles')
          lines.push(lineOf(row))
        })
        return lines
      }
      const whole = outcome(() => read({ after: null, through: null }))
      const parts = outcome(() => partition([-5n, 77n, 300n, 301n, 640n, 999n, 5000n]).flatMap(read))
      if (whole instanceof PageError) refused++
      if (!(whole instanceof PageError) && !(parts instanceof PageError)) expect(parts).toEqual(whole)
    }),
    { numRuns: runs },
  )
  expect(refused).toBeGreaterThan(runs / 10)
})

test('cut-off file: names the page', () => {
  const { copy, bytes, pageSize } = sample()
  const cut = temporaryFile()
  copyFileSync(writeTemporary(bytes.subarray(0, bytes.length - 3 * pageSize)), cut)
  expect(outcome(() => readByPages(cut, copy))).toMatchObject({ page: 1 })
})

test('damaged-page: each kind of damage is named with its page', () => {
  const { file, copy, bytes, pageSize } = sample()
  const root = copy.read.table.rootPage
  const at = (page: number) => (page - 1) * pageSize
  const rightMost = (page: number) => bytes.readUInt32BE(at(page) + 8)
  const second = rightMost(root)
  const leaf = bytes[at(second)] === 0x05 ? rightMost(second) : second
  const u32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])
  const damage = (offset: number, replacement: Buffer) => {
    const damaged = temporaryFile()
    copyFileSync(file, damaged)
    overwrite(damaged, offset, replacement)
    return outcome(() => readByPages(damaged, copy))
  }
  expect(bytes[at(root)]).toBe(0x05)
  expect(damage(at(root) + 8, u32(root))).toMatchObject({
    page: root,
    message: expect.stringContaining('order'),
  })
  expect(damage(at(root) + 8, u32(1 << 30))).toMatchObject({
    page: root,
    message: expect.stringContaining('names page'),
  })
  expect(damage(at(root) + 8, u32(0))).toMatchObject({
    page: root,
    message: expect.stringContaining('names page 0'),
  })
  expect(damage(at(leaf), Buffer.from([0x0a]))).toMatchObject({
    page: leaf,
    message: expect.stringContaining('kind 10'),
  })
  expect(damage(at(leaf) + 3, Buffer.from([0, 0]))).toMatchObject({
    page: leaf,
    message: expect.stringContaining('no cells'),
  })
  expect(damage(at(leaf) + 3, Buffer.from([255, 255]))).toMatchObject({
    page: leaf,
    message: expect.stringContaining('65535'),
  })
  expect(damage(at(leaf) + 8, Buffer.from([0, 1]))).toMatchObject({
    page: leaf,
    message: expect.stringContaining('outside'),
  })
  expect(damage(at(leaf) + 8, Buffer.from([255, 255]))).toMatchObject({
    page: leaf,
    message: expect.stringContaining('outside'),
  })
  const cell = bytes.readUInt16BE(at(leaf) + 8)
  expect(damage(at(leaf) + cell, Buffer.alloc(8, 0xff))).toMatchObject({
    page: leaf,
    message: expect.stringContaining('payload'),
  })
})

test('overflow chains that end early, continue, or go round are named with their page', () => {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize: 512 })
  db.exec('create table t(a); insert into t values (zeroblob(100000))')
  const copy = copyPlanOf(db, 't')
  const expected = readSlowly(db, 't', ['a'])
  db.close()
  expect(readByPages(file, copy)).toEqual(expected)
  const bytes = readFileSync(file)
  const chain: number[] = []
  const root = copy.read.table.rootPage
  const cell = (root - 1) * 512 + bytes.readUInt16BE((root - 1) * 512 + 8)
  const size = 100000 + 4
  const least = Math.floor((500 * 32) / 255) - 23
  const fitting = least + ((size - least) % 508)
  const local = fitting <= 477 ? fitting : least
  // Before it a payload's size of three bytes and a rowid of one; in it a record header of four.
  for (
    let page = bytes.readUInt32BE(cell + 4 + local);
    page !== 0;
    page = bytes.readUInt32BE((page - 1) * 512)
  ) {
    chain.push(page)
  }
  expect(chain.length).toBeGreaterThan(190)
  const damage = (page: number, next: number) => {
    const damaged = temporaryFile()
    copyFileSync(file, damaged)
    overwrite(damaged, (page - 1) * 512, Buffer.from([0, 0, next >> 8, next]))
    return outcome(() => readByPages(damaged, copy))
  }
  expect(damage(chain[50]!, 0)).toMatchObject({
    page: chain[50],
    message: expect.stringContaining('too early'),
  })
  expect(damage(chain.at(-1)!, chain[5]!)).toMatchObject({
    page: chain.at(-1),
    message: expect.stringContaining('should end'),
  })
  expect(damage(chain[50]!, chain[3]!)).toMatchObject({ message: expect.stringContaining('back to page') })
  expect(damage(chain[50]!, chain[50]!)).toMatchObject({ message: expect.stringContaining('back to page') })
  expect(damage(chain[50]!, 60000)).toMatchObject({
    page: chain[50],
    message: expect.stringContaining('names page 60000'),
  })
})

function writeTemporary(bytes: Buffer): string {
  const file = temporaryFile()
  writeFileSync(file, bytes)
  return file
}
