import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Plan } from '../../../src/engine/model/plan.ts'
import { hazardsOf } from '../../../src/engine/queries/differences/detect.ts'
import { isVolatile } from '../../../src/engine/queries/judge/not-judged.ts'
import { withListsOfSeveral } from '../../../src/engine/queries/statement/list-of-several.ts'
import {
  clausesOf,
  normalizedSql,
  postgresText,
  valuelessSql,
} from '../../../src/engine/queries/statement/statement-text.ts'
import { knownDatabases, tablesIn } from '../../../src/engine/queries/tables/known-tables.ts'
import { meetingsOf } from '../../../src/engine/queries/tables/met-columns.ts'
import { drawParameters } from '../../../src/engine/queries/trial/parameters.ts'
import { buildTrial } from '../../../src/engine/queries/trial/trial-rows.ts'
import { rewriteRead } from '../../../src/engine/queries/try/rewrite.ts'
import { ReadCounter } from '../../support/counted.ts'
import { longStatements, longTables } from '../../support/long-statements.ts'
import { planDatabase } from '../plan/plan-database.ts'

const counter = vi.hoisted(() => ({ current: null as ReadCounter | null }))

vi.mock('../../../src/engine/queries/statement/statement-kind.ts', async (original) => {
  const module = await original<typeof import('../../../src/engine/queries/statement/statement-kind.ts')>()
  return { ...module, tokensOf: (sql: string) => counter.current!.list(module.tokensOf(sql)) }
})
vi.mock('../../../src/engine/sql/parse/parse-select.ts', async (original) => {
  const module = await original<typeof import('../../../src/engine/sql/parse/parse-select.ts')>()
  return { ...module, parseSelect: (sql: string) => counter.current!.tree(module.parseSelect(sql)) }
})

const { catalog, db, tables, targetTables } = planDatabase(longTables)
const plan = { tables, schema: { tables: targetTables } } as unknown as Plan
const [database] = knownDatabases(plan, [catalog])
afterAll(() => void db.close())

/** Does what is done with a statement besides executing it. Returns how often its tokens, constants, parameters and parts are read. */
function readsOf(sql: string): number {
  const count = new ReadCounter()
  counter.current = count
  const named = tablesIn(sql, database!)
  const meetings = meetingsOf(sql, named)
  hazardsOf(sql, { tables: named, hasByteOrder: false, isTimeText: () => false })
  for (const text of [normalizedSql, valuelessSql, postgresText, clausesOf, isVolatile]) text(sql)
  withListsOfSeveral(sql, true)
  const counted = {
    ...meetings,
    constants: count.list(meetings.constants),
    parameters: count.list(meetings.parameters),
  }
  const rows = () => [
    { id: 1n, symbol: 'A', price: 1.5, qty: 1n, status: 'open', note: 'n', created: null },
    { id: 2n, symbol: 'B', price: 2.5, qty: 2n, status: 'shut', note: 'm', created: null },
  ]
  const source = { rows, members: rows, range: () => [1n, 9n] }
  for (const list of drawParameters(counted, source)) count.reads += list.size
  buildTrial(sql, named, counted, { database: database!, rows: () => [] })?.close()
  rewriteRead(sql, { plan, database: database!, db, major: 18, searchPath: [] })
  return count.reads
}

describe('a statement of 16 times the length is read no more than 18 times as often', () => {
  it.each(Object.keys(longStatements))('%s', (kind) => {
    const [short, long] = [30, 480].map((length) => readsOf(longStatements[kind]!(length)))
    expect(long! / short!).toBeLessThan(18)
  })
})
