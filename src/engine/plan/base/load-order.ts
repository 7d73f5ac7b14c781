/**
 * The order in which tables are filled, so that the foreign keys of existing tables hold while rows arrive. Invariant: a table comes after
 * every other table that its foreign keys reference, or in one transaction with it; tables that the run creates have no foreign keys yet
 * and come in the first wave.
 */
import { copyPlanOf, type Plan } from '../../model/plan.ts'
import {
  isSameTable,
  type TableName,
  type TargetForeignKey,
  type TargetTable,
} from '../../model/target-schema.ts'

const nameOf = ({ schema, table }: TableName): string => JSON.stringify([schema, table])

type LoadWave = {
  /** Table ids. */
  readonly ids: readonly string[]
  /** The tables' foreign keys form a cycle and are checked at commit: the tables are loaded in one transaction, in this order. */
  readonly isCycle: boolean
}

/** Returns the waves, each of which may begin when the one before it is done. */
export function loadWaves(plan: Plan): readonly LoadWave[] {
  const targets = new Map(plan.schema.tables.map((table) => [nameOf(table), table]))
  const filled = Map.groupBy(
    plan.tables.filter(({ fate }) => fate.kind === 'copy'),
    (table) => nameOf(copyPlanOf(table).target),
  )
  let open = [...filled.keys()].map((name) => targets.get(name)!)
  const waves: LoadWave[] = []
  while (open.length > 0) {
    const names = new Set(open.map(nameOf))
    const ready = open.filter((table) => parentsOf(table).every((parent) => !names.has(parent)))
    const isCycle = ready.length === 0
    const wave = isCycle ? inFillingOrder(open) : ready
    open = open.filter((table) => !wave.includes(table))
    waves.push({ ids: wave.flatMap((table) => filled.get(nameOf(table))!.map(({ id }) => id)), isCycle })
  }
  return waves
}

/** Tables, other than itself, that must be filled before the table. */
function parentsOf(table: TargetTable): string[] {
  return parentsBy(table, ({ filledLater }) => filledLater !== true)
}

/** Parents that must be filled first even within one transaction, where deferrable keys are checked at commit. */
const parentsAtOnce = (table: TargetTable): string[] =>
  parentsBy(table, ({ filledLater, deferrable }) => filledLater !== true && !deferrable)

function parentsBy(table: TargetTable, counts: (key: TargetForeignKey) => boolean): string[] {
  if (!table.existing) return []
  return table.foreignKeys
    .filter(counts)
    .map(({ references }) => nameOf(references))
    .filter((name) => name !== nameOf(table))
}

/** Returns the tables of cycles and those on a path between two cycles, without those that merely depend on one. */
function tablesInCycles(tables: readonly TargetTable[]): readonly TargetTable[] {
  let cycle = cycleOf(tables)
  for (;;) {
    const named = new Set(cycle.flatMap(parentsOf))
    const left = cycle.filter((table) => named.has(nameOf(table)))
    if (left.length === cycle.length) return cycle
    cycle = left
  }
}

/** Returns the tables of cycles in an order that violates only deferrable keys, where there is one. */
function inFillingOrder(tables: readonly TargetTable[]): readonly TargetTable[] {
  const cycle = tablesInCycles(tables)
  const ordered: TargetTable[] = []
  while (ordered.length < cycle.length) {
    const open = cycle.filter((table) => !ordered.includes(table))
    const names = new Set(open.map(nameOf))
    const first = open.find((table) => parentsAtOnce(table).every((parent) => !names.has(parent)))
    ordered.push(first ?? open[0]!)
  }
  return ordered
}

/** Whether a foreign key of an existing table references the table itself: then it is loaded by one statement. */
export function referencesItself(table: TargetTable): boolean {
  return table.existing && table.foreignKeys.some(({ references }) => nameOf(references) === nameOf(table))
}

/** Returns the tables of cycles and those that depend on one. */
function cycleOf(
  tables: readonly TargetTable[],
  parents: (table: TargetTable) => readonly string[] = parentsOf,
): readonly TargetTable[] {
  let open = tables
  for (;;) {
    const names = new Set(open.map(nameOf))
    const left = open.filter((table) => parents(table).some((parent) => names.has(parent)))
    if (left.length === open.length) return left
    open = left
  }
}

type BrokenCycles = {
  readonly tables: readonly TargetTable[]
  /** Keys of cycles that cannot be broken: none of their columns is nullable, and too few of the keys are deferrable. */
  readonly left: readonly { readonly table: TargetTable; readonly key: TargetForeignKey }[]
}

/** Marks foreign keys to be filled later until no cycle is left, as far as `mayWait` allows. */
export function breakCycles(
  given: readonly TargetTable[],
  mayWait: (table: TargetTable, key: TargetForeignKey) => boolean,
): BrokenCycles {
  let tables = given
  for (;;) {
    const cycle = tablesInCycles(tables)
    const names = new Set(cycle.map(nameOf))
    const keys = cycle.flatMap((table) =>
      table.foreignKeys
        .filter(
          ({ references, filledLater }) =>
            filledLater !== true && names.has(nameOf(references)) && nameOf(references) !== nameOf(table),
        )
        .map((key) => ({ table, key })),
    )
    const next = keys.find(({ table, key }) => mayWait(table, key))
    if (next === undefined) return { tables, left: cycleOf(cycle, parentsAtOnce).length === 0 ? [] : keys }
    tables = tables.map((table) =>
      table === next.table
        ? {
            ...table,
            foreignKeys: table.foreignKeys.map((key) =>
              key === next.key ? { ...key, filledLater: true } : key,
            ),
          }
        : table,
    )
  }
}

/** Columns of the table that are null while rows arrive. */
export function columnsFilledLater(table: TargetTable): readonly string[] {
  const waiting = new Set(
    table.foreignKeys.filter(({ filledLater }) => filledLater === true).flatMap(({ columns }) => columns),
  )
  const key = table.primaryKey?.columns ?? []
  return table.columns
    .filter(({ name, nullable }) => nullable && waiting.has(name) && !key.includes(name))
    .map(({ name }) => name)
}

/** Whether a foreign key that is filled later belongs to the table, or references it. */
export function isAtKeyFilledLater({ schema }: Plan, table: TableName): boolean {
  return schema.tables.some((one) =>
    one.foreignKeys.some(
      ({ filledLater, references }) =>
        filledLater === true && (isSameTable(one, table) || isSameTable(references, table)),
    ),
  )
}
