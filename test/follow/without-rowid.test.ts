/** Two states of a WITHOUT ROWID table: the records that differ lead from one to the other, as SQLite reads both. */
import { copyFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SourceRow } from '../../src/engine/encode/cell/cell.ts'
import { storedCellOf, storedCellOfValue } from '../../src/engine/encode/cell/stored-cell.ts'
import { PageOwners } from '../../src/engine/follow/pages/page-owners.ts'
import { PagedFile } from '../../src/engine/follow/pages/paged-file.ts'
import { compareByRecord } from '../../src/engine/follow/pages/tree-difference.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../src/engine/source/catalog/catalog.ts'
import { openRecordReader } from '../../src/engine/source/pages/page-reader.ts'
import { values } from '../engine/source/pages/arbitrary.ts'
import { createDatabase } from '../engine/source/pages/support.ts'
import { temporaryFile } from '../support/folders.ts'

const names = ['c', 'k', 'r', 'n']
// A value by column, and whether the key stays as it is or its row goes.
const row = fc.record({
  k: fc.string({ maxLength: 3 }),
  n: fc.integer({ min: -3, max: 3 }),
  r: fc.oneof(fc.constant(null), fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true })),
  c: values(512).filter((value) => value === null || typeof value !== 'object' || Buffer.isBuffer(value)),
})
const changes = fc.array(fc.record({ row, isGone: fc.boolean() }), { maxLength: 60 })

it('records that differ, whatever the order of the key and however long', () => {
  fc.assert(
    fc.property(changes, changes, (first, second) => {
      const [old, now] = [temporaryFile(), temporaryFile()]
      const db = createDatabase(old, { pageSize: 512 })
      db.exec('create table t(c, k text, r real, n integer, primary key (n desc, k)) without rowid')
      const perform = (target: typeof db, steps: typeof first): void => {
        const put = target.prepare('insert or replace into t(c, k, r, n) values (?, ?, ?, ?)')
        const drop = target.prepare('delete from t where n = ? and k = ?')
        for (const { row: one, isGone } of steps) {
          if (isGone) drop.run(one.n, one.k)
          else put.run(one.c, one.k, one.r, one.n)
        }
      }
      perform(db, first)
      const [table] = readCatalog(db, 'd').tables
      const before = rowsOf(db)
      db.close()
      copyFileSync(old, now)
      const changed = openWritable(now)
      perform(changed, second)
      const after = rowsOf(changed)
      changed.close()

      const show = openRecordReader({
        key: table!.key,
        read: {
          columns: names,
          expressions: [],
          filter: null,
          table: { columns: table!.columns, rootPage: table!.rootPage, withoutRowid: true },
        },
        pivot: null,
        folds: [],
      })
      const files = [new PagedFile(old), new PagedFile(now)] as const
      const owners = new PageOwners(files[0].pageCount)
      owners.enterTree(files[0], table!.rootPage)
      const dirty = owners.dirtyOf(differing(...files))
      const sides = files.map((file) => ({ file, root: table!.rootPage }))
      const rows = [...before]
      for (const { kind, record } of compareByRecord(sides[0]!, sides[1]!, dirty, owners)) {
        const text = textOf(show(0n, record))
        if (kind === 'come') rows.push(text)
        else expect(rows.splice(rows.indexOf(text), 1)).toEqual([text])
      }
      for (const file of files) file.close()
      expect(rows.sort()).toEqual([...after].sort())
    }),
    { numRuns: 60 },
  )
})

function differing(old: PagedFile, now: PagedFile): number[] {
  const pages: number[] = []
  for (let page = 1; page <= now.pageCount; page++)
    if (page > old.pageCount || !old.raw(page).equals(now.raw(page))) pages.push(page)
  return pages
}

function rowsOf(db: ReturnType<typeof createDatabase>): readonly string[] {
  const rows = db
    .prepare(`select ${names.join(', ')} from t`)
    .safeIntegers()
    .raw()
    .all() as Parameters<typeof storedCellOfValue>[0][][]
  return rows.map((cells) => JSON.stringify(cells.map(storedCellOfValue)))
}

function textOf({ cells }: SourceRow): string {
  return JSON.stringify(cells.map(storedCellOf))
}
