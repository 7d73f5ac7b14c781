import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { QueryTrials } from '../../../src/engine/source/base/trial-query.ts'
import { temporaryFolder } from '../../support/folders.ts'

it('ends a query that does not end, and tries the next one', async () => {
  const file = join(temporaryFolder(), 'a.db')
  const db = openWritable(file)
  db.exec('create table t (x); insert into t values (1)')
  db.close()
  const trials = new QueryTrials(1_500)
  const endless = 'with recursive c (x) as (select 1 union all select x + 1 from c) select count(*) from c'
  expect(await trials.try({ file, sql: 'select * from t where x = ?', parameters: [1n] })).toEqual({
    kind: 'ended',
  })
  expect(await trials.try({ file, sql: endless })).toEqual({ kind: 'unbounded' })
  expect(await trials.try({ file, sql: 'select nothing from t' })).toMatchObject({ kind: 'failed' })
  await trials.end()
})
