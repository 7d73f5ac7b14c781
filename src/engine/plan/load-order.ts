/**
 * The order in which tables that are there already can be filled: their foreign keys hold while rows arrive. Invariant: a table comes
 * after every other table that its foreign keys name; tables that this run creates have no such keys yet and come in the first wave.
 */
import { copyPlanOf, type Plan } from '../model/plan.ts'
import type { TableName, TargetTable } from '../model/target-schema.ts'

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
