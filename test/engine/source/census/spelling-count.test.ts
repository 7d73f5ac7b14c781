import { expect, it } from 'vitest'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { countCompiled, countRows } from '../../../../src/engine/source/census/page-census.ts'
import { temporaryFile } from '../../../support/folders.ts'
import { createDatabase } from '../pages/support.ts'

it.each([
  [[0.12345678, 999_999_999_999], 8],
  [[999_999_999_999, 0.12345678], 8],
  [[0.5, 1e16], null],
  [[1e16, 0.5], null],
])('the digits of the REALs %j are %j, in whatever order', (values, digits) => {
  const file = temporaryFile()
  const db = createDatabase(file)
  db.exec('create table t(a real)')
  for (const value of values) db.prepare('insert into t values (?)').run(value)
  db.close()
  const source = openReadOnly(file)
  const [table] = readCatalog(source, 'a.db').tables
  source.close()
  const range = { after: null, through: null }
  const counts = [countCompiled, countRows].map((count) => count(file, table!, ['a'], range))
  expect(counts.map((count) => count?.parts[0]?.spellings.realDigits)).toEqual([digits, digits])
})
