/** What is counted of the rows that SQLite writes anew is what is counted of them cell by cell. */
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Census } from '../../../../src/engine/model/census.ts'
import { openReadOnly, openWritable } from '../../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { takeCensus } from '../../../../src/engine/source/census/census.ts'
import { type CountedTables, countTables } from '../../../../src/engine/source/census/count-tables.ts'
import { openAlone } from '../../../../src/engine/source/census/inspector.ts'
import { quoteSqlite } from '../../../../src/engine/syntax/sqlite-names.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { temporaryFile } from '../../../support/folders.ts'
import { createDatabase } from '../pages/support.ts'
import { createRewritten, type RewrittenTable, rewrittenTable } from '../readers/rewritten-tables.ts'

async function counted(file: string): Promise<CountedTables> {
  using db = openReadOnly(file)
  const inspector = await openAlone()
  const tables = await countTables(inspector, file, db, readCatalog(db, 'a.db'), async () => null)
  await inspector.close()
  return tables
}

function censusOf(file: string, tables?: CountedTables): Census {
  using db = openReadOnly(file)
  return takeCensus(db, readCatalog(db, 'a.db'), { counted: tables })
}

/** Repeats all rows with other numbers, so that there are several batches of them; few where the numbers are not in the key. */
function multiply({ file, catalog }: RewrittenTable): void {
  const db = openWritable(file)
  const stored = catalog.columns.filter(({ name, generated }) => generated === null && name !== 'id')
  const names = stored.map(({ name }) => quoteSqlite(name))
  const values = names.map((name) => (name === '"n"' ? 'n + 100 * i' : name))
  db.exec(
    `with recursive k(i) as (select 1 union all select i + 1 from k where i < 150)
     insert or ignore into t (${names.join(', ')}) select ${values.join(', ')} from t, k`,
  )
  db.close()
}

it('counts what the slow way counts', async () => {
  let keyed = 0
  await fc.assert(
    fc.asyncProperty(rewrittenTable, async (generated) => {
      const made = createRewritten(generated)
      multiply(made)
      const tables = await counted(made.file)
      expect(censusOf(made.file, tables)).toEqual(censusOf(made.file))
      if (made.catalog.withoutRowid) keyed += tables.get('t')?.rows ?? 0
    }),
    { numRuns: propertyRuns(100) },
  )
  expect(keyed).toBeGreaterThan(propertyRuns(100) * 100)
})

it('leaves a damaged table to SQLite, which names it', async () => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec(
    `create table good (a); create table bad (k text primary key, a) without rowid;
     with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
       insert into bad select 'key ' || i, 'value' from n`,
  )
  db.close()
  const bytes = readFileSync(file)
  bytes.fill(0xff, 10 * 4096, 11 * 4096)
  writeFileSync(file, bytes)
  const tables = await counted(file)
  expect([...tables.keys()]).toEqual(['good'])
  expect(() => censusOf(file, tables)).toThrow(/Table bad of a\.db cannot be read/)
})
