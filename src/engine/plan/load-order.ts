/**
 * The order in which existing tables can be filled: their foreign keys hold while rows arrive. Invariant: a table comes
 * after every other table that its foreign keys name; tables that this run creates have no such keys yet and come in the first wave.
 */
import { copyPlanOf, type Plan } from '../model/plan.ts'
import type { TableName, TargetForeignKey, TargetTable } from '../model/target-schema.ts'

const nameOf = ({ schema, table }: TableName): string => JSON.stringify([schema, table])

/** Waves of table ids: each wave may begin when the one before it is done. Tables in a cycle come last, together. */
export function loadWaves(plan: Plan): readonly (readonly string[])[] {
  const targets = new Map(plan.schema.tables.map((table) => [nameOf(table), table]))
  const filled = Map.groupBy(
    plan.tables.filter(({ fate }) => fate.kind === 'copy'),
    (table) => nameOf(copyPlanOf(table).target),
  )
  const open = new Set(filled.keys())
  const waves: string[][] = []
  while (open.size > 0) {
    const ready = [...open].filter((name) =>
      parentsOf(targets.get(name)!).every((parent) => !open.has(parent)),
    )
    const wave = ready.length > 0 ? ready : [...open]
    for (const name of wave) open.delete(name)
    waves.push(wave.flatMap((name) => filled.get(name)!.map(({ id }) => id)))
  }
  return waves
}

/** Tables, other than itself, that must be filled before the table. */
export function parentsOf(table: TargetTable): string[] {
  if (!table.existing) return []
  return table.foreignKeys
    .filter(({ filledLater }) => filledLater !== true)
    .map(({ references }) => nameOf(references))
    .filter((name) => name !== nameOf(table))
}

/** Whether rows of the table may name other rows of it: then it is loaded by one statement. */
export function namesItself(table: TargetTable): boolean {
  return table.existing && table.foreignKeys.some(({ references }) => nameOf(references) === nameOf(table))
}

/** Tables of which each must be filled before another of them. */
export function cycleOf(tables: readonly TargetTable[]): readonly TargetTable[] {
  let open = tables
  for (;;) {
    const names = new Set(open.map(nameOf))
    const left = open.filter((table) => parentsOf(table).some((parent) => names.has(parent)))
    if (left.length === open.length) return left
    open = left
  }
}

export type BrokenCycles = {
  readonly tables: readonly TargetTable[]
  /** Keys of cycles that nothing breaks: none of their columns may be null. */
  readonly left: readonly { readonly table: TargetTable; readonly key: TargetForeignKey }[]
}

/** Marks as few foreign keys as needed to be filled later, so that an order of the tables is left; `mayWait` says which can. */
export function breakCycles(
  given: readonly TargetTable[],
  mayWait: (table: TargetTable, key: TargetForeignKey) => boolean,
): BrokenCycles {
  let tables = given
  for (;;) {
    const cycle = cycleOf(tables)
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
    if (next === undefined) return { tables, left: keys }
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
