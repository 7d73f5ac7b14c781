/**
 * Counts how often the parts of long statements are read, in a process of its own, whose modules it wraps. Prints for each kind of statement
 * the reads at two lengths, as JSON.
 */
import { registerHooks } from 'node:module'
import type { Plan } from '../../../src/engine/model/plan.ts'
import { ReadCounter } from '../../support/counted.ts'
import { longStatements, longTables } from '../../support/long-statements.ts'

/** The functions whose results are counted, by the end of their module's address: [function, method of ReadCounter]. */
const counted: Readonly<Record<string, readonly [string, keyof ReadCounter]>> = {
  '/src/engine/queries/statement/statement-kind.ts': ['tokensOf', 'list'],
  '/src/engine/sql/parse/parse-select.ts': ['parseSelect', 'tree'],
}

const counters = globalThis as unknown as { counter: ReadCounter }
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const [name, method] = Object.entries(counted).find(([file]) => url.endsWith(file))?.[1] ?? []
    if (name === undefined) return loaded
    const wrapped = `;{ const own = ${name}; ${name} = (sql) => globalThis.counter.${method}(own(sql)) }`
    return { ...loaded, source: `${String(loaded.source)}\n${wrapped}` }
  },
})

// Imported when the hooks are in place.
const { hazardsOf } = await import('../../../src/engine/queries/differences/detect.ts')
const { isVolatile } = await import('../../../src/engine/queries/judge/not-judged.ts')
const { withListsOfSeveral } = await import('../../../src/engine/queries/statement/list-of-several.ts')
const { clausesOf, normalizedSql, postgresText, valuelessSql } = await import(
  '../../../src/engine/queries/statement/statement-text.ts'
)
const { knownDatabases, tablesIn } = await import('../../../src/engine/queries/tables/known-tables.ts')
const { meetingsOf } = await import('../../../src/engine/queries/tables/met-columns.ts')
const { drawParameters } = await import('../../../src/engine/queries/trial/parameters.ts')
const { buildTrial } = await import('../../../src/engine/queries/trial/trial-rows.ts')
const { rewriteRead } = await import('../../../src/engine/queries/try/rewrite.ts')
const { planDatabase } = await import('../plan/plan-database.ts')

const { catalog, db, tables, targetTables } = planDatabase(longTables)
const plan = { tables, schema: { tables: targetTables } } as unknown as Plan
const [database] = knownDatabases(plan, [catalog])

/** Does what is done with a statement besides executing it. Returns how often its tokens, constants, parameters and parts are read. */
function readsOf(sql: string): number {
  const count = new ReadCounter()
  counters.counter = count
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

const reads = Object.fromEntries(
  Object.entries(longStatements).map(([kind, make]) => [
    kind,
    [30, 480].map((length) => readsOf(make(length))),
  ]),
)
db.close()
process.stdout.write(JSON.stringify(reads))
