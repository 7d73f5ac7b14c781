/**
 * Findings about schemas and tables that belong to another role. Invariant: a superuser is refused here as in the run; for any other role,
 * a finding names the owner, whose code runs when rows arrive.
 */
import type { Finding } from '../../model/finding.ts'
import type { Plan } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { describeForeign, TARGET_OF_ANOTHER_ROLE } from '../../target/guards/ownership.ts'

export function foreignOwnerFindings(schema: Plan['schema'], probe: TargetProbe | null): readonly Finding[] {
  const foreign = probe?.foreign ?? []
  if (probe === null || foreign.length === 0) return []
  const schemas = new Set(schema.tables.map((table) => table.schema))
  const isFilled = (named: { readonly schema: string; readonly table: string | null }): boolean =>
    schema.tables.some((one) => one.existing && one.schema === named.schema && one.table === named.table)
  const touched = foreign.filter((one) => (one.table === null ? schemas.has(one.schema) : isFilled(one)))
  return touched.map((one): Finding => {
    const what = one.table === null ? 'schema' : 'table'
    if (probe.superuser)
      return { severity: 'error', code: TARGET_OF_ANOTHER_ROLE, ...describeForeign({ ...one, what }) }
    const name = one.table === null ? one.schema : `${one.schema}.${one.table}`
    return {
      severity: 'notice',
      code: TARGET_OF_ANOTHER_ROLE,
      message: `The ${what} ${name} belongs to the role "${one.owner}": its triggers and defaults run with the rights of this run.`,
    }
  })
}
