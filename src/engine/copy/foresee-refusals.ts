/**
 * Forecasts which rows the rules of existing tables will refuse, and the cells that go with them. Invariant: everything happens in
 * temporary tables and a transaction that is rolled back; accepted rows are counted by the code that will copy them.
 */
import type { Block, BlockOutcome } from '../model/block.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Census, TableCensus } from '../model/census.ts'
import type { Forecast, ForecastTable, ServerRule, UnfillableKey } from '../model/forecast.ts'
import type { QuarantineEntry } from '../model/journal.ts'
import { copyPlanOf, type KeptOutRows, type Plan, type TablePlan, targetTableOf } from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { columnsFilledLater, isAtKeyFilledLater, loadWaves } from '../plan/base/load-order.ts'
import type { ForeignKey } from '../rows/parentless-rows.ts'
import type { RefusedRows } from '../rows/refused-rows.ts'
import { readRules } from '../rows/target-rules.ts'
import { openTrial, TooManyRefused, type Trial } from '../rows/trial.ts'
import { OpenSnapshot, openForRows } from '../source/base/open-snapshot.ts'
import { largestCounted } from '../source/base/row-size.ts'
import { PageError } from '../source/pages/page-error.ts'
import { openReader, type ReaderName, readerFor } from '../source/readers/readers.ts'
import { type OrphanSets, orphanTestsOf } from '../source/staging/orphans.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal } from '../target/connection/pg-errors.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import { BlockPass } from './block-pass.ts'
import {
  findLateRows,
  findUnfillable,
  type KeptOut,
  keepOut,
  listKeptOut,
  type TriedTable,
} from './late-keys.ts'
import { type FilledTable, tablesInDoubt } from './tables-in-doubt.ts'
import { forecastOf } from './tried-forecast.ts'

export type Foreseeing = {
  readonly plan: Plan & { readonly forecast: Forecast }
  readonly snapshots: readonly Snapshot[]
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly orphans: OrphanSets
  readonly staging: string | null
  readonly blocks: readonly Block[]
  /** Called with the number of rows of each tried block. */
  readonly onTried: (rows: number, table: string) => void
}

type Foreseen = {
  /** Tables with refused rows. */
  readonly tables: readonly ForecastTable[]
  /** Rules that only the server can judge. */
  readonly judgedByServer: readonly ServerRule[]
  /** Rows that the server would accept at first and refuse at the end. */
  readonly keptOut: readonly KeptOutRows[]
  /** Keys whose parents triggers may change. */
  readonly unfillable: readonly UnfillableKey[]
}

export async function foreseeRefusals(connection: Connection, input: Foreseeing): Promise<Foreseen> {
  const filled = await readFilled(connection, input)
  if (filled.length === 0) return { tables: [], judgedByServer: [], keptOut: [], unfillable: [] }
  const snapshot = new OpenSnapshot(openForRows)
  const scene: Scene = {
    ...input,
    snapshot,
    filled,
    inDoubt: tablesInDoubt(input.plan, filled),
    targets: new Set(filled.map(({ plan }) => quoteTable(copyPlanOf(plan).target))),
    keptOut: new Map(),
    unsure: new Set(),
  }
  await connection.execute('begin')
  try {
    // Repeated when a row turns out to refer, by a key that is checked last, to a refused row: others may refer to it in turn.
    for (let onTried = input.onTried; ; onTried = () => {}) {
      await connection.execute('savepoint foreseen')
      const { tables, rules, tried, guessed, parentsOf } = await tryTables(connection, { ...scene, onTried })
      const { keptOut, unknown } = await findLateRows(connection, [...tried.values()], parentsOf)
      const isUnsure = unknown.filter(({ tableId, name }) => !isFilledLater(input.plan, tableId, name))
      if (keptOut.size === 0 && isUnsure.length === 0) {
        const judgedByServer = rules.filter(
          ({ tableId, kind, name }) =>
            kind !== 'foreign-key' ||
            ![...tried.values()].some((one) => one.tableId === tableId && one.late.has(name)) ||
            unknown.some((one) => one.tableId === tableId && one.name === name),
        )
        return {
          tables,
          judgedByServer: judgedByServer.map(({ tableId: _, ...rule }) => rule),
          keptOut: listKeptOut(scene.keptOut),
          unfillable: await findUnfillable(connection, guessed, {
            isFilledLater: ({ tableId }, { name }) => isFilledLater(input.plan, tableId, name),
            isKnown: (table, key) => tried.has(quoteTable(table.target)) && parentsOf(key) !== null,
            oldIn: (place) =>
              input.plan.options.append === true || !scene.targets.has(place) ? [place] : [],
          }),
        }
      }
      for (const { tableId } of isUnsure) scene.unsure.add(tableId)
      for (const [tableId, rows] of keptOut)
        for (const [ordinal, reason] of rows) keepOut(scene.keptOut, tableId, [ordinal], reason)
      await connection.execute('rollback to savepoint foreseen')
    }
  } finally {
    snapshot.close()
    if (connection.lost === null) await connection.execute('rollback')
  }
}

type Scene = Foreseeing & {
  readonly snapshot: OpenSnapshot
  readonly filled: readonly FilledTable[]
  readonly inDoubt: ReadonlySet<string>
  /** Quoted names of all filled tables. */
  readonly targets: ReadonlySet<string>
  /** Rows that are known so far to be kept out. */
  readonly keptOut: KeptOut
  /** Ids of tables whose remaining rows cannot be forecast, because they depend on rows that only the server can judge. */
  readonly unsure: Set<string>
}

type TriedTables = {
  readonly tables: readonly ForecastTable[]
  readonly rules: readonly (ServerRule & { readonly tableId: string })[]
  /** By quoted target table. */
  readonly tried: ReadonlyMap<string, TriedTable>
  /** `tried`, and tables that triggers or the server's own rules may change, judged without these. */
  readonly guessed: ReadonlyMap<string, TriedTable>
  readonly parentsOf: (key: ForeignKey) => readonly string[] | null
}

/** Tries the tables in the order in which the run fills them. */
async function tryTables(connection: Connection, scene: Scene): Promise<TriedTables> {
  const { plan, filled, inDoubt, targets } = scene
  const tables: ForecastTable[] = []
  const rules: (ServerRule & { readonly tableId: string })[] = []
  const tried = new Map<string, TriedTable>()
  const guessed = new Map<string, TriedTable>()
  /** Target tables whose rows cannot be forecast. */
  const unknown = new Set<string>()
  const parentsOf = ({ parent }: ForeignKey): readonly string[] | null => {
    const place = quoteTable(parent)
    if (unknown.has(place)) return null
    const old = plan.options.append === true || !targets.has(place) ? [place] : []
    const own = tried.get(place)
    return own === undefined ? old : [...old, own.trial.name]
  }
  const cycles = loadWaves(plan).flatMap(({ ids, isCycle }) => (isCycle ? [ids] : []))
  const isAhead = (id: string, { parent }: ForeignKey): boolean => {
    const place = quoteTable(parent)
    const own = filled.find(({ plan: one }) => quoteTable(copyPlanOf(one).target) === place)?.plan.id
    return (
      own !== undefined &&
      !tried.has(place) &&
      !unknown.has(place) &&
      cycles.some((ids) => ids.includes(id) && ids.includes(own))
    )
  }
  for (const [number, table] of filled.entries()) {
    const { id } = table.plan
    if (!inDoubt.has(id)) continue
    const copy = copyPlanOf(table.plan)
    const target = targetTableOf(plan, copy.target)
    const name = quoteTable(copy.target)
    unknown.add(name)
    let left: Trial['left'] = table.rules
    const hasTriggers = table.rules.some(({ kind }) => kind === 'trigger')
    if (!hasTriggers || isAtKeyFilledLater(plan, target)) {
      await takeApplicationPath(connection, { schema: target.schema })
      const late = new Set<string>()
      const trial = await openTrial(
        connection,
        copy,
        {
          among: plan.options.append === true ? 'rows' : 'none',
          parents: (key) => {
            if (key.namesItself) return plan.options.append === true ? [name] : []
            if (isFilledLater(plan, id, key.name) || isAhead(id, key)) {
              late.add(key.name)
              return null
            }
            return parentsOf(key)
          },
        },
        number,
      )
      const found = trial === null ? null : await tryTable(connection, { ...scene, table: table.plan, trial })
      if (trial !== null && found !== null)
        guessed.set(name, { tableId: id, target: copy.target, trial, late })
      if (trial !== null && found !== null && !hasTriggers) {
        if (!scene.unsure.has(id)) {
          unknown.delete(name)
          tried.set(name, guessed.get(name)!)
        }
        left = trial.left
        if (columnsFilledLater(target).length > 0)
          for (const [ordinal, reason] of found.refused) keepOut(scene.keptOut, id, [ordinal], reason)
        if (found.refused.size > 0) tables.push(found.table)
      }
    }
    for (const { kind, name: rule } of left) rules.push({ ...copy.target, tableId: id, kind, name: rule })
  }
  return { tables, rules, tried, guessed, parentsOf }
}

function isFilledLater(plan: Plan, id: string, name: string): boolean {
  const { target } = copyPlanOf(plan.tables.find((table) => table.id === id)!)
  return targetTableOf(plan, target).foreignKeys.some((key) => key.name === name && key.filledLater === true)
}

/** Returns the filled tables in the order in which the run fills them. */
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

type Tried = { readonly table: ForecastTable; readonly refused: RefusedRows }

/** Returns null when the rows cannot be judged beforehand. */
async function tryTable(connection: Connection, input: TableTrial): Promise<Tried | null> {
  await connection.execute('savepoint tried')
  try {
    return await tryBlocks(input, null)
  } catch (error) {
    await connection.execute('rollback to savepoint tried')
    if (error instanceof PageError) return tryBlocks(input, 'sqlite')
    // A value that the type itself refuses, or so many refused rows that finding them would take too many of the server's locks.
    if (error instanceof TooManyRefused || isRowRefusal(error)) return null
    throw error
  }
}

type TableTrial = Scene & { readonly table: TablePlan; readonly trial: Trial }

async function tryBlocks(input: TableTrial, wanted: ReaderName | null): Promise<Tried> {
  const { plan, table, trial, snapshots, staging, snapshot, censuses } = input
  const copy = copyPlanOf(table)
  const reader = openReader(wanted ?? readerFor(copy, 'copy'), table, copy, snapshots, staging, {
    largestRow: largestCounted(censuses, table),
    shared: snapshot,
    showsLong: true,
  })
  const passed = {
    run: '',
    tableId: table.id,
    copy,
    target: targetTableOf(plan, copy.target),
    reader,
    orphans: orphanTestsOf(input.orphans, table),
    exact: plan.options.exact,
    onReject: 'quarantine' as const,
    oid: async () => null,
  }
  const outcomes: BlockOutcome[] = []
  const entries: QuarantineEntry[] = []
  const refused = new Map(input.keptOut.get(table.id))
  try {
    for (const block of input.blocks.filter(({ tableId }) => tableId === table.id)) {
      let pass = new BlockPass(passed, block, refused)
      const reasons = await trial.judge(await pass.tuples())
      if (reasons.size > 0) {
        for (const [ordinal, reason] of reasons) refused.set(ordinal, reason)
        pass = new BlockPass(passed, block, refused)
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

function censusOf(censuses: readonly Census[], { database, table }: TablePlan): TableCensus | undefined {
  return censuses.find((one) => one.database === database)?.tables.find((one) => one.table === table)
}
