/**
 * Selects the rows of a target table that belong to one table plan. Invariant: every row that the run wrote for the plan is selected until
 * somebody changes it, and nobody else's row ever is.
 */
import type { CopyPlan } from '../../model/plan.ts'
import { quoteIdentifier, quoteLiteral } from '../../syntax/postgres-names.ts'

/** Returns the SQL conditions for the plan's rows; [] when the table has no others. */
export function ownRowsConditions({ among }: CopyPlan, run: string): readonly string[] {
  if (among === undefined) return []
  switch (among.kind) {
    case 'earlier':
      return [writtenBy(run)]
    case 'origins':
      return [`${quoteIdentifier(among.column)} = ${quoteLiteral(among.value)}`]
    default:
      return among satisfies never
  }
}

/** ` where …`, or '' without conditions. */
export function whereAll(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
}

/**
 * The condition for rows that a run wrote: its transactions record themselves in the journal, and `xmin` says which transaction wrote a row
 * (manual section 5.6). `alias`: of the table in the query.
 */
export function writtenBy(run: string, alias: string | null = null): string {
  return `${alias === null ? '' : `${alias}.`}xmin::text in (select w.xmin::text from gpt_migrate.writer w where w.run = ${quoteLiteral(run)})`
}
