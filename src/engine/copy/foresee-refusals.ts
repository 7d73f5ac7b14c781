/**
 * Which rows the rules of tables that were there before the run will refuse, and the cells that go with them. Invariant: it looks in a
 * transaction that is rolled back, in tables of its own; the rows that are kept are counted by the code that will copy them.
 */
import type { Block, BlockOutcome } from '../model/block.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Census, TableCensus } from '../model/census.ts'
import type { Forecast, ForecastRefusal, ForecastTable, ServerRule } from '../model/forecast.ts'
import type { QuarantineEntry } from '../model/journal.ts'
import { copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { addTallies } from '../plan/forecast/forecast-tables.ts'
import { loadWaves } from '../plan/load-order.ts'
import { readRules } from '../rows/target-rules.ts'
import { openTrial, TooManyRefused, type Trial } from '../rows/trial.ts'
import { OpenSnapshot, openForRows } from '../source/base/open-snapshot.ts'
import { largestCounted } from '../source/base/row-size.ts'
import { PageError } from '../source/pages/page-error.ts'
import { openReader, type ReaderName, readerFor } from '../source/readers/readers.ts'
import { type OrphanSets, orphanTestsOf } from '../source/staging/orphans.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import { takeApplicationPath } from '../target/application-path.ts'
import type { Connection } from '../target/connection.ts'
import { isRowRefusal } from '../target/pg-errors.ts'
import { BlockPass } from './copy-block.ts'
import { withoutLater } from './fill-references.ts'
import { type FilledTable, tablesInDoubt } from './tables-in-doubt.ts'

export type Foreseeing = {
  readonly plan: Plan & { readonly forecast: Forecast }
  readonly snapshots: readonly Snapshot[]
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly orphans: OrphanSets
  readonly staging: string | null
  readonly blocks: readonly Block[]
  /** Called with the rows of a block that was tried. */
  readonly onTried: (rows: number, table: string) => void
}

export type Foreseen = {
  /** Tables of which rows are refused. */
  readonly tables: readonly ForecastTable[]
  /** Rules that only the server can judge. */
  readonly judgedByServer: readonly ServerRule[]
}

export async function foreseeRefusals(connection: Connection, input: Foreseeing): Promise<Foreseen> {
  const { plan } = input
  const filled = await readFilled(connection, input)
  if (filled.length === 0) return { tables: [], judgedByServer: [] }
  const inDoubt = tablesInDoubt(plan, filled)
  const tables: ForecastTable[] = []
  const judgedByServer: ServerRule[] = []
  /** By target table; null for one whose rows are unknown beforehand. */
  const trials = new Map<string, Trial | null>()
  const targets = new Set(filled.map(({ plan: one }) => quoteTable(copyPlanOf(one).target)))
  const snapshot = new OpenSnapshot(openForRows)
  const cycles = loadWaves(plan).filter(({ isCycle }) => isCycle)
  const isAhead = (id: string, parent: string): boolean =>
    !trials.has(parent) &&
    cycles.some(
      ({ ids }) =>
        ids.includes(id) &&
        filled.some(({ plan: one }) => ids.includes(one.id) && quoteTable(copyPlanOf(one).target) === parent),
    )
  await connection.execute('begin')
  try {
    for (const [number, table] of filled.entries()) {
      if (!inDoubt.has(table.plan.id)) continue
      const copy = copyPlanOf(table.plan)
      const target = targetTableOf(plan, copy.target)
      const name = quoteTable(copy.target)
      trials.set(name, null)
      let left: Trial['left'] = table.rules
      // Which of its rows are kept, where rows of a table that comes later decide it.
      let isSure = true
      if (!table.rules.some(({ kind }) => kind === 'trigger')) {
        await takeApplicationPath(connection, { schema: target.schema })
        const trial = await openTrial(
          connection,
          withoutLater(copy, target),
          {
            among: plan.options.append === true ? 'rows' : 'none',
            parents: ({ parent, namesItself }) => {
              const place = quoteTable(parent)
              const old = plan.options.append === true || !targets.has(place) ? [place] : []
              if (namesItself) return old
              if (isAhead(table.plan.id, place)) {
                isSure = false
                return null
              }
              const tried = trials.get(place)
              return tried === null ? null : [...old, ...(tried === undefined ? [] : [tried.name])]
            },
          },
          number,
        )
        const found =
          trial === null ? null : await tryTable(connection, { ...input, table: table.plan, trial, snapshot })
        if (trial !== null && found !== null) {
          if (isSure) trials.set(name, trial)
          left = trial.left
          if (found.refused > 0) tables.push(found.table)
        }
      }
      for (const { kind, name: rule } of left) judgedByServer.push({ ...copy.target, kind, name: rule })
    }
  } finally {
    snapshot.close()
    if (connection.lost === null) await connection.execute('rollback')
  }
  return { tables, judgedByServer }
}

/** The tables that are filled, in the order in which they are. */
async function readFilled(
  connection: Connection,
  { plan, catalogs, censuses }: Foreseeing,
): Promise<readonly FilledTable[]> {
  const filled: FilledTable[] = []
  for (const id of loadWaves(plan).flatMap(({ ids }) => ids)) {
    const table = plan.tables.find((one) => one.id === id)!
    const { target } = copyPlanOf(table)
    if (!targetTableOf(plan, target).existing) continue
    const rules = await readRules(connection, quoteTable(target))
    const source = catalogs
      .find(({ database }) => database === table.database)
      ?.tables.find(({ name }) => name === table.table)
    filled.push({ plan: table, rules, census: censusOf(censuses, table), source })
  }
  return filled
}

type Tried = { readonly table: ForecastTable; readonly refused: number }

/** Null where the rows cannot be judged beforehand. */
async function tryTable(connection: Connection, input: TableTrial): Promise<Tried | null> {
  await connection.execute('savepoint tried')
  try {
    return await tryBlocks(input, null)
  } catch (error) {
    await connection.execute('rollback to savepoint tried')
    if (error instanceof PageError) return tryBlocks(input, 'sqlite')
    // A value that the type itself refuses; or so many rows that the search for them would take the server's locks.
    if (error instanceof TooManyRefused || isRowRefusal(error)) return null
    throw error
  }
}

type TableTrial = Foreseeing & {
  readonly table: TablePlan
  readonly trial: Trial
  readonly snapshot: OpenSnapshot
}

async function tryBlocks(input: TableTrial, wanted: ReaderName | null): Promise<Tried> {
  const { plan, table, trial, snapshots, staging, snapshot, censuses } = input
  const copy = copyPlanOf(table)
  const target = targetTableOf(plan, copy.target)
  const sent = withoutLater(copy, target)
  const census = censusOf(censuses, table)
  const reader = openReader(wanted ?? readerFor(copy, 'copy'), table, copy, snapshots, staging, {
    largestRow: census === undefined ? undefined : largestCounted(census),
    shared: snapshot,
    showsLong: true,
  })
  const passed = {
    run: '',
    tableId: table.id,
    copy: sent,
    target,
    reader,
    orphans: orphanTestsOf(input.orphans, table),
    exact: plan.options.exact,
    onReject: 'quarantine' as const,
    oid: async () => null,
  }
  const outcomes: BlockOutcome[] = []
  const entries: QuarantineEntry[] = []
  let refused = 0
  try {
    for (const block of input.blocks.filter(({ tableId }) => tableId === table.id)) {
      let pass = new BlockPass(passed, block, new Map())
      const reasons = await trial.judge(await pass.tuples())
      if (reasons.size > 0) {
        refused += reasons.size
        pass = new BlockPass(passed, block, reasons)
        await pass.tuples()
      }
      outcomes.push(pass.outcome())
      entries.push(...pass.quarantine)
      input.onTried(block.rows, table.id)
    }
  } finally {
    reader.close()
  }
  return { refused, table: forecastOf(plan, table, outcomes, entries) }
}

function forecastOf(
  plan: Plan,
  { id, fate }: TablePlan,
  outcomes: readonly BlockOutcome[],
  entries: readonly QuarantineEntry[],
): ForecastTable {
  const sum = (value: (outcome: BlockOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + value(outcome), 0)
  const own = (kind: 'held' | 'quarantined' | 'excluded'): number =>
    sum(({ sources }) => sources.find(({ tableId }) => tableId === id)?.[kind] ?? 0)
  const quarantine = Array.from(
    Map.groupBy(entries, ({ code, column }) => JSON.stringify([code, column])).values(),
    (alike): ForecastRefusal => ({ column: alike[0]!.column, code: alike[0]!.code, rows: alike.length }),
  )
  const columns = fate.kind === 'copy' ? fate.copy.columns : []
  return {
    tableId: id,
    rows: {
      source: plan.sourceRows[id] ?? 0,
      target: own('held'),
      quarantined: own('quarantined'),
      excluded: own('excluded'),
      targetRows: sum(({ targetRows }) => targetRows),
    },
    columns: columns.map(({ target }) =>
      outcomes
        .flatMap((outcome) => outcome.columns.filter((column) => column.target === target))
        .reduce(addTallies, { target, exact: 0, normalized: 0, rounded: 0, maxError: null }),
    ),
    quarantine: quarantine.toSorted((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1)),
  }
}

function censusOf(censuses: readonly Census[], { database, table }: TablePlan): TableCensus | undefined {
  return censuses.find((one) => one.database === database)?.tables.find((one) => one.table === table)
}
