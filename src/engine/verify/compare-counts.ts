/**
 * Compares counts: the target's rows with those that the journal says were written, and the rows that the journal says were read with the
 * source's. Invariant: every row of every source table is in one of the sums, or a difference is reported.
 */
import { countQuarantine } from '../journal/entries.ts'
import type { BlockOutcome } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'
import { copyPlanOf, type Plan, type TablePlan } from '../model/plan.ts'
import type { Difference } from '../model/report.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isTransient } from '../target/connection/pg-errors.ts'
import { readHeld } from '../target/guards/foreign-names.ts'
import { ownRowsConditions, whereAll } from '../target/tables/own-rows.ts'
import { unlessFailed } from './attempt-check.ts'

/** Returns differences of kind `count`: target tables, quarantine, source tables. A table that cannot be counted is a difference. */
export async function compareCounts(
  connection: Connection,
  { run, plan }: { readonly run: string; readonly plan: Plan },
  records: readonly BlockRecord[],
): Promise<readonly Difference[]> {
  const ofTargets = await compareTargets(connection, run, plan, records)
  const tallies = sumTallies(records)
  const ofQuarantine = await compareQuarantine(connection, run, plan, tallies)
  return [...ofTargets, ...ofQuarantine, ...compareSources(plan, records, tallies)]
}

async function compareTargets(
  connection: Connection,
  run: string,
  plan: Plan,
  records: readonly BlockRecord[],
): Promise<Difference[]> {
  const copied = plan.tables.filter(({ fate }) => fate.kind === 'copy')
  const byTable = Map.groupBy(records, ({ block }) => block.tableId)
  const writtenOf = ({ id }: TablePlan): number =>
    (byTable.get(id) ?? []).reduce((total, { outcome }) => total + (outcome?.targetRows ?? 0), 0)
  const differences: Difference[] = []
  const counts = await countAll(
    connection,
    copied.map((table) => {
      const copy = copyPlanOf(table)
      return { table: copy.target, conditions: ownRowsConditions(copy, run) }
    }),
  )
  for (const [index, table] of copied.entries()) {
    const written = String(writtenOf(table))
    if (counts[index] !== written) differences.push(difference(table, written, counts[index]!))
  }
  return [...differences, ...(await compareOrigins(connection, copied))]
}

/** Checks that tables merged from several databases hold no row of another origin. */
async function compareOrigins(connection: Connection, copied: readonly TablePlan[]): Promise<Difference[]> {
  const merged = copied.filter((table) => copyPlanOf(table).among?.kind === 'origins')
  const byTarget = Map.groupBy(merged, (table) => quoteTable(copyPlanOf(table).target))
  const differences: Difference[] = []
  for (const tables of byTarget.values()) {
    const { target, among } = copyPlanOf(tables[0]!)
    if (among?.kind !== 'origins') continue
    const origins = tables.flatMap((table) => {
      const own = copyPlanOf(table).among
      return own?.kind === 'origins' ? [quoteLiteral(own.value)] : []
    })
    const strangers = `${quoteIdentifier(among.column)} <> all (array[${origins.join(', ')}])`
    const counted = await countRows(connection, target, [strangers])
    if (counted !== '0') differences.push(difference(tables[0]!, 'no rows of other origin', counted))
  }
  return differences
}

type Counting = { readonly table: TableName; readonly conditions: readonly string[] }

const TABLES_AT_ONCE = 100

/** Returns the counts in the order of `all`; tables that cannot be counted together are counted one by one. */
async function countAll(connection: Connection, all: readonly Counting[]): Promise<string[]> {
  const counts: string[] = []
  for (let at = 0; at < all.length; at += TABLES_AT_ONCE) {
    const together = all.slice(at, at + TABLES_AT_ONCE)
    const counted = together.map(({ table, conditions }) => `(${countOf(table, conditions)})`)
    const found = await unlessFailed(connection, () =>
      readHeld(
        connection,
        together.map(({ table }) => table),
        () => connection.queryOne<{ counts: string[] }>(`select array[${counted.join(', ')}] as counts`),
      ),
    )
    if (found !== null) counts.push(...found.counts)
    else
      for (const { table, conditions } of together)
        counts.push(await countRows(connection, table, conditions))
  }
  return counts
}

const countOf = (table: TableName, conditions: readonly string[]): string =>
  `select count(*)::text as rows from ${quoteTable(table)}${whereAll(conditions)}`

async function countRows(
  connection: Connection,
  table: TableName,
  conditions: readonly string[],
): Promise<string> {
  try {
    const { rows } = await readHeld(connection, [table], () =>
      connection.queryOne<{ rows: string }>(countOf(table, conditions)),
    )
    return rows
  } catch (error) {
    if (connection.lost !== null || isTransient(error)) throw error
    return `not counted: ${error instanceof Error ? error.message : String(error)}`
  }
}

type Tally = Omit<BlockOutcome['sources'][number], 'tableId'>

/** Returns what became of each source table's rows, as recorded for its blocks. */
function sumTallies(records: readonly BlockRecord[]): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const { outcome } of records) {
    for (const { tableId, ...tally } of outcome?.sources ?? []) {
      tallies.set(tableId, sum(tallies.get(tableId) ?? nothing, tally))
    }
  }
  return tallies
}

/** Checks that the rows recorded as quarantined are in quarantine. */
async function compareQuarantine(
  connection: Connection,
  run: string,
  plan: Plan,
  tallies: ReadonlyMap<string, Tally>,
): Promise<Difference[]> {
  const kept = new Map<string, number>()
  for (const { tableId, rows } of await countQuarantine(connection, run))
    kept.set(tableId, (kept.get(tableId) ?? 0) + rows)
  return plan.tables.flatMap((table) => {
    const recorded = tallies.get(table.id)?.quarantined ?? 0
    const found = kept.get(table.id) ?? 0
    if (recorded === found) return []
    return [difference(table, `${recorded} in quarantine, by the journal`, `${found} in quarantine`)]
  })
}

function compareSources(
  plan: Plan,
  records: readonly BlockRecord[],
  tallies: ReadonlyMap<string, Tally>,
): Difference[] {
  const open = Map.groupBy(
    records.filter(({ outcome }) => outcome === null),
    ({ block }) => block.tableId,
  )
  return plan.tables.flatMap((table) => {
    if (table.fate.kind === 'exclude') return []
    const tally = tallies.get(table.id) ?? nothing
    const { read, held, quarantined, excluded } = tally
    const rows = plan.sourceRows[table.id]
    const unfinished = open.get(table.id)?.length ?? 0
    if (rows === read && read === held + quarantined + excluded && unfinished === 0) return []
    const parts = `${held} held, ${quarantined} in quarantine, ${excluded} excluded`
    const missing = unfinished === 0 ? '' : `; ${unfinished} blocks not copied`
    return [difference(table, `${rows ?? 'no count of'} rows`, `${read} read (${parts})${missing}`)]
  })
}

const nothing: Tally = { read: 0, held: 0, quarantined: 0, excluded: 0 }

function sum(a: Tally, b: Tally): Tally {
  return {
    read: a.read + b.read,
    held: a.held + b.held,
    quarantined: a.quarantined + b.quarantined,
    excluded: a.excluded + b.excluded,
  }
}

function difference(table: TablePlan, source: string, target: string): Difference {
  return { table: table.id, kind: 'count', key: null, column: null, source, target }
}
