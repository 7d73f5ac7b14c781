/** The number of source rows of a plan by target table. */
import type { Plan } from '../../model/plan.ts'

/** Returns the numbers by `schema.table`; tables into which nothing is copied are missing. */
export function rowsByTarget(plan: Plan): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const { id, fate } of plan.tables) {
    if (fate.kind !== 'copy') continue
    const { schema, table } = fate.copy.target
    const name = `${schema}.${table}`
    rows.set(name, (rows.get(name) ?? 0) + (plan.sourceRows[id] ?? 0))
  }
  return rows
}
