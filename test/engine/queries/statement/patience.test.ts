import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Patience } from '../../../../src/engine/queries/statement/patience.ts'
import { boundedCase } from '../../../../src/engine/queries/trial/bounded.ts'
import type { JudgeGround, ReadCase } from '../../../../src/engine/queries/trial/judge-ground.ts'
import { openMemory } from '../../../../src/engine/source/base/sqlite.ts'
import { QueryTrials } from '../../../../src/engine/source/base/trial-query.ts'
import { temporaryFolder } from '../../../support/folders.ts'

it('the more time slow statements have taken, the less a further one gets', () => {
  const patience = new Patience()
  const seen: number[] = []
  for (let statement = 0; statement < 400; statement++) {
    seen.push(patience.ms)
    patience.spend(4 * patience.ms)
    patience.spend(10)
  }
  expect(seen.slice(0, 5)).toEqual([30_000, 10_000, 3_000, 3_000, 3_000])
  expect(seen.at(-1)).toBe(1_000)
})

it('tries no parameters with which SQLite comes to no end', async () => {
  const file = join(temporaryFolder(), 'app.db')
  const db = openMemory()
  db.exec(`create table t (x integer); vacuum into '${file}'`)
  db.close()
  const trials = new QueryTrials(30_000)
  // The start of its process is no part of a statement's time.
  await trials.try({ file, sql: 'select 1', parameters: [] }, 30_000)
  const ground = { trials, patience: { ms: 300 }, side: { fileOf: () => file } } as unknown as JudgeGround
  const sql =
    'with recursive c(x) as (select 1 union all select x + 1 from c where x <> ?) select count(*) from c'
  const lists = [5n, 7n, -1n, 9n].map((value) => new Map([[1, value]]))
  const database = { database: 'app.db', catalog: { triggers: [] } }
  const one = { sql, sqliteSql: sql, lists, database, tables: [], trials: [{}] } as unknown as ReadCase
  const bounded = await boundedCase(one, ground, false)
  await trials.end()
  expect(bounded.lists).toEqual(lists.slice(0, 2))
  expect(bounded.trials).toEqual([])
})
