/**
 * The schema that an address names, as applications write it (`?schema=app`, or a search_path in `options`). Invariant: a run creates its
 * tables in that schema or fails, since the application would not look for them anywhere else.
 */
import { MigrateError } from '../../model/errors.ts'
import type { Plan, PlanOptions } from '../../model/plan.ts'
import type { TargetAddress } from '../../target/address/address.ts'

/** Returns the options with the address's schema, unless the command names a schema. */
export function withSchemaOf(options: PlanOptions, address: TargetAddress | null): PlanOptions {
  const schema = address?.schema
  return schema === undefined || options.schema !== null ? options : { ...options, schema }
}

/** Throws `schema-in-address` when the plan has tables outside of the schema that the address names, unless --schema says so. */
export function refuseOtherSchema(plan: Plan, address: TargetAddress | null): void {
  const named = address?.schema
  if (named === undefined || (plan.options.schema !== null && plan.options.schema !== named)) return
  const other = plan.schema.tables.find(({ schema }) => schema !== named)
  if (other === undefined) return
  throw new MigrateError(
    'usage',
    'schema-in-address',
    `The address names the schema "${named}", and the plan puts ${other.schema}.${other.table} into another one.`,
    {
      hint: `To have it so, remove the schema from the address, or name another one with --schema; for all tables in "${named}": --mapping auto --schema ${named}.`,
    },
  )
}
