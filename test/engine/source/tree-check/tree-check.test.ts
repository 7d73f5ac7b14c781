/** What the compiled check of the b-trees calls sound is sound to `pragma quick_check`, whatever happened to the file. */
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findDamage } from '../../../../src/engine/source/base/integrity.ts'
import { openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { countSoundTrees } from '../../../../src/engine/source/tree-check/tree-check.ts'
import { isNight, propertyRuns } from '../../../support/breadth.ts'
import { temporaryFile } from '../../../support/folders.ts'
import { createDatabase } from '../pages/support.ts'
import { anyDamage, anyWhole, makeSmall, makeWhole } from './damaged.ts'

/** `slow`: what SQLite says; null where it cannot open the file. */
function judge(file: string): { fast: boolean; slow: readonly string[] } | null {
  try {
    using db = openReadOnly(file, { immutable: true })
    const fast = countSoundTrees(db, file) !== null
    try {
      return { fast, slow: findDamage(db, 5) }
    } catch (error) {
      return { fast, slow: [String(error)] }
    }
  } catch {
    return null
  }
}

function expectTrueCounts(file: string): void {
  using db = openReadOnly(file, { immutable: true })
  const counts = countSoundTrees(db, file)!
  expect([...counts.keys()]).toEqual(expect.arrayContaining(['sqlite_schema', 't', 'k', 'none']))
  for (const [table, rows] of counts)
    expect([table, db.prepare(`select count(*) from "${table}" not indexed`).pluck().get()]).toEqual([
      table,
      rows,
    ])
}

it('calls every whole database sound, and none in which SQLite finds damage', { timeout: 120_000 }, () => {
  const file = temporaryFile()
  let [accepted, unharmed, harmed] = [0, 0, 0]
  fc.assert(
    fc.property(anyWhole, fc.nat(), (whole, seed) => {
      const bytes = makeWhole(whole)
      writeFileSync(file, bytes)
      expect(judge(file)).toEqual({ fast: true, slow: [] })
      expectTrueCounts(file)
      for (const damaged of fc.sample(anyDamage(bytes, whole.pageSize), { seed, numRuns: 50 })) {
        writeFileSync(file, damaged)
        const judged = judge(file)
        if (judged === null) continue
        if (judged.fast) expect(judged.slow).toEqual([])
        if (judged.fast) accepted++
        if (judged.slow.length === 0) unharmed++
        else harmed++
      }
    }),
    { numRuns: propertyRuns(60) },
  )
  expect(harmed).toBeGreaterThan(200)
  // Few bytes matter to nothing, and most of those are not doubted.
  expect(accepted).toBeGreaterThan(unharmed / 2)
})

it('calls nothing sound in which SQLite finds damage after a byte became one more or less', {
  timeout: 900_000,
}, () => {
  const file = temporaryFile()
  const whole = makeSmall()
  // By day one byte of eleven.
  const step = isNight ? 1 : 11
  for (let at = 0; at < whole.length; at += step) {
    for (const more of [1, 255]) {
      const damaged = Buffer.from(whole)
      damaged[at]! += more
      writeFileSync(file, damaged)
      const judged = judge(file)
      if (judged?.fast === true) expect({ at, more, slow: judged.slow }).toEqual({ at, more, slow: [] })
    }
  }
})

/** A database whose schema is without some of its objects while `change` is made. */
function changedWithout(objects: string, change: string): string {
  const file = temporaryFile()
  createDatabase(file).close()
  using db = openWritable(file)
  db.exec('create table t (a integer primary key, b); create index t_b on t (b)')
  db.exec('create table w (a text primary key, b) without rowid; create index w_b on w (b)')
  db.exec(
    "insert into t (b) values ('x'), ('y'), (null); insert into w select b || a, a from t where b is not null",
  )
  db.unsafeMode(true)
  db.pragma('writable_schema = on')
  db.exec(`create temp table kept as select * from main.sqlite_schema where ${objects};
    delete from main.sqlite_schema where ${objects}`)
  db.pragma('writable_schema = reset')
  db.exec(change)
  db.pragma('writable_schema = on')
  db.exec('insert into main.sqlite_schema select * from kept')
  return file
}

it.each([
  ['an index without an entry for a row', "name = 't_b'", "insert into t (b) values ('z')"],
  ['an index with an entry for no row', "name = 't_b'", 'delete from t where a = 2'],
  ['the same of a table without rowids', "name = 'w_b'", "delete from w where a = 'x1'"],
  ['pages that are in no tree', "name = 't_b'", 'delete from kept'],
])('refuses %s', (_, objects, change) => {
  const judged = judge(changedWithout(objects, change))
  expect(judged).toMatchObject({ fast: false })
  expect(judged!.slow.length).toBeGreaterThan(0)
})

it('leaves to SQLite what only it can check', () => {
  const file = temporaryFile()
  using db = createDatabase(file)
  expect(countSoundTrees(db, file)).not.toBeNull()
  db.exec('create table t (a, b integer as (a + 1) virtual)')
  expect(countSoundTrees(db, file)).toBeNull()
  db.exec("drop table t; create virtual table f using fts5(a); insert into f values ('one')")
  expect(countSoundTrees(db, file)).not.toBeNull()
  db.unsafeMode(true)
  db.exec('delete from f_data where id > 10')
  expect(countSoundTrees(db, file)).toBeNull()
})
