/**
 * Prints selects within expressions. Invariant: they are allowed only within a select, not in a check, an index or a generated column.
 */
import { type Printed, type Scope, type SelectScope, Untranslatable } from '../tree/scope.ts'

/** Prints a select in the scope of the select around it. Throws Untranslatable when there is none. */
export function selectOf(
  scope: Scope,
  select: string,
  rows: 'all' | 'first' = 'all',
): ReturnType<SelectScope['subquery']> {
  if (scope.select === undefined) throw new Untranslatable('a subquery')
  return scope.select.subquery(select, rows)
}

/** Prints a scalar subquery, limited to the first row, since PostgreSQL refuses more. Throws Untranslatable. */
export function printSubquery(select: string, scope: Scope): Printed {
  const { sql, columns } = selectOf(scope, select, 'first')
  const [column] = columns
  if (column === undefined || columns.length > 1) throw new Untranslatable('a row of several values')
  const { constant: _, moment: __, ...printed } = column
  return { ...printed, sql: `(${sql})`, atom: true }
}
