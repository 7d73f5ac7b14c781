/**
 * Which rows of a target table are those of one table plan. Invariant: every row that the run wrote for the plan is one of them until
 * somebody changes it, and no row of anybody else ever is.
 */
import type { CopyPlan } from '../../model/plan.ts'
import { quoteIdentifier, quoteLiteral } from '../../syntax/postgres-names.ts'

/** Conditions in SQL, all of which hold for its rows; [] where the table holds no others. */
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

/** A transaction that writes rows of a run signs in the journal, and rows know who wrote them (`xmin`, manual section 5.6). `alias`: of the table in the query. */
export function writtenBy(run: string, alias: string | null = null): string {
  return `${alias === null ? '' : `${alias}.`}xmin::text in (select w.xmin::text from gpt_migrate.writer w where w.run = ${quoteLiteral(run)})`
}
