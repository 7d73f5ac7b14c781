/** What the target's own rules will refuse, asked of the server before the run. Invariant: nothing is written that stays. */
import { type Foreseeing, foreseeRefusals } from '../copy/foresee-refusals.ts'
import type { Plan } from '../model/plan.ts'
import { withForeseen } from '../plan/forecast/forecast.ts'
import type { TargetAddress } from '../target/address.ts'
import { connect } from '../target/connection.ts'
import { deriveLayout } from './layout.ts'

/** The plan with what the rules of tables that were there before will refuse, as the server says. */
export async function foreseeExisting(
  { address, folder }: { readonly address: TargetAddress | null; readonly folder: string },
  prepared: Pick<Foreseeing, 'snapshots' | 'catalogs' | 'censuses' | 'orphans'> & { readonly plan: Plan },
  onTried: (rows: number, table: string) => void,
): Promise<Plan> {
  const { plan } = prepared
  const { forecast } = plan
  const isFilled = plan.schema.tables.some(({ existing }) => existing)
  if (forecast === undefined || address === null || !isFilled) return plan
  const { staging, blocks } = deriveLayout({ ...prepared, folder })
  const connection = await connect(address)
  try {
    const foreseeing = { ...prepared, plan: { ...plan, forecast }, staging, blocks, onTried }
    return withForeseen(plan, forecast, await foreseeRefusals(connection, foreseeing))
  } finally {
    await connection.end()
  }
}
