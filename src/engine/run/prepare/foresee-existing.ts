/** Forecasts which rows the target's own rules will refuse, by asking the server. Invariant: everything tried is rolled back. */
import { type Foreseeing, foreseeRefusals } from '../../copy/foresee-refusals.ts'
import type { Plan } from '../../model/plan.ts'
import { withForeseen } from '../../plan/forecast/forecast.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'
import { refuseForeignTarget } from '../../target/guards/foreign-names.ts'
import { TARGET_OF_ANOTHER_ROLE } from '../../target/guards/ownership.ts'
import { deriveLayout } from './layout.ts'

/**
 * Returns the plan with the rows that rules of existing tables will refuse. Returns it unchanged when the run will be refused for the owner
 * of those tables. Throws `target-of-another-role` when a superuser would run another role's functions.
 */
export async function foreseeExisting(
  { address, folder }: { readonly address: TargetAddress | null; readonly folder: string },
  prepared: Pick<Foreseeing, 'snapshots' | 'catalogs' | 'censuses' | 'orphans'> & { readonly plan: Plan },
  onTried: (rows: number, table: string) => void,
): Promise<Plan> {
  const { plan } = prepared
  const { forecast } = plan
  const isFilled = plan.schema.tables.some(({ existing }) => existing)
  if (forecast === undefined || address === null || !isFilled || isOfAnotherRole(plan)) return plan
  const { staging, blocks } = deriveLayout({ ...prepared, folder })
  await using connection = await connect(address)
  await refuseForeignTarget(connection, plan.schema.tables)
  const foreseeing = { ...prepared, plan: { ...plan, forecast }, staging, blocks, onTried }
  return withForeseen(plan, forecast, await foreseeRefusals(connection, foreseeing))
}

/** Whether the run will be refused because of the owner of a table that it would write to. */
function isOfAnotherRole({ findings }: Plan): boolean {
  return findings.some(({ severity, code }) => severity === 'error' && code === TARGET_OF_ANOTHER_ROLE)
}
